"""Severances: the follows that members lose when moderators suspend an account or a peer.

docs.joinmastodon.org/entities/RelationshipSeveranceEvent
"""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import notifications
from storage.engine import Tx
from storage.queries.peers import severances as severance_queries
from storage.rows.peers import SeveranceRow


async def sever(tx: Tx, mark: int, kind: str, name: str, *, notify_peers: bool = False) -> None:
    """End every follow of the accounts that were suspended at `mark` (ms UTC), and notify who lost some.

    `name` is the domain or handle that the notification shows. `notify_peers` sends Undo and Reject to the
    other nodes; it is False for a blocked peer, to which nothing is delivered.
    """
    if notify_peers:
        for follow, is_ours in await severance_queries.list_cross_node_follows(tx, mark):
            job: jobs.Job = (
                jobs.UndoFollow(follow.account_id, follow.target_id, follow.uri)
                if is_ours
                else jobs.AnswerFollow(follow.target_id, follow.account_id, follow.uri, False)
            )
            await jobs.enqueue(tx, job)
    losses = await severance_queries.count_losses(tx, mark)
    await severance_queries.sever(tx, mark, losses)
    rows = [
        SeveranceRow(tx.new_id(), account_id, kind, name, followers, following, tx.now)
        for account_id, followers, following in losses
    ]
    await severance_queries.insert(tx, rows)
    for row in rows:
        await notifications.notify_moderation(
            tx, "severed_relationships", row.account_id, row.account_id, row.id
        )
