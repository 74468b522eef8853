"""Follows: asked for, accepted or refused by the one who was asked, ended by either.

Only the target's own answer turns a request into a follow. With a follow the latest posts of the target
appear at the follower's home; with its end they go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec
from msgspec import structs

from fedserver.domain import events, notifications, tasks
from fedserver.domain.words import Forbidden, NotFound, Site, check_not_moved
from storage import AccountRow, FollowRow, Page, Tx, queries

Pairs = list[tuple[int, int]]
MOST_FAMILIAR = 20
MOST_UNDONE = 1_000
encode = msgspec.json.Encoder().encode
_languages = msgspec.json.Decoder(list[str]).decode


async def follow(
    tx: Tx,
    site: Site,
    actor: AccountRow,
    target: AccountRow,
    *,
    boosts: bool | None = None,
    notifies: bool | None = None,
    languages: Sequence[str] | None = None,
) -> None:
    """Follow, ask to follow, or change how one follows: what is None stays, or is as usual at first.

    Raises Forbidden, NotFound.
    """
    check_not_moved(actor)
    if actor.id == target.id:
        raise Forbidden("You cannot follow yourself")
    if target.suspended_at is not None or target.deleted_at is not None:
        raise NotFound
    if await queries.blocks.between(tx, actor.id, target.id):
        raise Forbidden("You cannot follow this account")
    former = await queries.follows.get(tx, actor.id, target.id)
    asked = None if former is not None else await queries.follows.request(tx, actor.id, target.id)
    if former is None and asked is None and target.moved_to_id is not None:
        raise Forbidden("This account has moved")
    row = former or asked or _new(tx, site, actor, target)
    row = structs.replace(
        row,
        shows_boosts=row.shows_boosts if boosts is None else boosts,
        notifies=row.notifies if notifies is None else notifies,
        languages=row.languages if languages is None else encode(list(languages)).decode(),
    )
    if former is not None or asked is not None:
        await queries.follows.change(tx, row, requested=former is None)
        return
    if not target.domain and not target.locked:
        await _begin(tx, row, target)
        return
    if await queries.follows.add_request(tx, row):
        if target.domain:
            await tasks.owe(tx, tasks.Follow(actor.id, target.id, row.uri))
        else:
            await notifications.notify(tx, "follow_request", target.id, actor.id)
    tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


def _new(tx: Tx, site: Site, actor: AccountRow, target: AccountRow) -> FollowRow:
    identifier = tx.new_id()
    uri = site.links.act(actor.uri, "follows", identifier)
    return FollowRow(identifier, actor.id, target.id, uri, True, False, "[]", tx.now)


def languages_of(row: FollowRow) -> list[str]:
    """The languages in which a follower wants posts; none: all."""
    return _languages(row.languages)


async def _begin(tx: Tx, row: FollowRow, target: AccountRow) -> bool:
    if not await queries.follows.add(tx, row):
        return False
    await queries.accounts.count_follow(tx, row.account_id, row.target_id, 1)
    await queries.home_entries.fill(tx, row.account_id, row.target_id)
    if not target.domain:
        await notifications.notify(tx, "follow", row.target_id, row.account_id)
    tx.emit(events.RELATION_CHANGED, account_id=row.account_id, target_id=row.target_id)
    return True


async def _end(tx: Tx, follower_id: int, target_id: int) -> bool:
    if not await queries.follows.remove(tx, follower_id, target_id):
        return False
    await queries.accounts.count_follow(tx, follower_id, target_id, -1)
    await queries.home_entries.remove_author(tx, follower_id, target_id)
    await queries.lists.forget(tx, follower_id, target_id)
    await queries.endorsements.remove(tx, follower_id, target_id)
    await notifications.forget(tx, "follow", target_id, follower_id)
    tx.emit(events.RELATION_CHANGED, account_id=follower_id, target_id=target_id)
    return True


async def unfollow(tx: Tx, site: Site, actor: AccountRow, target: AccountRow) -> None:
    """End a follow, or take a request back. Nothing happens if there is neither."""
    row = await queries.follows.get(tx, actor.id, target.id)
    row = row or await queries.follows.request(tx, actor.id, target.id)
    if row is None:
        return
    await _end(tx, actor.id, target.id)
    await queries.follows.remove_request(tx, actor.id, target.id)
    await notifications.forget(tx, "follow_request", target.id, actor.id)
    if target.domain:
        await tasks.owe(tx, tasks.UndoFollow(actor.id, target.id, row.uri))


async def accept_request(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """Let somebody who asked follow. Raises NotFound if nobody of that id did."""
    row = await queries.follows.request(tx, follower_id, actor.id)
    if row is None:
        raise NotFound
    await queries.follows.remove_request(tx, follower_id, actor.id)
    await notifications.forget(tx, "follow_request", actor.id, follower_id)
    await _begin(tx, row, actor)
    follower = await queries.accounts.by_id(tx, follower_id)
    if follower is not None and follower.domain:
        await tasks.owe(tx, tasks.AnswerFollow(actor.id, follower_id, row.uri, True))


async def reject_request(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """Refuse somebody who asked. Raises NotFound if nobody of that id did."""
    row = await queries.follows.request(tx, follower_id, actor.id)
    if row is None:
        raise NotFound
    await queries.follows.remove_request(tx, follower_id, actor.id)
    await notifications.forget(tx, "follow_request", actor.id, follower_id)
    await _tell_rejected(tx, actor, follower_id, row.uri)


async def remove_follower(tx: Tx, actor: AccountRow, follower_id: int) -> None:
    """End somebody's follow of `actor`. Nothing happens if there is none."""
    row = await queries.follows.get(tx, follower_id, actor.id)
    if row is not None:
        await _end(tx, follower_id, actor.id)
        await _tell_rejected(tx, actor, follower_id, row.uri)


