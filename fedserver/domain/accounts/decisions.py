"""What members and moderators decided about remote accounts, kept for their addresses.

An address is the URI of an actor, or its handle. A deleted account about which something was decided stays as
a tombstone without content, so that it has the same limits, blocks and mutes if its peer shows it again.
Another actor with the same handle gets them as well, and so does the account to which a limited one moves.
"""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import decisions as decision_queries
from storage.rows.accounts import AccountRow

LIMIT_COLUMNS = {"sensitive": "sensitized_at", "silence": "silenced_at", "suspend": "suspended_at"}
# A tombstone for a handle without an actor has the handle as its URI (RFC 7565).
HANDLE_SCHEME = "acct:"
# A peer can rename its actors, and give a name to others, as often as it likes: what stays has a bound.
MAX_FORMER_HOLDERS, MAX_HANDLES_PER_DOMAIN = 5, 100
PURGE_BATCH_SIZE = 200


async def keep_handle(tx: Tx, account: AccountRow) -> None:
    """Keep what was decided about an account for the handle that it just gave up."""
    if not await decision_queries.is_decided(tx, account.id):
        return
    if await decision_queries.count_by_prefix(tx, account.domain, HANDLE_SCHEME) >= MAX_HANDLES_PER_DOMAIN:
        return
    handle = f"{account.username.lower()}@{account.domain}"
    row = structs.replace(
        account,
        id=tx.new_id(),
        uri=f"{HANDLE_SCHEME}{handle}",
        kind="Person",
        moved_to_id=None,
        **dict.fromkeys(LIMIT_COLUMNS.values()),
    )
    if await account_queries.insert(tx, row, ""):
        await account_queries.set_remote_deleted(tx, row.id, tx.now)
        await inherit(tx, account, row)


async def inherit(tx: Tx, former: AccountRow, successor: AccountRow) -> AccountRow:
    """Apply what was decided about an account to the one that has its handle now; return that one.

    Peers are sent the blocks, as they cannot know that these are meant for another actor as well.
    """
    if not await decision_queries.is_decided(tx, former.id):
        return successor
    blocks = await decision_queries.copy_relations(tx, former.id, successor.id)
    if not successor.uri.startswith(HANDLE_SCHEME):
        for block in blocks:
            await jobs.enqueue(tx, jobs.Block(block.account_id, block.target_id, block.uri))
    return await carry_limits(tx, former, successor)


async def carry_limits(tx: Tx, former: AccountRow, successor: AccountRow) -> AccountRow:
    """Apply the limits that moderators set on one account to another remote one; return that one.

    A limit of the whole domain stays with the domain, and one with an end ends for both. The follows of one
    that is suspended now end.
    """
    if not successor.domain:
        return successor
    limits = await decision_queries.load_limits(tx, former.id)
    for (kind, column), at in zip(LIMIT_COLUMNS.items(), limits, strict=True):
        if at is None or getattr(successor, column) is not None:
            continue
        await account_queries.set_limit(tx, successor.id, column, at)
        successor = structs.replace(successor, **{column: at})
        if kind == "suspend" and not successor.uri.startswith(HANDLE_SCHEME):
            await jobs.enqueue(tx, jobs.SeverFollows(successor.id))
        entry = await audit_log.find_active(tx, former.uri, f"account.{kind}")
        if entry is not None and entry.expires_at is not None:
            job = jobs.ExpireModerationAction(entry.id, successor.id)
            await jobs.enqueue(tx, job, run_at=entry.expires_at)
    return successor


async def drop_former_holders(tx: Tx, holder: AccountRow) -> None:
    """Delete the tombstones that a new holder of a handle makes superfluous.

    That of the handle alone is one, and of those that had the handle before only the oldest stay.
    """
    surplus = await decision_queries.list_surplus(
        tx, holder.username.lower(), holder.domain, MAX_FORMER_HOLDERS, PURGE_BATCH_SIZE
    )
    if holder.uri.startswith(HANDLE_SCHEME):
        surplus.append(holder.id)
    if surplus:
        await decision_queries.delete_tombstones(tx, surplus)


async def purge_tombstones(tx: Tx) -> None:
    """Delete the tombstones of accounts about which nothing is decided any more."""
    ids = await decision_queries.list_undecided(tx, PURGE_BATCH_SIZE)
    if ids:
        await decision_queries.delete_tombstones(tx, ids)
