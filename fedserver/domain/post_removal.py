"""Removing posts, with their traces. A tombstone stays."""

from __future__ import annotations

from fedserver.domain import conversations, events, notifications, post_views, posts, quotes, streams, tasks
from fedserver.domain.words import NotFound
from storage import AccountRow, PostRow, TombstoneRow, Tx, queries


async def delete(tx: Tx, author: AccountRow, post_id: int) -> post_views.PostView:
    """Delete a post of one's own; what it was. Its files stay for a while, to be posted anew.

    Raises NotFound.
    """
    row = await posts.own(tx, author, post_id)
    views = await post_views.load(tx, [post_id], author.id)
    if not views:
        raise NotFound
    await queries.media.detach(tx, row.id)
    await _withdraw(tx, author, row)
    return views[0]


async def take_down(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Moderators delete a post, ours or what we have of a peer's, with its files."""
    await queries.media.remove_of_post(tx, row.id)
    await (_withdraw(tx, author, row) if row.local else remove(tx, row))


async def _withdraw(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Remove a post of ours and owe peers the news."""
    mentioned = await queries.mentions.of_post(tx, row.id)
    boosters = [booster for _, booster in await queries.posts.boosts_of(tx, row.id)]
    boosters += [quoter for _, quoter in await queries.quotes.quoters(tx, row.id)]
    answered = [row.in_reply_to_account_id] if row.in_reply_to_account_id else []
    await remove(tx, row)
    if row.state == "published" and row.visibility != "local":
        told = tuple(dict.fromkeys((*mentioned, *answered, *boosters)))
        audience = tasks.Audience(row.visibility, told)
        await tasks.owe(tx, tasks.DeletePost(author.id, row.uri, audience))


async def remove(tx: Tx, row: PostRow) -> None:
    """Remove a post and its traces: boosts, notifications, counters; a tombstone stays."""
    holders = await queries.home_entries.holders(tx, row.id)
    author = await queries.accounts.by_id(tx, row.account_id)
    await notifications.forget_post(tx, row.id)
    await _remove_boosts(tx, row)
    await conversations.forget_post(tx, row)
    await quotes.forget(tx, row)
    await queries.quotes.quoted_is_gone(tx, row.id)
    await queries.posts.remove(tx, row.id)
    await queries.posts.remove_original(tx, row.uri)
    if row.state == "published":
        uri = author.uri if author else ""
        await queries.posts.bury(tx, TombstoneRow(row.uri, row.kind, uri, tx.now))
        await queries.accounts.count_post(tx, row.account_id, -1, tx.now)
        if row.in_reply_to_id is not None:
            await queries.posts.count(tx, row.in_reply_to_id, "replies_count", -1)
            tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    events.post_deleted(tx, row.id, row.account_id, holders)
    streams.withdraw(tx, row)


async def _remove_boosts(tx: Tx, row: PostRow) -> None:
    """Boosts stand in homes under ids of their own: whoever had one is told of it."""
    boosters = dict(await queries.posts.boosts_of(tx, row.id))
    for boost_id, holders in (await queries.home_entries.holders_of(tx, list(boosters))).items():
        events.post_deleted(tx, boost_id, boosters[boost_id], holders)
    await streams.withdraw_boosts(tx, boosters)
    await queries.posts.remove_boosts(tx, row.id)


async def receive(tx: Tx, author: AccountRow, uri: str) -> bool:
    """Its author deleted a post; False if it is not theirs. One that never came leaves a tombstone too."""
    row = await queries.posts.by_uri(tx, uri)
    if row is None:
        return False
    if row.account_id != author.id or row.local:
        return False
    await queries.media.remove_of_post(tx, row.id)
    await remove(tx, row)
    return True
