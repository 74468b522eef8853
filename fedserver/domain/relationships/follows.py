"""Follows: requested, accepted or rejected by the target, ended by either side.

Only the target's own answer turns a request into a follow. A follow adds the latest posts of the target to
the follower's home timeline; its end removes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.notifications import notifications
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import endorsements as endorsement_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.relationships import lists as list_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import FollowRow

encode = msgspec.json.Encoder().encode
_decode_languages = msgspec.json.Decoder(list[str]).decode


async def follow(
    tx: Tx,
    site: NodeContext,
    actor: AccountRow,
    target: AccountRow,
    *,
    shows_boosts: bool | None = None,
    notifies: bool | None = None,
    languages: Sequence[str] | None = None,
) -> None:
    """Follow, ask to follow, or change the options of a follow; None keeps an option or means its default.

    Raises ForbiddenError, NotFoundError.
    """
    check_not_moved(actor)
    if actor.id == target.id:
        raise ForbiddenError(gettext("You cannot follow yourself."))
    if target.suspended_at is not None or target.deleted_at is not None:
        raise NotFoundError
    if await block_queries.prevents_follow(tx, actor.id, target.id):
        raise ForbiddenError(gettext("You cannot follow this account."))
    former = await follow_queries.find(tx, actor.id, target.id)
    request = None if former is not None else await follow_queries.find_request(tx, actor.id, target.id)
    if former is None and request is None and target.moved_to_id is not None:
        raise ForbiddenError(gettext("This account has moved. Please follow its new account."))
    row = former or request or _build_row(tx, site, actor, target)
    row = structs.replace(
        row,
        shows_boosts=row.shows_boosts if shows_boosts is None else shows_boosts,
        notifies=row.notifies if notifies is None else notifies,
        languages=row.languages if languages is None else encode(list(languages)).decode(),
    )
    if former is not None or request is not None:
        await follow_queries.update_options(tx, row, is_request=former is None)
        return
    if not target.domain and not target.locked:
        await _start_follow(tx, row, target)
        return
    if await follow_queries.insert_request(tx, row):
        if target.domain:
            await jobs.enqueue(tx, jobs.Follow(actor.id, target.id, row.uri))
        else:
            await notifications.notify(tx, "follow_request", target.id, actor.id)
    tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


async def set_boosts(tx: Tx, actor: AccountRow, target: AccountRow, *, shown: bool) -> None:
    """Show or hide boosts by an account that is followed, or asked. Raises InvalidError if it is not."""
    former = await follow_queries.find(tx, actor.id, target.id)
    row = former or await follow_queries.find_request(tx, actor.id, target.id)
    if row is None:
        message = gettext("You do not follow this account, so there is nothing to change.")
        raise InvalidError("base", "is not followed", message=message)
    changed = structs.replace(row, shows_boosts=shown)
    await follow_queries.update_options(tx, changed, is_request=former is None)


def _build_row(tx: Tx, site: NodeContext, actor: AccountRow, target: AccountRow) -> FollowRow:
    follow_id = tx.new_id()
    uri = site.links.activity(actor.uri, "follows", follow_id)
    return FollowRow(follow_id, actor.id, target.id, uri, True, False, "[]", tx.now)


def list_languages(row: FollowRow) -> list[str]:
    """Return the languages in which a follower wants posts; empty for all."""
    return _decode_languages(row.languages)


async def _start_follow(tx: Tx, row: FollowRow, target: AccountRow) -> bool:
    if not await follow_queries.insert(tx, row):
        return False
    await account_queries.adjust_follow_counts(tx, row.account_id, row.target_id, 1)
    await home_entry_queries.backfill_author(tx, row.account_id, row.target_id)
    if not target.domain:
        await notifications.notify(tx, "follow", row.target_id, row.account_id)
    tx.emit(events.RELATION_CHANGED, account_id=row.account_id, target_id=row.target_id)
    return True


async def _end_follow(tx: Tx, follower_id: int, target_id: int) -> bool:
    if not await follow_queries.delete_follow(tx, follower_id, target_id):
        return False
    await account_queries.adjust_follow_counts(tx, follower_id, target_id, -1)
    await home_entry_queries.delete_by_author(tx, follower_id, target_id)
    await list_queries.delete_from_all(tx, follower_id, target_id)
    await endorsement_queries.delete_endorsement(tx, follower_id, target_id)
    await notifications.retract(tx, "follow", target_id, follower_id)
    tx.emit(events.RELATION_CHANGED, account_id=follower_id, target_id=target_id)
    return True


async def unfollow(tx: Tx, site: NodeContext, actor: AccountRow, target: AccountRow) -> None:
    """End a follow, or withdraw a request. Nothing happens if there is neither."""
    row = await follow_queries.find(tx, actor.id, target.id)
    row = row or await follow_queries.find_request(tx, actor.id, target.id)
    if row is None:
        return
    await _end_follow(tx, actor.id, target.id)
    await follow_queries.delete_request(tx, actor.id, target.id)
    await notifications.retract(tx, "follow_request", target.id, actor.id)
    if target.domain:
        await jobs.enqueue(tx, jobs.UndoFollow(actor.id, target.id, row.uri))


async def accept_request(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """Accept a follow request. Raises NotFoundError if there is none."""
    row = await follow_queries.find_request(tx, follower_id, actor.id)
    if row is None:
        raise NotFoundError
    await follow_queries.delete_request(tx, follower_id, actor.id)
    await notifications.retract(tx, "follow_request", actor.id, follower_id)
    await _start_follow(tx, row, actor)
    follower = await account_queries.find(tx, follower_id)
    if follower is not None and follower.domain:
        await jobs.enqueue(tx, jobs.AnswerFollow(actor.id, follower_id, row.uri, True))


async def reject_request(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """Reject a follow request. Raises NotFoundError if there is none."""
    row = await follow_queries.find_request(tx, follower_id, actor.id)
    if row is None:
        raise NotFoundError
    await follow_queries.delete_request(tx, follower_id, actor.id)
    await notifications.retract(tx, "follow_request", actor.id, follower_id)
    await _enqueue_rejection(tx, actor, follower_id, row.uri)


async def remove_follower(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """Remove a follower of `actor`. Nothing happens if there is no such follow."""
    row = await follow_queries.find(tx, follower_id, actor.id)
    if row is not None:
        await _end_follow(tx, follower_id, actor.id)
        await _enqueue_rejection(tx, actor, follower_id, row.uri)


async def _enqueue_rejection(tx: Tx, actor: AccountRow, follower_id: int, uri: str) -> None:
    follower = await account_queries.find(tx, follower_id)
    if follower is not None and follower.domain:
        await jobs.enqueue(tx, jobs.AnswerFollow(actor.id, follower_id, uri, False))


async def sever(tx: Tx, first: AccountRow, second: AccountRow) -> None:
    """End follows and requests between two accounts in both directions, and notify their peers."""
    for follower, target in ((first, second), (second, first)):
        row = await follow_queries.find(tx, follower.id, target.id) or await follow_queries.find_request(
            tx, follower.id, target.id
        )
        if row is None:
            continue
        await _end_follow(tx, follower.id, target.id)
        await follow_queries.delete_request(tx, follower.id, target.id)
        await notifications.retract(tx, "follow_request", target.id, follower.id)
        if follower.domain and not target.domain:
            await jobs.enqueue(tx, jobs.AnswerFollow(target.id, follower.id, row.uri, False))
        if target.domain and not follower.domain:
            await jobs.enqueue(tx, jobs.UndoFollow(follower.id, target.id, row.uri))


# --- activities of peers


async def receive(tx: Tx, follower: AccountRow, target: AccountRow, uri: str) -> None:
    """Handle a follow request of a remote account to a local one: accept, keep as a request, or reject."""
    if target.domain or target.deleted_at is not None or target.kind == "Application":
        return
    if target.moved_to_id is not None or await block_queries.prevents_follow(tx, target.id, follower.id):
        await jobs.enqueue(tx, jobs.AnswerFollow(target.id, follower.id, uri, False))
        return
    stored_uri = await _find_free_uri(tx, follower, target, uri)
    former = await follow_queries.find(tx, follower.id, target.id)
    if former is not None:
        await follow_queries.set_uri(tx, former, stored_uri, is_request=False)
        await jobs.enqueue(tx, jobs.AnswerFollow(target.id, follower.id, uri, True))
        return
    request = await follow_queries.find_request(tx, follower.id, target.id)
    if request is not None:
        # What waits for an answer now is this Follow: its sender may know nothing of the former one any more.
        await follow_queries.set_uri(tx, request, stored_uri, is_request=True)
    row = FollowRow(tx.new_id(), follower.id, target.id, stored_uri, True, False, "[]", tx.now)
    # A limited account needs approval, as with Mastodon.
    if target.locked or follower.silenced_at is not None:
        if await follow_queries.insert_request(tx, row):
            await notifications.notify(tx, "follow_request", target.id, follower.id)
    elif await _start_follow(tx, row, target):
        await follow_queries.delete_request(tx, follower.id, target.id)
        await jobs.enqueue(tx, jobs.AnswerFollow(target.id, follower.id, uri, True))


async def _find_free_uri(tx: ReadTx, follower: AccountRow, target: AccountRow, uri: str) -> str:
    """Return the URI of a Follow, or another one if it is that of a follow by or of another account."""
    rows = (await follow_queries.find_by_uri(tx, uri), await follow_queries.find_request_by_uri(tx, uri))
    pair = (follower.id, target.id)
    is_free = all(row is None or (row.account_id, row.target_id) == pair for row in rows)
    return uri if is_free else f"{follower.uri}#follows/{target.id}"


async def receive_answer(
    tx: Tx, answerer: AccountRow, follower_id: int, follow_uri: str | None, *, accepted: bool
) -> bool:
    """Handle the answer of a remote account to a local request; False if there is none."""
    row = await follow_queries.find_request(tx, follower_id, answerer.id)
    if row is None:
        # Reject after Accept removes the follower.
        existing = await follow_queries.find(tx, follower_id, answerer.id)
        if accepted or existing is None:
            return False
        return await _end_follow(tx, follower_id, answerer.id)
    if follow_uri is not None and row.uri != follow_uri:
        return False
    await follow_queries.delete_request(tx, follower_id, answerer.id)
    if accepted:
        await _start_follow(tx, row, answerer)
    tx.emit(events.RELATION_CHANGED, account_id=follower_id, target_id=answerer.id)
    return True


async def receive_undo(tx: Tx, follower: AccountRow, target_id: int) -> bool:
    """End a follow of a remote account, or withdraw its request; False if there is neither."""
    ended = await _end_follow(tx, follower.id, target_id)
    withdrawn = await follow_queries.delete_request(tx, follower.id, target_id)
    if withdrawn:
        await notifications.retract(tx, "follow_request", target_id, follower.id)
    return ended or withdrawn
