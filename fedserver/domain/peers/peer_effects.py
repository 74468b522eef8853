"""The effects of a decision about a peer on its accounts: limit, suspend, drop media, or restore."""

from __future__ import annotations

from fedserver.domain.peers import severances
from storage.engine import Tx
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import peer_accounts as peer_account_queries
from storage.rows.peers import PeerRow


async def apply_change(tx: Tx, former: PeerRow, row: PeerRow) -> None:
    """Change the accounts of a peer from the policy of `former` to that of `row`.

    The time of the decision marks its effects, so accounts that were limited or suspended one by one stay so.
    """
    if former.policy != row.policy:
        await _revert(tx, former)
        await _apply(tx, row)
    if row.rejects_media and not former.rejects_media:
        await peer_account_queries.delete_media(tx, row.domain)


async def _revert(tx: Tx, former: PeerRow) -> None:
    mark = former.decided_at or 0
    if former.policy == "limit":
        await peer_account_queries.unsilence(tx, former.domain, mark)
    elif former.policy == "block":
        await peer_account_queries.unsuspend(tx, former.domain, mark)


async def _apply(tx: Tx, row: PeerRow) -> None:
    mark = row.decided_at or tx.now
    if row.policy == "limit":
        await peer_account_queries.silence(tx, row.domain, mark)
    elif row.policy == "block":
        await peer_account_queries.suspend(tx, row.domain, mark)
        await severances.sever(tx, mark, "domain_block", row.domain)
        # The partner is not notified: nothing is delivered to a blocked peer.
        await partner_queries.end_with_subdomains(tx, row.domain)
