"""Bookmarks: private, told to nobody."""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import post_views
from storage.engine import Tx
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow


async def add(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Bookmark a post that can be seen. Raises NotFound."""
    views = await post_views.load(tx, [post_id], actor.id)
    if not views:
        raise NotFoundError
    target = views[0].boost_of or views[0]
    await like_queries.insert_bookmark(tx, actor.id, target.post.id)


async def remove(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Remove a bookmark; nothing happens if there is none."""
    await like_queries.delete_bookmark(tx, actor.id, post_id)
