"""Removing posts, with their traces. A tombstone stays."""

from __future__ import annotations

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import conversations, notifications
from fedserver.domain.posts import posts, quotes
from fedserver.domain.timelines import post_views, streams
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow, TombstoneRow


async def delete(tx: Tx, author: AccountRow, post_id: int) -> post_views.PostView:
    """Delete a post of one's own; return its view. Its files stay for a while, to be posted again.

    Raises NotFoundError.
    """
    row = await posts.get_own(tx, author, post_id)
    views = await post_views.load(tx, [post_id], author.id)
    if not views:
        raise NotFoundError
    await media_queries.detach(tx, row.id)
    await _delete_local(tx, author, row)
    return views[0]


async def take_down(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Moderators delete a post, ours or what we have of a peer's, with its files."""
    await media_queries.delete_by_post(tx, row.id)
    await (_delete_local(tx, author, row) if row.local else remove(tx, row))


async def _delete_local(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Remove a post of ours and enqueue the Delete for peers."""
    mentioned = await mention_queries.list_by_post(tx, row.id)
    boosters = [booster for _, booster in await post_queries.list_boosts(tx, row.id)]
    boosters += [quoter for _, quoter in await quote_queries.list_quoters(tx, row.id)]
    answered = [row.in_reply_to_account_id] if row.in_reply_to_account_id else []
    await remove(tx, row)
    if row.state == "published" and row.visibility != "local":
        account_ids = tuple(dict.fromkeys((*mentioned, *answered, *boosters)))
        audience = jobs.Audience(row.visibility, account_ids)
        await jobs.enqueue(tx, jobs.DeletePost(author.id, row.uri, audience, tx.now))


async def remove(tx: Tx, row: PostRow) -> None:
    """Remove a post and its traces: boosts, notifications, counters; a tombstone stays."""
    holders = await home_entry_queries.list_recipients(tx, row.id)
    author = await account_queries.find(tx, row.account_id)
    await notifications.remove_by_post(tx, row.id)
    await _remove_boosts(tx, row)
    await conversations.remove_post(tx, row)
    await quotes.remove(tx, row)
    await quote_queries.mark_quoted_deleted(tx, row.id)
    await post_queries.delete_by_id(tx, row.id)
    await post_queries.delete_original(tx, row.uri)
    if row.state == "published":
        uri = author.uri if author else ""
        await post_queries.upsert_tombstone(tx, TombstoneRow(row.uri, row.kind, uri, tx.now))
        await account_queries.adjust_post_count(tx, row.account_id, -1, tx.now)
        if row.in_reply_to_id is not None:
            await post_queries.adjust_count(tx, row.in_reply_to_id, "replies_count", -1)
            tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    events.emit_post_deleted(tx, row.id, row.account_id, holders)
    streams.withdraw(tx, row)


async def _remove_boosts(tx: Tx, row: PostRow) -> None:
    """Delete the boosts of a post and tell the streams of those at whose home they were."""
    boosters = dict(await post_queries.list_boosts(tx, row.id))
    for boost_id, holders in (await home_entry_queries.load_recipients(tx, list(boosters))).items():
        events.emit_post_deleted(tx, boost_id, boosters[boost_id], holders)
    await streams.withdraw_boosts(tx, boosters)
    await post_queries.delete_boosts(tx, row.id)


async def receive(tx: Tx, author: AccountRow, uri: str) -> bool:
    """Its author deleted a post; False if it is not here, or not theirs."""
    row = await post_queries.find_by_uri(tx, uri)
    if row is None:
        return False
    # guard: Delete by its author
    if row.account_id != author.id or row.local:
        return False
    await media_queries.delete_by_post(tx, row.id)
    await remove(tx, row)
    return True


async def record_early_delete(tx: Tx, author: AccountRow, uri: str) -> None:
    """Its author deleted a post before it came: a tombstone keeps it out for as long as it may come late."""
    await post_queries.upsert_tombstone(
        tx, TombstoneRow(uri, post_queries.NEVER_RECEIVED, author.uri, tx.now)
    )
