"""The transfer of members' relationships from an account that moved to the new one."""

from __future__ import annotations

from fedserver.domain.accounts import accounts, relations
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.domain.relationships import blocks, follows, mutes
from storage.engine import Tx
from storage.queries.accounts import relations as relation_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.relationships import lists as list_queries
from storage.rows.accounts import AccountRow

BATCH_SIZE = 50  # members of one transaction


async def transfer_relationships(tx: Tx, site: NodeContext, job: jobs.TransferRelationships) -> None:
    """Transfer the relationships of a batch of members, and enqueue the next batch."""
    rows = await accounts.load_by_ids(tx, [job.account_id, job.target_id])
    old, target = rows.get(job.account_id), rows.get(job.target_id)
    if old is None or target is None or old.moved_to_id != target.id:
        return
    ids = await relation_queries.list_related(tx, old.id, job.after_id, BATCH_SIZE)
    for account in (await accounts.load_by_ids(tx, ids)).values():
        if account.id != target.id and account.deleted_at is None:
            await _transfer(tx, site, account, old, target)
    if len(ids) == BATCH_SIZE:
        await jobs.enqueue(tx, jobs.TransferRelationships(old.id, target.id, ids[-1]))


async def _transfer(
    tx: Tx, site: NodeContext, account: AccountRow, old: AccountRow, target: AccountRow
) -> None:
    """Transfer note, block, mute, and follow of one account.

    As in Mastodon, someone who already follows the new account neither blocks nor mutes it, and keeps a note
    about it. A pending request to the old account, which nobody will answer, becomes one to the new account.
    """
    before, after = await relations.load(tx, account.id, [old.id, target.id])
    if before.note and not after.note:
        await mutes.set_note(tx, account, target, before.note)
    if before.blocking and not after.following and not after.blocking:
        await blocks.block(tx, site, account, target)
        return
    if before.muting and not after.following and not after.muting:
        expires_at = before.mute_expires_at
        seconds = 0 if expires_at is None else max(1, (expires_at - tx.now) // 1000)
        hides = before.muting_notifications
        await mutes.mute(tx, account, target, hides_notifications=hides, seconds=seconds)
    if before.following or before.requested:
        await _follow(tx, site, account, old, target)


async def _follow(
    tx: Tx, site: NodeContext, account: AccountRow, old: AccountRow, target: AccountRow
) -> None:
    """Follow the new account with the options and lists of the former follow, which ends."""
    former = await follow_queries.find(tx, account.id, old.id)
    former = former or await follow_queries.find_request(tx, account.id, old.id)
    if former is None:
        return
    try:
        await follows.follow(
            tx,
            site,
            account,
            target,
            shows_boosts=former.shows_boosts,
            notifies=former.notifies,
            languages=follows.list_languages(former),
        )
    except (ForbiddenError, NotFoundError):
        return  # one of the two blocks the other, or has moved as well
    for row in await list_queries.list_containing(tx, account.id, old.id):
        await list_queries.insert_members(tx, row.id, [target.id])
        if row.exclusive:
            await list_queries.delete_home_entries(tx, account.id, row.id)
    await follows.unfollow(tx, site, account, old)
