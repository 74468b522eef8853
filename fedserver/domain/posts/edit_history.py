"""Former versions of posts, kept when a post is edited."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.content.post_texts import encode
from fedserver.domain.posts import attachments, polls
from storage.engine import Tx
from storage.queries.posts import posts as post_queries
from storage.rows.posts import EditRow, PostRow


async def insert_version(tx: Tx, row: PostRow) -> None:
    """Store the current version of a post, before an edit replaces it."""
    files = await attachments.load_files(tx, row)
    await post_queries.insert_edit(
        tx,
        EditRow(
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
        ),
    )
