"""Full-text search over posts: who may find what.

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

from storage.engine import Page, ReadTx
from storage.queries.accounts.hidden import is_not_hidden
from storage.search import DialectStatement, EntryIn, SearchMatch, SearchTerm, build_search_params
from storage.tables.accounts import accounts
from storage.tables.content import post_words
from storage.tables.posts import likes, mentions, poll_votes, posts
from storage.tables.relationships import follows
from storage.tables.timelines import bookmarks

# Which plan is good depends on how common the words are: PostgreSQL shall look at them each time.
USE_CUSTOM_PLANS, USE_AUTO_PLANS = (
    DialectStatement(
        sqlite=text("SELECT 1"), postgresql=text(f"SELECT set_config('plan_cache_mode', '{mode}', false)")
    )
    for mode in ("force_custom_plan", "auto")
)
_viewer: ColumnElement[int] = bindparam("viewer_id")
_own = accounts.c.id == _viewer
_followed = exists(
    select(literal(1)).where(follows.c.account_id == _viewer, follows.c.target_id == posts.c.account_id)
)


def _build_search(inside: ColumnElement[bool], outside: ColumnElement[bool], *, upwards: bool) -> Select[Any]:
    """Entries first, as many as a window takes, then their posts: so no more is read than must be."""
    order = asc if upwards else desc
    entries = (
        select(post_words.c.rowid)
        .where(
            SearchMatch(),
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
            or_(_own, is_not_hidden(posts.c.account_id)),
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
SEARCH_PUBLIC = {up: _build_search(true(), _consented, upwards=up) for up in (False, True)}
SEARCH_LIBRARY = {up: _build_search(EntryIn(_library), true(), upwards=up) for up in (False, True)}
# How many entries are looked at for a page: some posts in it may be hidden from the viewer.
MIN_WINDOW, WINDOW_FACTOR = 500, 5


@asynccontextmanager
async def use_custom_plans(tx: ReadTx) -> AsyncIterator[None]:
    """Plan the searches inside for their own words."""
    await tx.one(USE_CUSTOM_PLANS)
    try:
        yield
    finally:
        await tx.one(USE_AUTO_PLANS)


async def search_posts(
    tx: ReadTx, terms: Sequence[SearchTerm], viewer_id: int, page: Page, *, library: bool
) -> list[int]:
    """Ids of posts that the viewer may find, newest first: in the own library, or of those who consent."""
    statement = (SEARCH_LIBRARY if library else SEARCH_PUBLIC)[page.is_upwards]
    window = max(MIN_WINDOW, WINDOW_FACTOR * page.limit)
    params = {**build_search_params(terms), "viewer_id": viewer_id, "now": tx.now, "window": window}
    return sorted(await tx.values(statement, **params, **page.bind_params()), reverse=True)
