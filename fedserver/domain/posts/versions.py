"""Versions of posts: an edit replaces the content, and the earlier one is kept."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.content.post_texts import encode
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import polls
from storage.engine import ReadTx, Tx
from storage.queries.content import media as media_queries
from storage.queries.posts import posts as post_queries
from storage.rows.posts import EditRow, PostRow


async def list_by_post(tx: ReadTx, post_id: int) -> list[EditRow]:
    """Return the earlier versions of a post, oldest first."""
    return await post_queries.list_edits(tx, post_id)


MAX_LISTED = 200  # of the versions of a post, the newest


async def list_times(tx: ReadTx, post_id: int) -> list[tuple[int, int]]:
    """Return ids and times (ms UTC) of the earlier versions of a post, newest first."""
    return await post_queries.list_edit_times(tx, post_id, MAX_LISTED)


async def get(tx: ReadTx, post_id: int, version_id: int) -> EditRow:
    """Return an earlier version of a post. Raises NotFoundError."""
    row = await post_queries.find_edit(tx, post_id, version_id)
    if row is None:
        raise NotFoundError
    return row


async def find_next(tx: ReadTx, post_id: int, version_id: int) -> EditRow | None:
    """Return the version that came after an earlier one, None if that is the present one."""
    return await post_queries.find_next_edit(tx, post_id, version_id)


async def insert(tx: Tx, row: PostRow) -> None:
    """Keep a post as it is now, with its files and poll, before it changes."""
    files = await media_queries.load_by_posts(tx, [row.id])
    version = EditRow(
        id=tx.new_id(),
        post_id=row.id,
        title=row.title,
        summary=row.summary,
        sensitive=row.sensitive,
        source=row.source,
        html=row.html,
        media=encode([structs.asdict(file) for file in files]).decode(),
        emojis=row.emojis,
        poll=await polls.load_titles_json(tx, row.id),
        at=row.edited_at or row.published_at,
    )
    await post_queries.insert_edit(tx, version)


async def replace(tx: Tx, row: PostRow) -> None:
    """Store the new content of a post."""
    values = {name: getattr(row, name) for name in post_queries.UPDATABLE_COLUMNS}
    await post_queries.update_content(tx, row.id, values)
