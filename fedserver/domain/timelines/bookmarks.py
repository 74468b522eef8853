"""Bookmarks: private, so nobody is notified and nothing is sent."""

from __future__ import annotations

from fedserver.domain.timelines import visibility
from storage.engine import Tx
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow


async def add(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Bookmark a post that the actor may see; of a boost, what it boosts. Raises NotFoundError."""
    post = await visibility.require(tx, post_id, actor.id)
    await like_queries.insert_bookmark(tx, actor.id, post.id)


async def remove(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Remove a bookmark; nothing happens if there is none."""
    await like_queries.delete_bookmark(tx, actor.id, post_id)
