"""Emoji with which people like posts: each person several, and one like for all of them.

What a peer sends is an emoji, or the shortcode of a picture that lies there; ours are emoji, or pictures of
this node.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site, check_not_moved
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.posts import likes
from fedserver.text.emoji import is_emoji
from storage.engine import Tx
from storage.queries.content import media as media_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import reactions as reaction_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostReactionRow, PostRow

MOST_OF_ONE = 8  # emoji of one person at one post
MOST = 50  # different emoji at one post; what comes after them is a like


class Emoji(Struct, frozen=True):
    """A character, or the shortcode of a picture at `url`."""

    name: str
    url: str = ""


async def react(tx: Tx, site: Site, actor: AccountRow, post_id: int, name: str) -> PostRow:
    """React with an emoji, or the shortcode of one of this node; the post. Again changes nothing.

    Raises NotFound, Forbidden, Invalid for what is not an emoji or would be too many.
    """
    check_not_moved(actor)
    emoji = await _own(tx, site, name)
    post = await likes.likeable(tx, actor, post_id)
    mine = await reaction_queries.of_account(tx, actor.id, [post.id])
    if emoji.name in {each.name for each in mine}:
        return post
    uri = site.links.act(actor.uri, "likes", tx.new_id())
    if not await _keep(tx, actor, post, uri, emoji):
        raise Invalid("emoji", "would be more reactions than a post can have")
    if not post.local:
        await jobs.owe(tx, jobs.Like(actor.id, uri, post.id, emoji.name, emoji.url))
    return post


async def unreact(tx: Tx, actor: AccountRow, post_id: int, name: str) -> PostRow:
    """Take a reaction back; the post. Nothing happens if there is none. Raises NotFound."""
    post = await likes.visible(tx, actor, post_id)
    for row in await reaction_queries.of_account(tx, actor.id, [post.id]):
        if row.name != name.strip(":"):
            continue
        await _remove(tx, row, post)
        if not post.local:
            task = jobs.UndoLike(actor.id, row.uri, post.uri, post.account_id, row.name, row.url)
            await jobs.owe(tx, task)
    return post


async def _own(tx: Tx, site: Site, name: str) -> Emoji:
    if is_emoji(name):
        return Emoji(name)
    shortcode = name.strip(":")
    known = await media_queries.emojis_named(tx, [shortcode])
    if shortcode not in known:
        raise Invalid("emoji", "is not a recognized emoji")
    return Emoji(shortcode, site.links.media(known[shortcode].file_key))


async def receive(tx: Tx, actor: AccountRow, uri: str, post: PostRow, emoji: Emoji) -> bool:
    """A peer's account reacts to `post`, which is a like too; False if it can be nothing but a like."""
    if not emoji.url and not is_emoji(emoji.name):
        return False
    if not await likes.may_like(tx, post, actor):
        return True
    return await _keep(tx, actor, post, uri, emoji)


async def _keep(tx: Tx, actor: AccountRow, post: PostRow, uri: str, emoji: Emoji) -> bool:
    known = (await reaction_queries.counts(tx, [post.id])).get(post.id, [])
    if len(known) >= MOST and (emoji.name, emoji.url) not in {(name, url) for name, url, _ in known}:
        return False
    if len(await reaction_queries.of_account(tx, actor.id, [post.id])) >= MOST_OF_ONE:
        return False
    await likes.keep(tx, actor, post, uri)
    row = PostReactionRow(tx.new_id(), actor.id, post.id, emoji.name, emoji.url, uri, tx.now)
    if await reaction_queries.add(tx, row):
        await likes.changed(tx, post)
    return True


async def _remove(tx: Tx, row: PostReactionRow, post: PostRow) -> None:
    await reaction_queries.remove(tx, row.id)
    await likes.changed(tx, post)
    like = await like_queries.like(tx, row.account_id, post.id)
    if like is not None and like.uri == row.uri:
        await likes.remove(tx, like, post)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, post_uri: str | None, name: str) -> bool:
    """A peer's account takes a reaction back, by its URI or by its emoji; False if there is none."""
    row = await reaction_queries.by_uri(tx, uri) if uri else None
    if row is None and post_uri is not None and name:
        found = await post_queries.by_uri(tx, post_uri)
        mine = await reaction_queries.of_account(tx, actor.id, [found.id]) if found else []
        row = next((each for each in mine if each.name == name), None)
    # guard: reactions taken back by others @last
    if row is None or row.account_id != actor.id:
        return False
    post = await post_queries.by_id(tx, row.post_id)
    if post is not None:
        await _remove(tx, row, post)
    return True
