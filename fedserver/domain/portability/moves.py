"""Other accounts that somebody has, moving to one of them (FEP-7628), and leaving for good.

An alias says that an account elsewhere is the same person's: that account may then move here. With a move
members stand to the new account as they stood to the old one; posts stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.accounts import account_removal, accounts, profiles, relations
from fedserver.domain.auth import member_access
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.relationships import blocks, follows, mutes
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import relations as relation_queries
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.auth import members as member_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.relationships import lists as list_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

MAX_ALIASES = 10
COOL_DOWN_MS = 7 * 24 * 3_600_000
BATCH_SIZE = 50


async def set_aliases(
    tx: Tx, site: NodeContext, actor: AccountRow, others: Sequence[AccountRow]
) -> AccountRow:
    """Make these the aliases of `actor` and owe peers the news. Raises Invalid."""
    uris = tuple(dict.fromkeys(each.uri for each in others))
    if len(uris) > MAX_ALIASES:
        raise InvalidError("also_known_as_uris", f"are more than {MAX_ALIASES}", "ERR_TOO_LONG")
    if actor.uri in uris:
        raise InvalidError("also_known_as_uris", "must be other accounts than this one")
    return await accounts.update_profile(tx, site, actor, accounts.ProfileChange(also_known_as=uris))


async def move(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Move an account of ours to `target`, which was read a moment ago. Raises Invalid."""
    row = await accounts.get(tx, actor.id)
    if target.id == row.id:
        raise InvalidError("moved_to_uri", "must be another account than this one")
    if row.uri not in profiles.decode_aliases(target):
        raise InvalidError("moved_to_uri", "does not name this account as an alias of it")
    if target.moved_to_id is not None:
        raise InvalidError("moved_to_uri", "has moved itself")
    if _has_moved_recently(tx, row):
        raise InvalidError("base", "An account can move once in seven days")
    await _set_moved_to(tx, row, target)
    await _broadcast(tx, row)
    await jobs.enqueue(tx, jobs.MoveAccount(row.id, target.id))


async def cancel(tx: Tx, actor: AccountRow) -> None:
    """An account of ours that moved is used again; its followers do not come back."""
    row = await accounts.get(tx, actor.id)
    if row.moved_to_id is not None:
        await account_queries.set_moved(tx, row.id, None, row.moved_at)
        tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
        await _broadcast(tx, row)


async def _broadcast(tx: Tx, row: AccountRow) -> None:
    await jobs.enqueue(tx, jobs.UpdateAccount(row.id), dedupe=f"update_account:{row.id}")


async def receive(tx: Tx, old: AccountRow, target: AccountRow) -> bool:
    """A peer's account moves to `target`, read just now; False if it is too soon or not to be believed."""
    row = await accounts.get(tx, old.id)
    gone = (target.moved_to_id, target.suspended_at, target.deleted_at)
    if not row.domain or row.id == target.id or any(each is not None for each in gone):
        return False
    if row.uri not in profiles.decode_aliases(target) or _has_moved_recently(tx, row):
        return False
    await _set_moved_to(tx, row, target)
    return True


def _has_moved_recently(tx: Tx, row: AccountRow) -> bool:
    return row.moved_at is not None and tx.now < row.moved_at + COOL_DOWN_MS


async def _set_moved_to(tx: Tx, row: AccountRow, target: AccountRow) -> None:
    await account_queries.set_moved(tx, row.id, target.id, tx.now)
    await jobs.enqueue(tx, jobs.TransferRelationships(row.id, target.id))
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)


async def transfer_relationships(tx: Tx, site: NodeContext, task: jobs.TransferRelationships) -> None:
    """Some members stand to the new account as they stood to the old one; the others have a task to come."""
    rows = await accounts.load_by_ids(tx, [task.account_id, task.target_id])
    old, target = rows.get(task.account_id), rows.get(task.target_id)
    if old is None or target is None or old.moved_to_id != target.id:
        return
    ids = await relation_queries.list_related(tx, old.id, task.after_id, BATCH_SIZE)
    for who in (await accounts.load_by_ids(tx, ids)).values():
        if who.id != target.id and who.deleted_at is None:
            await _transfer(tx, site, who, old, target)
    if len(ids) == BATCH_SIZE:
        await jobs.enqueue(tx, jobs.TransferRelationships(old.id, target.id, ids[-1]))


async def _transfer(tx: Tx, site: NodeContext, who: AccountRow, old: AccountRow, target: AccountRow) -> None:
    """As Mastodon has it: whom somebody follows already is neither blocked nor muted, and a note stays.

    Who asked to follow the old account, which will not answer any more, asks the new one.
    """
    before, after = await relations.load(tx, who.id, [old.id, target.id])
    if before.note and not after.note:
        await mutes.set_note(tx, who, target, before.note)
    if before.blocking and not after.following and not after.blocking:
        await blocks.block(tx, site, who, target)
        return
    if before.muting and not after.following and not after.muting:
        expires = before.mute_expires_at
        seconds = 0 if expires is None else max(1, (expires - tx.now) // 1000)
        hides = before.muting_notifications
        await mutes.mute(tx, who, target, hides_notifications=hides, seconds=seconds)
    if before.following or before.requested:
        await _follow(tx, site, who, old, target)


async def _follow(tx: Tx, site: NodeContext, who: AccountRow, old: AccountRow, target: AccountRow) -> None:
    former = await follow_queries.find(tx, who.id, old.id)
    former = former or await follow_queries.find_request(tx, who.id, old.id)
    if former is None:
        return
    try:
        await follows.follow(
            tx,
            site,
            who,
            target,
            shows_boosts=former.shows_boosts,
            notifies=former.notifies,
            languages=follows.list_languages(former),
        )
    except (ForbiddenError, NotFoundError):
        return  # one of the two does not want the other, or has moved as well
    for each in await list_queries.list_containing(tx, who.id, old.id):
        await list_queries.insert_members(tx, each.id, [target.id])
        if each.exclusive:
            await list_queries.delete_home_entries(tx, who.id, each.id)
    await follows.unfollow(tx, site, who, old)


async def delete_account(tx: Tx, member: MemberRow, actor: AccountRow) -> None:
    """Delete an account and, with the one they began with, what is kept of the member.

    Raises Forbidden for the last owner.
    """
    row = await accounts.get(tx, actor.id)
    if await member_queries.find_main_account_id(tx, member.id) != row.id:
        await account_removal.delete_local(tx, row)
        await audit_log_queries.erase_personal_data(tx, row.uri, None)
        return
    await member_access.set_disabled(tx, member, disabled=True)
    await account_removal.delete_local(tx, row)
    await audit_log_queries.erase_personal_data(tx, row.uri, member.id)
    await member_queries.delete_by_id(tx, member.id)
