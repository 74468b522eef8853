"""Posts of peers that nobody here has anything to do with, to be deleted after a time.

A post is in use if its author is followed from here, or if a member or moderator did something with it or is
named in it. So is what another post quotes or boosts: a later pass takes it, once that one is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from storage.engine import ReadTx, Tx
from storage.statements import one_of
from storage.tables.accounts import accounts
from storage.tables.audit_log import act_posts
from storage.tables.content import media
from storage.tables.moderation import reports
from storage.tables.notifications import conversation_posts, notifications
from storage.tables.posts import (
    likes,
    mentions,
    originals,
    pins,
    poll_votes,
    posts,
    quotes,
    reactions,
    refreshes,
    uri_aliases,
)
from storage.tables.relationships import follow_requests, follows
from storage.tables.timelines import bookmarks, filter_posts, trend_reviews

# Any row of these keeps a post.
_KEEPING = (bookmarks, pins, notifications, conversation_posts, filter_posts, act_posts)
_before = bindparam("before", type_=BigInteger())  # ms UTC: what was touched since is in use
_other = posts.alias()


def _exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(*conditions))


def _has_local(table: Table) -> ColumnElement[bool]:
    """Return the condition that a member did something with the post, or is named in it."""
    return _exists(
        table.c.post_id == posts.c.id, accounts.c.id == table.c.account_id, accounts.c.domain == ""
    )


_is_followed = or_(
    _exists(follows.c.target_id == posts.c.account_id),
    _exists(follow_requests.c.target_id == posts.c.account_id),
)
_is_touched = or_(
    func.coalesce(posts.c.edited_at, 0) >= _before,
    _exists(originals.c.uri == posts.c.uri, originals.c.at >= _before),
    _exists(refreshes.c.post_id == posts.c.id, refreshes.c.started_at >= _before),
)
_is_used = or_(
    _is_touched,
    _is_followed,
    *(_has_local(table) for table in (likes, reactions, poll_votes, mentions)),
    *(_exists(table.c.post_id == posts.c.id) for table in _KEEPING),
    # Every boost of it, and posts of members in its thread.
    _exists(_other.c.boost_of_id == posts.c.id),
    _exists(_other.c.thread_id == posts.c.thread_id, _other.c.local),
    _exists(_other.c.id == posts.c.boost_of_id, _other.c.local),
    _exists(quotes.c.quoted_id == posts.c.id),
    _exists(quotes.c.post_id == posts.c.id, _other.c.id == quotes.c.quoted_id, _other.c.local),
    _exists(reports.c.target_id == posts.c.account_id),
    _exists(trend_reviews.c.kind == "post", trend_reviews.c.subject == posts.c.uri),
)
LIST_REMOTE = (
    select(posts.c.id)
    .where(posts.c.id > bindparam("after_id"), posts.c.id < bindparam("before_id"), ~posts.c.local)
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)
LIST_UNUSED = select(posts.c.id).where(one_of(posts.c.id, "ids"), ~posts.c.local, ~_is_used)


def _subtract(name: str, table: Any, column: Any, *conditions: ColumnElement[bool]) -> Any:
    """Return the statement that takes posts that are deleted off a count of those that `column` names."""
    deleted = and_(one_of(table.c.id if table is _other else table.c.post_id, "ids"), *conditions)
    count = select(func.count()).where(deleted, column == posts.c.id).scalar_subquery()
    return (
        update(posts)
        .where(posts.c.id.in_(select(column).where(deleted, column.is_not(None))))
        .values({name: case((posts.c[name] > count, posts.c[name] - count), else_=0)})
    )


SUBTRACT_COUNTS = (
    _subtract("replies_count", _other, _other.c.in_reply_to_id, _other.c.state == "published"),
    _subtract("boosts_count", _other, _other.c.boost_of_id),
    _subtract("quotes_count", quotes, quotes.c.quoted_id, quotes.c.state == "accepted"),
)
_deleted = one_of(posts.c.id, "ids")
DELETE_TRACES = (
    delete(media).where(one_of(media.c.post_id, "ids")),
    delete(originals).where(originals.c.uri.in_(select(posts.c.uri).where(_deleted))),
    delete(uri_aliases).where(uri_aliases.c.kind == "post", one_of(uri_aliases.c.target_id, "ids")),
)
DELETE = delete(posts).where(_deleted)


async def list_remote(tx: ReadTx, after_id: int, before_id: int, limit: int) -> list[int]:
    """Return the next posts and boosts of peers, oldest first."""
    return await tx.values(LIST_REMOTE, after_id=after_id, before_id=before_id, limit=limit)


async def list_unused(tx: ReadTx, ids: Sequence[int], before: int) -> list[int]:
    """Return those of the posts that nobody here uses and no peer has changed since `before` (ms UTC)."""
    return await tx.values(LIST_UNUSED, ids=list(ids), before=before)


async def delete_many(tx: Tx, ids: Sequence[int]) -> None:
    """Delete posts with their traces, without tombstones. Their files are cached: those end by themselves."""
    for statement in (*SUBTRACT_COUNTS, *DELETE_TRACES, DELETE):
        await tx.run(statement, ids=list(ids))
