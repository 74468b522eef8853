"""Full-text search over posts: what is written into the index, and who may find what.

There are two searches: over public posts of accounts that let everybody search theirs, and over the viewer's
*library*, which is the own posts and those that the viewer liked, boosted, bookmarked or is mentioned in.
Results come newest first, so a search can stop as soon as a page is full.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, exists, literal, or_, select, text, union_all

from storage.queries.hidden import not_hidden
from storage.rows import PostRow
from storage.schema.tables import accounts, bookmarks, follows, likes, mentions, post_words, posts
from storage.search import SearchTerm, WordsRow, by_dialect, entry_params, found_id, matches, search_params
from storage.statements import Page, Paged, Tx, columns_of, one_of, rows

PUT = by_dialect(
    sqlite=text("INSERT OR REPLACE INTO post_words (rowid, words, facts) VALUES (:id, :words, :facts)"),
    postgresql=text(
        "INSERT INTO post_words (rowid, words) VALUES (:id, CAST(:vector AS tsvector)) "
        "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
    ),
)
CONSENTING = select(accounts.c.id).where(one_of(accounts.c.id, "ids"), accounts.c.indexable)
_indexed = select(*columns_of(posts, PostRow)).where(
    posts.c.state == "published", posts.c.boost_of_id.is_(None), posts.c.id < bindparam("before_id")
)
TO_INDEX = _indexed.order_by(posts.c.id.desc()).limit(bindparam("limit"))
TO_INDEX_OF = (
    _indexed.where(posts.c.account_id == bindparam("account_id"))
    .order_by(posts.c.id.desc())
    .limit(bindparam("limit"))
)

_viewer: ColumnElement[int] = bindparam("viewer_id")
_own = accounts.c.id == _viewer
_followed = exists(
    select(literal(1)).where(follows.c.account_id == _viewer, follows.c.target_id == posts.c.account_id)
)
_found = (
    select(post_words.c.rowid)
    .select_from(
        post_words.join(posts, posts.c.id == found_id()).join(accounts, accounts.c.id == posts.c.account_id)
    )
    .where(
        matches(),
        posts.c.state == "published",
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        or_(_own, accounts.c.silenced_at.is_(None), _followed),
        or_(_own, not_hidden(posts.c.account_id)),
    )
)
PUBLIC = Paged(
    _found.where(posts.c.visibility == "public", accounts.c.indexable),
    post_words.c.rowid,
)
_mine = posts.alias()
_library = union_all(
    select(_mine.c.id).where(_mine.c.account_id == _viewer, _mine.c.boost_of_id.is_(None)),
    select(likes.c.post_id).where(likes.c.account_id == _viewer),
    select(bookmarks.c.post_id).where(bookmarks.c.account_id == _viewer),
    select(mentions.c.post_id).where(mentions.c.account_id == _viewer),
    select(_mine.c.boost_of_id).where(_mine.c.account_id == _viewer, _mine.c.boost_of_id.is_not(None)),
)
LIBRARY = Paged(_found.where(found_id().in_(_library)), post_words.c.rowid)


async def put(tx: Tx, entries: Sequence[WordsRow]) -> None:
    """Write what search knows of posts, in place of what it knew."""
    await tx.run_many(PUT, [entry_params(each) for each in entries])


async def consenting(tx: Tx, account_ids: Sequence[int]) -> set[int]:
    """Those of the accounts that let everybody search their public posts."""
    return set(await tx.values(CONSENTING, ids=list(account_ids)))


async def to_index(tx: Tx, account_id: int | None, before_id: int, limit: int) -> list[PostRow]:
    """Published posts of one account or of all, from the newest below an id."""
    if account_id is None:
        return rows(PostRow, await tx.all(TO_INDEX, before_id=before_id, limit=limit))
    found = await tx.all(TO_INDEX_OF, account_id=account_id, before_id=before_id, limit=limit)
    return rows(PostRow, found)


async def posts_with(
    tx: Tx, terms: Sequence[SearchTerm], viewer_id: int, page: Page, *, library: bool
) -> list[int]:
    """Ids of posts that the viewer may find, newest first: in the own library, or of those who consent."""
    statement = (LIBRARY if library else PUBLIC).towards(page)
    params = {**search_params(terms), "viewer_id": viewer_id, "now": tx.now}
    return sorted(await tx.values(statement, **params, **page.params()), reverse=True)
