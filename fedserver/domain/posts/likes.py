"""Likes: rows, never a counter alone. On an article a like says that it was helpful.

An account that reacts with emoji likes the post, once: such a like has the URI of one of the reactions, and
stays until the last of them is undone.
"""

from __future__ import annotations

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.notifications import notifications
from fedserver.domain.timelines import interaction_policies, post_views, visibility
from fedserver.domain.timelines.post_views import PostView
from storage.engine import ReadTx, Tx
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import reactions as reaction_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import LikeRow, PostRow


async def get_likeable(tx: ReadTx, actor: AccountRow, post_id: int) -> PostRow:
    """Return the post, or what it boosts. Raises NotFoundError; ForbiddenError if its author refuses."""
    post = await visibility.require(tx, post_id, actor.id)
    await interaction_policies.check_allowed(tx, post, actor, interaction_policies.LIKE)
    return post


async def like(tx: Tx, site: NodeContext, actor: AccountRow, post_id: int) -> PostRow:
    """Like a post and return it; to like it again changes nothing. Raises NotFoundError, ForbiddenError."""
    check_not_moved(actor)
    post = await get_likeable(tx, actor, post_id)
    await _like(tx, site, actor, post)
    return post


async def like_view(tx: Tx, site: NodeContext, actor: AccountRow, view: PostView) -> PostView:
    """Like a post of which `actor` has a view; return the view of it with the like. Raises ForbiddenError.

    A view is only built for an account that may see the post, so that is not checked again. Nor is the view
    loaded again: a like changes the counter of the post and the state of its viewer, nothing else.
    """
    check_not_moved(actor)
    original = view.boost_of or view
    await interaction_policies.check_allowed(tx, original.post, actor, interaction_policies.LIKE)
    is_new = await _like(tx, site, actor, original.post)
    return post_views.add_like(original) if is_new else original


async def _like(tx: Tx, site: NodeContext, actor: AccountRow, post: PostRow) -> bool:
    uri = site.links.activity(actor.uri, "likes", tx.new_id())
    if not await record(tx, actor, post, uri):
        return False
    if not post.local:
        await jobs.enqueue(tx, jobs.Like(actor.id, uri, post.id))
    return True


async def unlike(tx: Tx, actor: AccountRow, post_id: int) -> PostRow:
    """Undo a like and the emoji reactions that came with it; return the post. Raises NotFoundError."""
    post = await visibility.require(tx, post_id, actor.id)
    row = await like_queries.find_like(tx, actor.id, post.id)
    if row is not None:
        reactions = await reaction_queries.list_by_account(tx, actor.id, [post.id])
        for reaction in reactions:
            await reaction_queries.delete_by_id(tx, reaction.id)
        await remove(tx, row, post)
        emoji_by_uri = {row.uri: ("", "")} | {
            reaction.uri: (reaction.name, reaction.url) for reaction in reactions
        }
        for uri, (emoji, picture) in emoji_by_uri.items() if not post.local else ():
            await jobs.enqueue(tx, jobs.UndoLike(actor.id, uri, post.uri, post.account_id, emoji, picture))
    return post


async def record(tx: Tx, actor: AccountRow, post: PostRow, uri: str) -> bool:
    """Store the like of `actor` with the URI of its activity; return False if there was one."""
    if not await like_queries.insert_like(tx, LikeRow(tx.new_id(), actor.id, post.id, uri, tx.now)):
        return False
    await post_queries.adjust_count(tx, post.id, "likes_count", 1)
    await notifications.notify(tx, "favourite", post.account_id, actor.id, post.id, post=post)
    tx.emit(events.POST_CHANGED, post_id=post.id)
    return True


async def remove(tx: Tx, row: LikeRow, post: PostRow) -> None:
    """Delete a like, or keep it under the URI of the oldest reaction that is left."""
    reactions = await reaction_queries.list_by_account(tx, row.account_id, [post.id])
    if reactions:
        await like_queries.set_like_uri(tx, row.id, reactions[0].uri)
        return
    await like_queries.delete_like(tx, row.id)
    await post_queries.adjust_count(tx, post.id, "likes_count", -1)
    await notifications.retract(tx, "favourite", post.account_id, row.account_id, post.id)
    tx.emit(events.POST_CHANGED, post_id=post.id)


async def can_like(tx: ReadTx, post: PostRow, actor: AccountRow) -> bool:
    """Return True if an account of a peer sees a post and may like it."""
    if post.visibility == "local" or not await visibility.can_see(tx, post.id, actor.id):
        return False
    return not post.local or await interaction_policies.is_allowed(tx, post, actor, interaction_policies.LIKE)


async def receive(tx: Tx, actor: AccountRow, uri: str, post: PostRow) -> None:
    """Record that a peer's account likes `post`; without effect if it cannot see the post."""
    if not await can_like(tx, post, actor) or await record(tx, actor, post, uri):
        return
    # A like that came with a reaction gets the URI of its own activity, so that it outlives the reaction.
    existing = await like_queries.find_like(tx, actor.id, post.id)
    if existing is None:
        # The actor's server used the id for the like of another post before.
        await record(tx, actor, post, build_uri(actor, post))
        return
    if await reaction_queries.find_by_uri(tx, existing.uri) is None:
        return
    if await like_queries.find_like_by_uri(tx, uri) is None:
        await like_queries.set_like_uri(tx, existing.id, uri)


def build_uri(actor: AccountRow, post: PostRow) -> str:
    """Return the URI for a like of a peer's account that has none, or one that is taken."""
    return f"{actor.uri}#likes/{post.id}"


async def broadcast_change(tx: Tx, post: PostRow) -> None:
    """Announce that the likes of a post have changed, though not their number."""
    await post_queries.adjust_count(tx, post.id, "likes_count", 0)  # its version grows
    tx.emit(events.POST_CHANGED, post_id=post.id)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, post_uri: str | None) -> bool:
    """Undo the like of a peer's account; return False if there is none.

    The post tells more than the URI, which may have been that of other likes as well.
    """
    liked = await post_queries.find_by_uri(tx, post_uri) if post_uri is not None else None
    if liked is not None:
        row = await like_queries.find_like(tx, actor.id, liked.id)
    else:
        row = await like_queries.find_like_by_uri(tx, uri) if uri else None
    # guard: Undo by who did it @last
    if row is None or row.account_id != actor.id:
        return False
    post = await post_queries.find(tx, row.post_id)
    if post is not None:
        await remove(tx, row, post)
    return True
