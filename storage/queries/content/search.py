"""Full-text search over posts: what is written into the index, and who may find what.

There are two searches: over public posts of accounts that let everybody search theirs, and over the viewer's
*library*, which is the own posts and those that the viewer liked, boosted, bookmarked, voted in or is
mentioned in.
Results come newest first, so a search can stop as soon as a page is full.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    asc,
    bindparam,
    desc,
    exists,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)

from storage.engine import Tx
from storage.paging import Page
from storage.queries.accounts.hidden import not_hidden
from storage.rows.posts import PostRow
from storage.search import SearchTerm, WordsRow, by_dialect, entry_params, found_among, matches, search_params
from storage.statements import columns_of, one_of, rows
from storage.tables.accounts import accounts
from storage.tables.content import post_words
from storage.tables.posts import likes, mentions, poll_votes, posts
from storage.tables.relationships import follows
from storage.tables.timelines import bookmarks

PUT = by_dialect(
    sqlite=text("INSERT OR REPLACE INTO post_words (rowid, words, facts) VALUES (:id, :words, :facts)"),
    postgresql=text(
        "INSERT INTO post_words (rowid, words) VALUES (:id, CAST(:vector AS tsvector)) "
        "ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
    ),
)
# Which plan is good depends on how common the words are: PostgreSQL shall look at them each time.
PLAN_ANEW, PLAN_AS_USUAL = (
    by_dialect(
        sqlite=text("SELECT 1"), postgresql=text(f"SELECT set_config('plan_cache_mode', '{mode}', false)")
    )
    for mode in ("force_custom_plan", "auto")
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


def _search(inside: ColumnElement[bool], outside: ColumnElement[bool], *, upwards: bool) -> Select[Any]:
    """Entries first, as many as a window takes, then their posts: so no more is read than must be."""
    order = asc if upwards else desc
    entries = (
        select(post_words.c.rowid)
        .where(
            matches(),
            inside,
            post_words.c.rowid < bindparam("page_max"),
            post_words.c.rowid > bindparam("page_low"),
        )
        .order_by(order(post_words.c.rowid))
        .limit(bindparam("window"))
        .subquery()
    )
    return (
        select(entries.c.rowid)
        .select_from(
            entries.join(posts, posts.c.id == entries.c.rowid).join(
                accounts, accounts.c.id == posts.c.account_id
            )
        )
        .where(
            outside,
            posts.c.state == "published",
            accounts.c.suspended_at.is_(None),
            accounts.c.deleted_at.is_(None),
            or_(_own, accounts.c.silenced_at.is_(None), _followed),
            or_(_own, not_hidden(posts.c.account_id)),
        )
        .order_by(order(entries.c.rowid))
        .limit(bindparam("page_limit"))
    )


_library = union_all(
    select(posts.c.id).where(posts.c.account_id == _viewer, posts.c.boost_of_id.is_(None)),
    select(likes.c.post_id).where(likes.c.account_id == _viewer),
    select(bookmarks.c.post_id).where(bookmarks.c.account_id == _viewer),
    select(mentions.c.post_id).where(mentions.c.account_id == _viewer),
    select(poll_votes.c.post_id).where(poll_votes.c.account_id == _viewer),
    select(posts.c.boost_of_id).where(posts.c.account_id == _viewer, posts.c.boost_of_id.is_not(None)),
)
_consented = and_(posts.c.visibility == "public", accounts.c.indexable)
PUBLIC = {up: _search(true(), _consented, upwards=up) for up in (False, True)}
LIBRARY = {up: _search(found_among(_library), true(), upwards=up) for up in (False, True)}
# How many entries are looked at for a page: some posts in it may be hidden from the viewer.
LEAST_WINDOW, WINDOW = 500, 5


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


@asynccontextmanager
async def planned(tx: Tx) -> AsyncIterator[None]:
    """The searches inside are planned for their words."""
    await tx.one(PLAN_ANEW)
    try:
        yield
    finally:
        await tx.one(PLAN_AS_USUAL)


async def posts_with(
    tx: Tx, terms: Sequence[SearchTerm], viewer_id: int, page: Page, *, library: bool
) -> list[int]:
    """Ids of posts that the viewer may find, newest first: in the own library, or of those who consent."""
    statement = (LIBRARY if library else PUBLIC)[page.upwards]
    window = max(LEAST_WINDOW, WINDOW * page.limit)
    params = {**search_params(terms), "viewer_id": viewer_id, "now": tx.now, "window": window}
    return sorted(await tx.values(statement, **params, **page.params()), reverse=True)
