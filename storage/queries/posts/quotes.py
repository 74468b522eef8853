"""Quotes: which post shows which, and whether it may. Whatever changes here is shown with the quoting post,
so its version grows with it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, or_, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.posts import QuoteRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.posts import posts, quotes

COLUMNS = columns_of(quotes, QuoteRow)
_put = upsert(quotes)
PUT = _put.on_conflict_do_update(
    index_elements=["post_id"],
    set_={
        name: _put.excluded[name]
        for name in (
            "quoted_id", "quoted_account_id", "quoted_uri", "quoted_url", "state", "legacy", "request_uri",
            "authorization_uri",
        )
    },
)  # fmt: skip
OF_POST = select(*COLUMNS).where(quotes.c.post_id == bindparam("post_id"))
_outer, _middle = quotes.alias(), quotes.alias()
# Of posts, of those that these quote, and of those that are quoted there.
CHAIN = select(*COLUMNS).where(
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
BY_REQUEST = select(*COLUMNS).where(quotes.c.request_uri == bindparam("uri"))
BY_AUTHORIZATION = select(*COLUMNS).where(quotes.c.authorization_uri == bindparam("uri"))
QUOTING = Paged(
    select(quotes.c.post_id).where(
        quotes.c.quoted_id == bindparam("quoted_id"), quotes.c.state == "accepted"
    ),
    quotes.c.post_id,
)
QUOTERS = select(quotes.c.post_id, quotes.c.account_id).where(
    quotes.c.quoted_id == bindparam("quoted_id"), quotes.c.state == "accepted"
)
REMOVE = delete(quotes).where(quotes.c.post_id == bindparam("post_id"))
TOUCH = update(posts).where(posts.c.id == bindparam("b_id")).values(version=posts.c.version + 1)
_of_quoted = select(quotes.c.post_id).where(quotes.c.quoted_id == bindparam("b_quoted_id"))
TOUCH_QUOTING = update(posts).where(posts.c.id.in_(_of_quoted)).values(version=posts.c.version + 1)
SET_DELETED = update(quotes).where(quotes.c.quoted_id == bindparam("b_quoted_id")).values(state="deleted")


async def put(tx: Tx, row: QuoteRow) -> None:
    """Keep what a post quotes, in place of what is known of that."""
    await tx.run(PUT, **structs.asdict(row))
    await tx.run(TOUCH, b_id=row.post_id)


async def of_post(tx: Tx, post_id: int) -> QuoteRow | None:
    """What a post quotes."""
    return row_or_none(QuoteRow, await tx.one(OF_POST, post_id=post_id))


async def chain(tx: Tx, post_ids: Sequence[int]) -> dict[int, QuoteRow]:
    """What posts quote, what those quote, and these once more; by the quoting post."""
    return {row.post_id: row for row in rows(QuoteRow, await tx.all(CHAIN, ids=list(post_ids)))}


async def by_request(tx: Tx, uri: str) -> QuoteRow | None:
    return row_or_none(QuoteRow, await tx.one(BY_REQUEST, uri=uri))


async def by_authorization(tx: Tx, uri: str) -> QuoteRow | None:
    return row_or_none(QuoteRow, await tx.one(BY_AUTHORIZATION, uri=uri))


async def quoting(tx: Tx, quoted_id: int, page: Page) -> list[int]:
    """Ids of posts that quote one with its author's consent, newest first."""
    found = await tx.values(QUOTING.towards(page), quoted_id=quoted_id, **page.params())
    return sorted(found, reverse=True)


async def quoters(tx: Tx, quoted_id: int) -> list[tuple[int, int]]:
    """Ids of posts that quote one with consent, and of their authors."""
    return [(row[0], row[1]) for row in await tx.all(QUOTERS, quoted_id=quoted_id)]


async def remove(tx: Tx, post_id: int) -> None:
    """A post quotes nothing any more."""
    await tx.run(REMOVE, post_id=post_id)
    await tx.run(TOUCH, b_id=post_id)


async def quoted_is_gone(tx: Tx, quoted_id: int) -> None:
    """A post is about to be removed: those that quote it show that."""
    await tx.run(TOUCH_QUOTING, b_quoted_id=quoted_id)
    await tx.run(SET_DELETED, b_quoted_id=quoted_id)
