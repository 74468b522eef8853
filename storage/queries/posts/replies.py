"""The public replies to posts, and the posts of a thread, as peers read them: by id, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, or_, select

from storage.engine import ReadTx
from storage.statements import one_of
from storage.tables.posts import posts

PUBLIC = or_(posts.c.visibility == "public", posts.c.visibility == "unlisted")
_parents = posts.alias()
_published = (posts.c.state == "published", posts.c.boost_of_id.is_(None))
_list_replies = (
    select(posts.c.id)
    .where(
        posts.c.in_reply_to_id == bindparam("post_id"),
        posts.c.id > bindparam("after"),
        PUBLIC,
        *_published,
    )
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)
LIST_REPLIES = {
    True: _list_replies.where(posts.c.account_id == bindparam("author_id")),
    False: _list_replies.where(posts.c.account_id != bindparam("author_id")),
}
LIST_THREAD_PAGE = (
    select(posts.c.id)
    .where(posts.c.thread_id == bindparam("thread_id"), posts.c.id > bindparam("after"), *_published)
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)
# Numbered within each post, as one post may have thousands and the others are not to be crowded out.
_numbered = (
    select(
        posts.c.in_reply_to_id,
        posts.c.id,
        posts.c.uri,
        func.row_number().over(partition_by=posts.c.in_reply_to_id, order_by=posts.c.id).label("position"),
    )
    .join(_parents, _parents.c.id == posts.c.in_reply_to_id)
    .where(
        one_of(posts.c.in_reply_to_id, "post_ids"),
        posts.c.account_id == _parents.c.account_id,
        PUBLIC,
        *_published,
    )
    .subquery()
)
LOAD_SELF_REPLIES = (
    select(_numbered.c.in_reply_to_id, _numbered.c.id, _numbered.c.uri)
    .where(_numbered.c.position <= bindparam("limit"))
    .order_by(_numbered.c.id)
)


async def list_ids(
    tx: ReadTx, post_id: int, author_id: int, *, own: bool, after: int, limit: int
) -> list[int]:
    """Return ids of public replies to a post of `author_id`: its author's `own`, or those of others."""
    return await tx.values(LIST_REPLIES[own], post_id=post_id, author_id=author_id, after=after, limit=limit)


async def list_thread_page(tx: ReadTx, thread_id: int, after: int, limit: int) -> list[int]:
    """Return ids in a thread after one of them. The caller checks who may see them."""
    return await tx.values(LIST_THREAD_PAGE, thread_id=thread_id, after=after, limit=limit)


async def load_self_replies(
    tx: ReadTx, post_ids: Sequence[int], limit: int
) -> dict[int, list[tuple[int, str]]]:
    """Return id and URI of the first public replies of authors to their own posts, by the post."""
    replies: dict[int, list[tuple[int, str]]] = {}
    for post_id, reply_id, uri in await tx.all(LOAD_SELF_REPLIES, post_ids=list(post_ids), limit=limit):
        replies.setdefault(post_id, []).append((reply_id, uri))
    return replies
