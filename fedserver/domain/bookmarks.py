"""Bookmarks: private, told to nobody."""

from __future__ import annotations

from fedserver.domain import post_views
from fedserver.domain.words import NotFound
from storage import AccountRow, Tx, queries


async def add(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Bookmark a post that can be seen. Raises NotFound."""
    views = await post_views.load(tx, [post_id], actor.id)
    if not views:
        raise NotFound
    target = views[0].boost_of or views[0]
    await queries.likes.add_bookmark(tx, actor.id, target.post.id)


async def remove(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Remove a bookmark; nothing happens if there is none."""
    await queries.likes.remove_bookmark(tx, actor.id, post_id)
