"""What one viewer, or each of many, has to do with posts and their authors: one statement for all of it.

Each row is a kind and an id: of a post (liked, boosted, …) or of an account (follows, blocks, …).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, literal_column, or_, select, true, union_all

from storage.engine import Tx
from storage.queries.accounts.hidden import covers
from storage.statements import one_of
from storage.tables.accounts import accounts
from storage.tables.posts import likes, mentions, pins, posts, reactions
from storage.tables.relationships import blocks, domain_mutes, follows, mutes, thread_mutes
from storage.tables.timelines import bookmarks, filters

_viewer = bindparam("viewer_id", type_=BigInteger())
_now = bindparam("now", type_=BigInteger())


def _matches_posts(column: Any) -> Any:
    return one_of(column, "post_ids")


def _matches_authors(column: Any) -> Any:
    return one_of(column, "author_ids")


# The kind, the column of the id, the column of the viewer, and what else must hold.
_KINDS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("filters", filters.c.id, filters.c.account_id, true()),
    ("liked", likes.c.post_id, likes.c.account_id, _matches_posts(likes.c.post_id)),
    ("reacted", reactions.c.post_id, reactions.c.account_id, _matches_posts(reactions.c.post_id)),
    ("boosted", posts.c.boost_of_id, posts.c.account_id, _matches_posts(posts.c.boost_of_id)),
    ("bookmarked", bookmarks.c.post_id, bookmarks.c.account_id, _matches_posts(bookmarks.c.post_id)),
    ("pinned", pins.c.post_id, pins.c.account_id, _matches_posts(pins.c.post_id)),
    ("mentioned", mentions.c.post_id, mentions.c.account_id, _matches_posts(mentions.c.post_id)),
    (
        "thread_muted",
        thread_mutes.c.thread_id,
        thread_mutes.c.account_id,
        one_of(thread_mutes.c.thread_id, "thread_ids"),
    ),
    ("follows", follows.c.target_id, follows.c.account_id, _matches_authors(follows.c.target_id)),
    (
        "mutes",
        mutes.c.target_id,
        mutes.c.account_id,
        and_(
            _matches_authors(mutes.c.target_id), or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > _now)
        ),
    ),
    ("blocks", blocks.c.target_id, blocks.c.account_id, _matches_authors(blocks.c.target_id)),
    ("blocked_by", blocks.c.account_id, blocks.c.target_id, _matches_authors(blocks.c.account_id)),
    (
        "domain_muted",
        accounts.c.id,
        domain_mutes.c.account_id,
        and_(_matches_authors(accounts.c.id), covers(accounts.c.domain)),
    ),
)


def _kind_column(word: str) -> Any:
    return literal_column(f"'{word}'").label("kind")


LOAD_FOR_VIEWER = union_all(
    select(_kind_column("ours"), accounts.c.id.label("id")).where(
        accounts.c.id == _viewer, accounts.c.domain == ""
    ),
    *(
        select(_kind_column(word), column.label("id")).where(viewer == _viewer, condition)
        for word, column, viewer, condition in _KINDS
    ),
)
LOAD_FOR_VIEWERS = union_all(
    *(
        select(viewer.label("viewer_id"), _kind_column(word), column.label("id")).where(
            one_of(viewer, "viewer_ids"), condition
        )
        for word, column, viewer, condition in _KINDS
    )
)


async def load_for_viewer(
    tx: Tx, viewer_id: int, post_ids: Sequence[int], thread_ids: Sequence[int], author_ids: Sequence[int]
) -> dict[str, set[int]]:
    """Kinds of fact, each with the ids for which it holds; kinds without any are missing."""
    found: dict[str, set[int]] = {}
    for kind, identifier in await tx.all(
        LOAD_FOR_VIEWER,
        viewer_id=viewer_id,
        post_ids=list(post_ids),
        thread_ids=list(thread_ids),
        author_ids=list(author_ids),
        now=tx.now,
    ):
        found.setdefault(kind, set()).add(identifier)
    return found


async def load_for_viewers(
    tx: Tx,
    viewer_ids: Sequence[int],
    post_ids: Sequence[int],
    thread_ids: Sequence[int],
    author_ids: Sequence[int],
) -> dict[int, set[tuple[str, int]]]:
    """The facts of many accounts of ours, as kinds and ids; who has none is missing."""
    found: dict[int, set[tuple[str, int]]] = {}
    for viewer_id, kind, identifier in await tx.all(
        LOAD_FOR_VIEWERS,
        viewer_ids=list(viewer_ids),
        post_ids=list(post_ids),
        thread_ids=list(thread_ids),
        author_ids=list(author_ids),
        now=tx.now,
    ):
        found.setdefault(viewer_id, set()).add((kind, identifier))
    return found
