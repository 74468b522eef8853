"""Quotes: which post quotes which, and whether its author consented.

A quote is shown with the quoting post, so every change increments the version of that post.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import bind_viewer, is_not_hidden
from storage.rows.posts import QuoteRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.posts import posts, quotes

COLUMNS = columns_of(quotes, QuoteRow)
_upsert = upsert(quotes)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["post_id"],
    set_={
        name: _upsert.excluded[name]
        for name in (
            "quoted_id", "quoted_account_id", "quoted_uri", "quoted_url", "state", "legacy", "request_uri",
            "authorization_uri",
        )
    },
)  # fmt: skip
FIND_BY_POST = select(*COLUMNS).where(quotes.c.post_id == bindparam("post_id"))
_outer, _middle = quotes.alias(), quotes.alias()
# The quotes of posts, of the posts that they quote, and of those that are quoted there.
LOAD_CHAIN = select(*COLUMNS).where(
    or_(
        one_of(quotes.c.post_id, "ids"),
        quotes.c.post_id.in_(select(_outer.c.quoted_id).where(one_of(_outer.c.post_id, "ids"))),
        quotes.c.post_id.in_(
            select(_middle.c.quoted_id)
            .select_from(_outer.join(_middle, _middle.c.post_id == _outer.c.quoted_id))
            .where(one_of(_outer.c.post_id, "ids"))
        ),
    )
)
FIND_BY_REQUEST = select(*COLUMNS).where(quotes.c.request_uri == bindparam("uri"))
FIND_BY_AUTHORIZATION = select(*COLUMNS).where(quotes.c.authorization_uri == bindparam("uri"))
LIST_QUOTING_POSTS = PagedStatement(
    select(quotes.c.post_id).where(
        quotes.c.quoted_id == bindparam("quoted_id"),
        quotes.c.state == "accepted",
        is_not_hidden(quotes.c.account_id),
    ),
    quotes.c.post_id,
)
LIST_QUOTERS = select(quotes.c.post_id, quotes.c.account_id).where(
    quotes.c.quoted_id == bindparam("quoted_id"), quotes.c.state == "accepted"
)
DELETE_BY_POST = delete(quotes).where(quotes.c.post_id == bindparam("post_id"))
BUMP_VERSION = update(posts).where(posts.c.id == bindparam("b_id")).values(version=posts.c.version + 1)
_quoting_post_ids = select(quotes.c.post_id).where(quotes.c.quoted_id == bindparam("b_quoted_id"))
BUMP_QUOTING_VERSIONS = (
    update(posts).where(posts.c.id.in_(_quoting_post_ids)).values(version=posts.c.version + 1)
)
MARK_QUOTED_DELETED = (
    update(quotes).where(quotes.c.quoted_id == bindparam("b_quoted_id")).values(state="deleted")
)


async def upsert_quote(tx: Tx, row: QuoteRow) -> None:
    """Store what a post quotes, in place of its former quote."""
    await tx.run(UPSERT, **structs.asdict(row))
    await tx.run(BUMP_VERSION, b_id=row.post_id)


async def find_by_post(tx: ReadTx, post_id: int) -> QuoteRow | None:
    """Return the quote of a post."""
    return to_row_or_none(QuoteRow, await tx.one(FIND_BY_POST, post_id=post_id))


async def load_chain(tx: ReadTx, post_ids: Sequence[int]) -> dict[int, QuoteRow]:
    """Return quotes by quoting post: those of the posts, and two levels further."""
    return {row.post_id: row for row in to_rows(QuoteRow, await tx.all(LOAD_CHAIN, ids=list(post_ids)))}


async def find_by_request(tx: ReadTx, uri: str) -> QuoteRow | None:
    return to_row_or_none(QuoteRow, await tx.one(FIND_BY_REQUEST, uri=uri))


async def find_by_authorization(tx: ReadTx, uri: str) -> QuoteRow | None:
    return to_row_or_none(QuoteRow, await tx.one(FIND_BY_AUTHORIZATION, uri=uri))


async def list_quoting_posts(tx: ReadTx, quoted_id: int, viewer_id: int | None, page: Page) -> list[int]:
    """Return ids of posts that quote one with its author's consent, newest first.

    Those of authors who are hidden from the viewer are left out.
    """
    params = {"quoted_id": quoted_id, "viewer_id": bind_viewer(viewer_id), "now": tx.now}
    ids = await tx.values(LIST_QUOTING_POSTS.for_page(page), **params, **page.bind_params())
    return sorted(ids, reverse=True)


async def list_quoters(tx: ReadTx, quoted_id: int) -> list[tuple[int, int]]:
    """Return ids of posts that quote one with consent, and of their authors."""
    return [(row[0], row[1]) for row in await tx.all(LIST_QUOTERS, quoted_id=quoted_id)]


async def delete_by_post(tx: Tx, post_id: int) -> None:
    """Delete the quote of a post."""
    await tx.run(DELETE_BY_POST, post_id=post_id)
    await tx.run(BUMP_VERSION, b_id=post_id)


async def mark_quoted_deleted(tx: Tx, quoted_id: int) -> None:
    """Mark the quotes of a post that is about to be deleted."""
    await tx.run(BUMP_QUOTING_VERSIONS, b_quoted_id=quoted_id)
    await tx.run(MARK_QUOTED_DELETED, b_quoted_id=quoted_id)
