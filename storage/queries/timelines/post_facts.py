"""Relations of one viewer, or of each of many, to posts and their authors, loaded in one statement.

Each row is a kind and an id: of a post (liked, boosted, …) or of an account (follows, blocks, …).
What decides whether a single post may be seen is loaded with the post itself (`find_access`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, exists, literal_column, or_, select, true, union_all

from storage.engine import ReadTx
from storage.queries.accounts.hidden import covers
from storage.rows.posts import PostAccessRow, PostAuthorRow, PostRow
from storage.statements import columns_of, one_of
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
NO_BOOSTS = "follows_without_boosts"
_KINDS: tuple[tuple[Any, Any, Any, Any], ...] = (
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
    (
        # Who follows without boosts also follows: one row says both, without a further branch.
        case((follows.c.shows_boosts, literal_column("'follows'")), else_=literal_column(f"'{NO_BOOSTS}'")),
        follows.c.target_id,
        follows.c.account_id,
        _matches_authors(follows.c.target_id),
    ),
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
        and_(_matches_authors(accounts.c.id), covers(accounts)),
    ),
)


def _kind_column(kind: Any) -> Any:
    column: Any = literal_column(f"'{kind}'") if isinstance(kind, str) else kind
    return column.label("kind")


LOAD_FOR_VIEWER = union_all(
    select(_kind_column("ours"), accounts.c.id.label("id")).where(
        accounts.c.id == _viewer, accounts.c.domain == ""
    ),
    *(
        select(_kind_column(kind), column.label("id")).where(viewer == _viewer, condition)
        for kind, column, viewer, condition in _KINDS
    ),
)
LOAD_FOR_VIEWERS = union_all(
    *(
        select(viewer.label("viewer_id"), _kind_column(kind), column.label("id")).where(
            one_of(viewer, "viewer_ids"), condition
        )
        for kind, column, viewer, condition in _KINDS
    )
)

# The columns of `PostAuthorRow`: limits of the author, then relations of the viewer to author and post.
_post, _original = posts.alias("post"), posts.alias("original")
_author, _original_author = accounts.alias("author"), accounts.alias("original_author")
_viewer_account = accounts.alias("viewer")


def _author_columns(post: Any, author: Any) -> list[Any]:
    """Return the columns of a `PostAuthorRow`, in its order; all false without a viewer (NULL)."""
    follows_author = exists().where(follows.c.account_id == _viewer, follows.c.target_id == author.c.id)
    is_mentioned = exists().where(mentions.c.account_id == _viewer, mentions.c.post_id == post.c.id)
    blocks_author = exists().where(blocks.c.account_id == _viewer, blocks.c.target_id == author.c.id)
    is_blocked = exists().where(blocks.c.account_id == author.c.id, blocks.c.target_id == _viewer)
    mutes_author = exists().where(
        mutes.c.account_id == _viewer,
        mutes.c.target_id == author.c.id,
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > _now),
    )
    mutes_domain = exists().where(domain_mutes.c.account_id == _viewer, covers(author))
    return [
        author.c.suspended_at,
        author.c.deleted_at,
        follows_author,
        is_mentioned,
        blocks_author,
        is_blocked,
        or_(mutes_author, mutes_domain),
    ]


_POST_WIDTH, _AUTHOR_WIDTH = len(PostRow.__struct_fields__), len(PostAuthorRow.__struct_fields__)
FIND_ACCESS = (
    select(
        _viewer_account.c.domain,
        *columns_of(_post, PostRow),
        *_author_columns(_post, _author),
        *columns_of(_original, PostRow),
        *_author_columns(_original, _original_author),
    )
    .select_from(
        _post.join(_author, _author.c.id == _post.c.account_id)
        .outerjoin(_original, _original.c.id == _post.c.boost_of_id)
        .outerjoin(_original_author, _original_author.c.id == _original.c.account_id)
        .outerjoin(_viewer_account, _viewer_account.c.id == _viewer)
    )
    .where(_post.c.id == bindparam("post_id"))
)


async def find_access(tx: ReadTx, post_id: int, viewer_id: int | None) -> PostAccessRow | None:
    """Return a post, what it boosts, and all that decides whether the viewer may see them.

    Returns None if there is no such post.
    """
    record = await tx.one(FIND_ACCESS, post_id=post_id, viewer_id=viewer_id, now=tx.now)
    if record is None:
        return None
    domain, rest = record[0], record[1:]
    half = _POST_WIDTH + _AUTHOR_WIDTH
    post, author = PostRow(*rest[:_POST_WIDTH]), PostAuthorRow(*rest[_POST_WIDTH:half])
    if rest[half] is None:  # the id of what it boosts
        return PostAccessRow(domain, post, author, None, None)
    original = PostRow(*rest[half : half + _POST_WIDTH])
    return PostAccessRow(domain, post, author, original, PostAuthorRow(*rest[half + _POST_WIDTH :]))


async def load_for_viewer(
    tx: ReadTx, viewer_id: int, post_ids: Sequence[int], thread_ids: Sequence[int], author_ids: Sequence[int]
) -> dict[str, set[int]]:
    """Return for each kind of fact the ids for which it holds; kinds without any are missing."""
    ids_by_kind: dict[str, set[int]] = {}
    for kind, subject_id in await tx.all(
        LOAD_FOR_VIEWER,
        viewer_id=viewer_id,
        post_ids=list(post_ids),
        thread_ids=list(thread_ids),
        author_ids=list(author_ids),
        now=tx.now,
    ):
        ids_by_kind.setdefault(kind, set()).add(subject_id)
    if NO_BOOSTS in ids_by_kind:
        ids_by_kind.setdefault("follows", set()).update(ids_by_kind[NO_BOOSTS])
    return ids_by_kind


async def load_for_viewers(
    tx: ReadTx,
    viewer_ids: Sequence[int],
    post_ids: Sequence[int],
    thread_ids: Sequence[int],
    author_ids: Sequence[int],
) -> dict[int, set[tuple[str, int]]]:
    """Return kinds and ids by viewer; viewers without any are missing."""
    facts_by_viewer: dict[int, set[tuple[str, int]]] = {}
    for viewer_id, kind, subject_id in await tx.all(
        LOAD_FOR_VIEWERS,
        viewer_ids=list(viewer_ids),
        post_ids=list(post_ids),
        thread_ids=list(thread_ids),
        author_ids=list(author_ids),
        now=tx.now,
    ):
        facts = facts_by_viewer.setdefault(viewer_id, set())
        facts.add((kind, subject_id))
        if kind == NO_BOOSTS:
            facts.add(("follows", subject_id))
    return facts_by_viewer