async def _tell_rejected(tx: Tx, actor: AccountRow, follower_id: int, uri: str) -> None:
    follower = await queries.accounts.by_id(tx, follower_id)
    if follower is not None and follower.domain:
        await tasks.owe(tx, tasks.AnswerFollow(actor.id, follower_id, uri, False))


async def sever(tx: Tx, first: AccountRow, second: AccountRow) -> None:
    """End everything between two accounts, both ways, requests too; peers are told of what ours do."""
    for follower, target in ((first, second), (second, first)):
        row = await queries.follows.get(tx, follower.id, target.id) or await queries.follows.request(
            tx, follower.id, target.id
        )
        if row is None:
            continue
        await _end(tx, follower.id, target.id)
        await queries.follows.remove_request(tx, follower.id, target.id)
        await notifications.forget(tx, "follow_request", target.id, follower.id)
        if follower.domain and not target.domain:
            await tasks.owe(tx, tasks.AnswerFollow(target.id, follower.id, row.uri, False))
        if target.domain and not follower.domain:
            await tasks.owe(tx, tasks.UndoFollow(follower.id, target.id, row.uri))


# --- from peers


async def receive(tx: Tx, follower: AccountRow, target: AccountRow, uri: str) -> None:
    """A peer's account asks to follow one of ours: accepted, kept as a request, or refused."""
    if target.domain or target.deleted_at is not None or target.kind == "Application":
        return
    if target.moved_to_id is not None or await queries.blocks.between(tx, follower.id, target.id):
        await tasks.owe(tx, tasks.AnswerFollow(target.id, follower.id, uri, False))
        return
    former = await queries.follows.get(tx, follower.id, target.id)
    if former is not None:
        await tasks.owe(tx, tasks.AnswerFollow(target.id, follower.id, uri, True))
        return
    row = FollowRow(tx.new_id(), follower.id, target.id, uri, True, False, "[]", tx.now)
    # A limited account has to ask, as with Mastodon.
    if target.locked or follower.silenced_at is not None:
        if await queries.follows.add_request(tx, row):
            await notifications.notify(tx, "follow_request", target.id, follower.id)
    elif await _begin(tx, row, target):
        await queries.follows.remove_request(tx, follower.id, target.id)
        await tasks.owe(tx, tasks.AnswerFollow(target.id, follower.id, uri, True))


