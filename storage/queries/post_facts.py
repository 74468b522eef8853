"""What one viewer has to do with posts and their authors: one statement for a whole page.

Each row is a kind and an id: of a post (liked, boosted, …) or of an account (follows, blocks, …).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, literal_column, or_, select, union_all

from storage.queries.domain_mutes import covers
from storage.schema.tables import (
    accounts,
    blocks,
    bookmarks,
    domain_mutes,
    filters,
    follows,
    likes,
    mentions,
    mutes,
    pins,
    posts,
    thread_mutes,
)
from storage.statements import Tx, one_of

_viewer = bindparam("viewer_id", type_=BigInteger())


def _fact(kind: str, column: Any, *conditions: Any) -> Any:
    return select(literal_column(f"'{kind}'").label("kind"), column.label("id")).where(*conditions)


FACTS = union_all(
    _fact("filters", filters.c.id, filters.c.account_id == _viewer),
    _fact("ours", accounts.c.id, accounts.c.id == _viewer, accounts.c.domain == ""),
    _fact("liked", likes.c.post_id, likes.c.account_id == _viewer, one_of(likes.c.post_id, "post_ids")),
    _fact(
        "boosted", posts.c.boost_of_id, posts.c.account_id == _viewer, one_of(posts.c.boost_of_id, "post_ids")
    ),
    _fact(
        "bookmarked",
        bookmarks.c.post_id,
        bookmarks.c.account_id == _viewer,
        one_of(bookmarks.c.post_id, "post_ids"),
    ),
    _fact("pinned", pins.c.post_id, pins.c.account_id == _viewer, one_of(pins.c.post_id, "post_ids")),
    _fact(
        "mentioned",
        mentions.c.post_id,
        mentions.c.account_id == _viewer,
        one_of(mentions.c.post_id, "post_ids"),
    ),
    _fact(
        "thread_muted",
        thread_mutes.c.thread_id,
        thread_mutes.c.account_id == _viewer,
        one_of(thread_mutes.c.thread_id, "thread_ids"),
    ),
    _fact(
        "follows",
        follows.c.target_id,
        follows.c.account_id == _viewer,
        one_of(follows.c.target_id, "author_ids"),
    ),
    _fact(
        "mutes",
        mutes.c.target_id,
        mutes.c.account_id == _viewer,
        one_of(mutes.c.target_id, "author_ids"),
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now", type_=BigInteger())),
    ),
    _fact(
        "blocks", blocks.c.target_id, blocks.c.account_id == _viewer, one_of(blocks.c.target_id, "author_ids")
    ),
    _fact(
        "blocked_by",
        blocks.c.account_id,
        blocks.c.target_id == _viewer,
        one_of(blocks.c.account_id, "author_ids"),
    ),
    _fact(
        "domain_muted",
        accounts.c.id,
        one_of(accounts.c.id, "author_ids"),
        exists(
            select(literal_column("1")).where(domain_mutes.c.account_id == _viewer, covers(accounts.c.domain))
        ),
    ),
)


async def of_viewer(
    tx: Tx, viewer_id: int, post_ids: Sequence[int], thread_ids: Sequence[int], author_ids: Sequence[int]
) -> dict[str, set[int]]:
    """Kinds of fact, each with the ids for which it holds; kinds without any are missing."""
    found: dict[str, set[int]] = {}
    for kind, identifier in await tx.all(
        FACTS,
        viewer_id=viewer_id,
        post_ids=list(post_ids),
        thread_ids=list(thread_ids),
        author_ids=list(author_ids),
        now=tx.now,
    ):
        found.setdefault(kind, set()).add(identifier)
    return found
