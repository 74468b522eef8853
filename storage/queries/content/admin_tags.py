"""Hashtags as moderators see and decide about them."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.content import TagRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows
from storage.tables.content import tags

COLUMNS = columns_of(tags, TagRow)
ONE = select(*COLUMNS).where(tags.c.id == bindparam("id"))
PAGE = Paged(select(*COLUMNS), tags.c.id)
UNUSABLE = select(tags.c.name).where(one_of(tags.c.name, "names"), tags.c.usable == bindparam("usable"))
CHANGE = (
    update(tags)
    .where(tags.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in ("display", "usable", "trendable", "listable", "reviewed_at")
        }
    )
)


async def one(tx: Tx, tag_id: int) -> TagRow | None:
    return row_or_none(TagRow, await tx.one(ONE, id=tag_id))


async def page(tx: Tx, page: Page) -> list[TagRow]:
    """Newest first."""
    found = rows(TagRow, await tx.all(PAGE.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def unusable(tx: Tx, names: list[str]) -> list[str]:
    """Those of the folded names that may not be used."""
    return await tx.values(UNUSABLE, names=names, usable=False)


async def change(tx: Tx, row: TagRow) -> None:
    await tx.run(
        CHANGE,
        b_id=row.id,
        b_display=row.display,
        b_usable=row.usable,
        b_trendable=row.trendable,
        b_listable=row.listable,
        b_reviewed_at=row.reviewed_at,
    )
