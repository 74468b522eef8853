"""Emoji reactions to posts: an account may have several on a post, and one like for all of them.

A peer sends an emoji character, or the shortcode of a picture at its own address; local accounts react with
characters, or with the custom emoji of this node.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import likes
from fedserver.domain.timelines import visibility
from fedserver.text.emoji import is_emoji
from storage.engine import ReadTx, Tx
from storage.queries.content import emojis as emoji_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import reactions as reaction_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostReactionRow, PostRow

MAX_PER_ACCOUNT = 8  # reactions of one account to one post
MAX_PER_POST = 50  # different emoji on one post; a reaction beyond them counts as a like only


class Emoji(Struct, frozen=True):
    """A character, or the shortcode of a picture at `url`."""

    name: str
    url: str = ""


async def react(tx: Tx, site: NodeContext, actor: AccountRow, post_id: int, name: str) -> PostRow:
    """React with an emoji, or the shortcode of a custom one; return the post.

    A second time changes nothing. Raises NotFoundError, ForbiddenError; InvalidError for a name that is no
    emoji, or if there would be too many reactions.
    """
    check_not_moved(actor)
    emoji = await _get_local_emoji(tx, site, name)
    post = await likes.get_likeable(tx, actor, post_id)
    reactions = await reaction_queries.list_by_account(tx, actor.id, [post.id])
    if emoji.name in {reaction.name for reaction in reactions}:
        return post
    uri = site.links.activity(actor.uri, "likes", tx.new_id())
    if not await _record(tx, actor, post, uri, emoji):
        raise InvalidError("emoji", "would be more reactions than a post can have")
    if not post.local:
        await jobs.enqueue(tx, jobs.Like(actor.id, uri, post.id, emoji.name, emoji.url))
    return post


async def unreact(tx: Tx, actor: AccountRow, post_id: int, name: str) -> PostRow:
    """Undo a reaction, if there is one; return the post. Raises NotFoundError."""
    post = await visibility.require(tx, post_id, actor.id)
    for row in await reaction_queries.list_by_account(tx, actor.id, [post.id]):
        if row.name != name.strip(":"):
            continue
        await _remove(tx, row, post)
        if not post.local:
            task = jobs.UndoLike(actor.id, row.uri, post.uri, post.account_id, row.name, row.url)
            await jobs.enqueue(tx, task)
    return post


async def _get_local_emoji(tx: ReadTx, site: NodeContext, name: str) -> Emoji:
    if is_emoji(name):
        return Emoji(name)
    shortcode = name.strip(":")
    known = await emoji_queries.load_enabled(tx, [shortcode])
    if shortcode not in known:
        raise InvalidError("emoji", "is not a recognized emoji")
    return Emoji(shortcode, site.links.media(known[shortcode].file_key))


async def receive(tx: Tx, actor: AccountRow, uri: str, post: PostRow, emoji: Emoji) -> bool:
    """Record the reaction of a peer's account, a like too; return False if it can only be a like."""
    if not emoji.url and not is_emoji(emoji.name):
        return False
    if not await likes.can_like(tx, post, actor):
        return True
    former = await reaction_queries.find_by_uri(tx, uri)
    if former is not None and former.account_id == actor.id:
        if former.post_id != post.id:  # the actor's server used the id for a reaction to another post
            uri = f"{likes.build_uri(actor, post)}/{emoji.name}"
        elif (former.name, former.url) != (emoji.name, emoji.url):
            await reaction_queries.delete_by_id(tx, former.id)  # the same reaction, with another emoji
    return await _record(tx, actor, post, uri, emoji)


async def _record(tx: Tx, actor: AccountRow, post: PostRow, uri: str, emoji: Emoji) -> bool:
    known = (await reaction_queries.count_by_posts(tx, [post.id])).get(post.id, [])
    if len(known) >= MAX_PER_POST and (emoji.name, emoji.url) not in {(name, url) for name, url, _ in known}:
        return False
    if len(await reaction_queries.list_by_account(tx, actor.id, [post.id])) >= MAX_PER_ACCOUNT:
        return False
    await likes.record(tx, actor, post, uri)
    row = PostReactionRow(tx.new_id(), actor.id, post.id, emoji.name, emoji.url, uri, tx.now)
    if await reaction_queries.insert(tx, row):
        await likes.broadcast_change(tx, post)
    return True


async def _remove(tx: Tx, row: PostReactionRow, post: PostRow) -> None:
    await reaction_queries.delete_by_id(tx, row.id)
    await likes.broadcast_change(tx, post)
    like = await like_queries.find_like(tx, row.account_id, post.id)
    if like is not None and like.uri == row.uri:
        await likes.remove(tx, like, post)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, post_uri: str | None, name: str) -> bool:
    """Undo the reaction of a peer's account, by URI or emoji; return False if there is none."""
    target = await post_queries.find_by_uri(tx, post_uri) if post_uri is not None and name else None
    row = await reaction_queries.find_by_uri(tx, uri) if uri else None
    if target is not None and (row is None or row.post_id != target.id):
        reactions = await reaction_queries.list_by_account(tx, actor.id, [target.id])
        row = next((reaction for reaction in reactions if reaction.name == name), None)
    # guard: reactions taken back by others @last
    if row is None or row.account_id != actor.id:
        return False
    post = await post_queries.find(tx, row.post_id)
    if post is not None:
        await _remove(tx, row, post)
    return True
