"""Likes: rows, never a counter alone. On an article a like says that it was helpful."""

from __future__ import annotations

from fedserver.domain import events, notifications, post_views, tasks
from fedserver.domain.words import NotFound, Site, check_not_moved
from storage import AccountRow, LikeRow, PostRow, Tx, queries


async def _visible(tx: Tx, actor: AccountRow, post_id: int) -> PostRow:
    views = await post_views.load(tx, [post_id], actor.id)
    if not views:
        raise NotFound
    return views[0].boost_of.post if views[0].boost_of else views[0].post


async def like(tx: Tx, site: Site, actor: AccountRow, post_id: int) -> PostRow:
    """Like a post; the post. Liking again changes nothing. Raises NotFound, Forbidden."""
    check_not_moved(actor)
    post = await _visible(tx, actor, post_id)
    identifier = tx.new_id()
    uri = site.links.act(actor.uri, "likes", identifier)
    if await _keep(tx, LikeRow(identifier, actor.id, post.id, uri, tx.now), post) and not post.local:
        await tasks.owe(tx, tasks.Like(actor.id, uri, post.id))
    return post


async def unlike(tx: Tx, actor: AccountRow, post_id: int) -> PostRow:
    """Take a like back; the post. Raises NotFound."""
    post = await _visible(tx, actor, post_id)
    row = await queries.likes.like(tx, actor.id, post.id)
    if row is not None:
        await _remove(tx, row, post)
        if not post.local:
            await tasks.owe(tx, tasks.UndoLike(actor.id, row.uri, post.uri, post.account_id))
    return post


async def _keep(tx: Tx, row: LikeRow, post: PostRow) -> bool:
    if not await queries.likes.add_like(tx, row):
        return False
    await queries.posts.count(tx, post.id, "likes_count", 1)
    await notifications.notify(tx, "favourite", post.account_id, row.account_id, post.id)
    tx.emit(events.POST_CHANGED, post_id=post.id)
    return True


async def _remove(tx: Tx, row: LikeRow, post: PostRow) -> None:
    await queries.likes.remove_like(tx, row.id)
    await queries.posts.count(tx, post.id, "likes_count", -1)
    await notifications.forget(tx, "favourite", post.account_id, row.account_id, post.id)
    tx.emit(events.POST_CHANGED, post_id=post.id)


async def receive(tx: Tx, actor: AccountRow, uri: str, post: PostRow) -> None:
    """A peer's account likes `post`. Of a post that it cannot see a like has no effect."""
    views = await post_views.load(tx, [post.id], actor.id)
    if views and post.visibility != "local":
        await _keep(tx, LikeRow(tx.new_id(), actor.id, post.id, uri, tx.now), post)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, post_uri: str | None) -> bool:
    """A peer's account takes its like back; False if there is none."""
    row = await queries.likes.like_by_uri(tx, uri) if uri else None
    if row is None and post_uri is not None:
        post = await queries.posts.by_uri(tx, post_uri)
        row = await queries.likes.like(tx, actor.id, post.id) if post else None
    if row is None or row.account_id != actor.id:
        return False
    post = await queries.posts.by_id(tx, row.post_id)
    if post is not None:
        await _remove(tx, row, post)
    return True