async def receive_answer(
    tx: Tx, answerer: AccountRow, follower_id: int, follow_uri: str | None, *, accepted: bool
) -> bool:
    """A peer's account answers one of ours. Only the one who was asked can; False if nobody asked."""
    row = await queries.follows.request(tx, follower_id, answerer.id)
    if row is None:
        # Reject after Accept removes the follower.
        existing = await queries.follows.get(tx, follower_id, answerer.id)
        if accepted or existing is None:
            return False
        return await _end(tx, follower_id, answerer.id)
    if follow_uri is not None and row.uri != follow_uri:
        return False
    await queries.follows.remove_request(tx, follower_id, answerer.id)
    if accepted:
        await _begin(tx, row, answerer)
    tx.emit(events.RELATION_CHANGED, account_id=follower_id, target_id=answerer.id)
    return True


async def receive_undo(tx: Tx, follower: AccountRow, target_id: int) -> bool:
    """A peer's account ends its follow, or takes its request back."""
    ended = await _end(tx, follower.id, target_id)
    withdrawn = await queries.follows.remove_request(tx, follower.id, target_id)
    if withdrawn:
        await notifications.forget(tx, "follow_request", target_id, follower.id)
    return ended or withdrawn


# --- the same followers on both sides (FEP-8fcf)


def digest(uris: Iterable[str]) -> str:
    """SHA-256 of each URI, joined by XOR, in hex: the same whatever the order."""
    found = 0
    for uri in uris:
        found ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{found:064x}"


async def partial(tx: Tx, account: AccountRow, base: str) -> list[str]:
    """URIs of the followers at the node `base` (https://o.example)."""
    return list(await queries.follows.partial(tx, account.id, f"{base}/"))


async def ask(tx: Tx, account: AccountRow, url: str, told: str) -> None:
    """A peer's account has other followers here than we know, `told` is their digest: read them at `url`."""
    task = tasks.SynchronizeFollowers(account.id, url, told)
    await tasks.owe(tx, task, dedupe=f"synchronize_followers:{account.id}")


async def synchronize(tx: Tx, site: Site, account: AccountRow, uris: Sequence[str]) -> None:
    """These follow a peer's account, as its node has it: other follows end, unknown ones are undone there."""
    ours = await queries.follows.partial(tx, account.id, f"{site.links.base}/")
    for follower in await queries.accounts.by_ids(tx, [ours[uri] for uri in ours.keys() - set(uris)]):
        await unfollow(tx, site, follower, account)
    for uri in [each for each in uris if each not in ours][:MOST_UNDONE]:
        unknown = await queries.accounts.by_uri(tx, uri)
        if unknown is None or unknown.domain:
            continue
        # An Accept was lost: whoever asked is a follower.
        if not await receive_answer(tx, account, unknown.id, None, accepted=True):
            act = site.links.act(unknown.uri, "follows", tx.new_id())
            await tasks.owe(tx, tasks.UndoFollow(unknown.id, account.id, act))


# --- pages


async def followers(tx: Tx, account: AccountRow, viewer_id: int | None, page: Page) -> Pairs:
    """Cursors and ids; nothing if the account hides them from others."""
    hidden = (account.hides_collections and viewer_id != account.id) or account.suspended_at is not None
    return [] if hidden else await queries.follows.followers(tx, account.id, page)


async def following(tx: Tx, account: AccountRow, viewer_id: int | None, page: Page) -> Pairs:
    """Cursors and ids; nothing if the account hides them from others."""
    hidden = (account.hides_collections and viewer_id != account.id) or account.suspended_at is not None
    return [] if hidden else await queries.follows.following(tx, account.id, page)


async def requests(tx: Tx, account: AccountRow, page: Page) -> Pairs:
    """Cursors and ids of those who ask to follow."""
    return await queries.follows.requests(tx, account.id, page)


async def count_requests(tx: Tx, account: AccountRow) -> int:
    """How many ask to follow."""
    return await queries.follows.count_requests(tx, account.id)


async def uris(tx: Tx, account: AccountRow, which: str, page: Page) -> list[tuple[int, str]]:
    """Cursors and URIs of `followers` or `following`, for peers."""
    if which == "followers":
        return await queries.follows.follower_uris(tx, account.id, page)
    return await queries.follows.following_uris(tx, account.id, page)


async def familiar(tx: Tx, viewer_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """For each account those whom the viewer follows and who follow it; nobody who hides such things."""
    return await queries.follows.familiar(tx, viewer_id, ids, MOST_FAMILIAR)
