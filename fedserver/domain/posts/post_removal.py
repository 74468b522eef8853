"""Removing posts, with their traces. A tombstone stays."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import conversations, notifications
from fedserver.domain.posts import attachments, boosts, publication, quotes
from fedserver.domain.timelines import post_views, streams, visibility
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow, TombstoneRow

UNDO_MS = 10_000  # long enough to read the notice and reach its button


async def delete(
    tx: Tx, author: AccountRow, post_id: int, *, deletes_files: bool = False
) -> post_views.PostView:
    """Delete a post of one's own; return its view.

    Its files stay for a while, to be posted again, unless `deletes_files`. Raises NotFoundError.
    """
    row = await visibility.get_own(tx, author, post_id)
    view = await post_views.get(tx, post_id, author.id)
    if deletes_files:
        files = (*view.media, *([view.cover] if view.cover is not None else []))
        keys = tuple(key for file in files for key in (file.file_key, file.preview_key) if key)
        await attachments.delete_files(tx, row)
        if keys:
            await jobs.enqueue(tx, jobs.RemoveFiles(keys))
    else:
        await attachments.detach_files(tx, row)
    await _delete_local(tx, author, row)
    return view


async def schedule(tx: Tx, author: AccountRow, post_id: int) -> PostRow:
    """Delete a post of one's own in UNDO_MS, and return it; until then `cancel` keeps it.

    Raises NotFoundError.
    """
    row = await visibility.get_own(tx, author, post_id)
    job = jobs.RemovePost(author.id, post_id)
    await jobs.enqueue(tx, job, run_at=tx.now + UNDO_MS, dedupe=_removal_name(post_id))
    return row


async def cancel(tx: Tx, author: AccountRow, post_id: int) -> bool:
    """Keep a post that `schedule` would delete; return False if that is too late. Raises NotFoundError."""
    await visibility.get_own(tx, author, post_id)
    return await jobs.cancel(tx, _removal_name(post_id))


async def delete_scheduled(tx: Tx, job: jobs.RemovePost) -> None:
    """Delete a post whose time to undo is over, unless it is gone already."""
    author = await account_queries.find(tx, job.account_id)
    if author is not None and await post_queries.find(tx, job.post_id) is not None:
        await delete(tx, author, job.post_id)


def _removal_name(post_id: int) -> str:
    return f"remove_post:{post_id}"


async def take_down(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Moderators delete a post, ours or what we have of a peer's, with its files.

    The author of the latter cannot bring it back.
    """
    await attachments.delete_files(tx, row)
    await (_delete_local(tx, author, row) if row.local else remove(tx, row, is_final=True))


async def _delete_local(tx: Tx, author: AccountRow, row: PostRow) -> None:
    """Remove a local post and enqueue the Delete for peers."""
    mentioned = await attachments.list_mentioned_ids(tx, row)
    boosters = [booster for _, booster in await post_queries.list_boosts(tx, row.id)]
    boosters += await quotes.list_quoter_ids(tx, row.id)
    answered = [row.in_reply_to_account_id] if row.in_reply_to_account_id else []
    await remove(tx, row)
    if row.state == "published" and row.visibility != "local":
        account_ids = tuple(dict.fromkeys((*mentioned, *answered, *boosters)))
        audience = jobs.Audience(row.visibility, account_ids)
        await jobs.enqueue(tx, jobs.DeletePost(author.id, row.uri, audience, tx.now))


async def remove(tx: Tx, row: PostRow, *, is_final: bool = False) -> None:
    """Remove a post and its traces: boosts, notifications, counters; a tombstone stays.

    It names the author, who may publish the post of a peer again; if the removal is final, nobody.
    """
    author = await account_queries.find(tx, row.account_id)
    await notifications.remove_by_post(tx, row.id)
    await boosts.remove_by_post(tx, row)
    await conversations.remove_post(tx, row)
    await quotes.remove_deleted(tx, row)
    await streams.emit_deletion(tx, row)
    await post_queries.delete_by_id(tx, row.id)
    await post_queries.delete_original(tx, row.uri)
    await post_queries.delete_aliases(tx, row.id)
    if row.state == "published":
        uri = author.uri if author is not None and not is_final else ""
        await post_queries.upsert_tombstone(tx, TombstoneRow(row.uri, row.kind, uri, tx.now))
        await account_queries.adjust_post_count(tx, row.account_id, -1, tx.now)
        await publication.adjust_replies_count(tx, row, -1)


async def receive(tx: Tx, author: AccountRow, uri: str) -> bool:
    """Delete a post, or undo a boost, as its author asked; return False if it is not known, or not theirs."""
    row = await post_queries.find_by_uri(tx, uri)
    if row is None:
        return False
    # guard: Delete by its author
    if row.account_id != author.id or row.local:
        return False
    if row.boost_of_id is not None:
        return await boosts.receive_undo(tx, author, uri, None)
    await attachments.delete_files(tx, row)
    await remove(tx, row)
    return True


async def record_early_delete(tx: Tx, author: AccountRow, uri: str) -> None:
    """Store a tombstone for a post that its author deleted before it arrived, so that it stays out."""
    await post_queries.upsert_tombstone(
        tx, TombstoneRow(uri, post_queries.NEVER_RECEIVED, author.uri, tx.now)
    )
