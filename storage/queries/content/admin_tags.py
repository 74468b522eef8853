"""Hashtags with their reviews."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.content import TagRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows
from storage.tables.content import tags

COLUMNS = columns_of(tags, TagRow)
FIND = select(*COLUMNS).where(tags.c.id == bindparam("id"))
LIST_PAGE = PagedStatement(select(*COLUMNS), tags.c.id)
LIST_UNUSABLE = select(tags.c.name).where(one_of(tags.c.name, "names"), tags.c.usable == bindparam("usable"))
UPDATE_REVIEW = (
    update(tags)
    .where(tags.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in ("display", "usable", "trendable", "listable", "reviewed_at")
        }
    )
)


async def find(tx: ReadTx, tag_id: int) -> TagRow | None:
    return to_row_or_none(TagRow, await tx.one(FIND, id=tag_id))


async def list_page(tx: ReadTx, page: Page) -> list[TagRow]:
    """Return a page of tags, newest first."""
    rows = to_rows(TagRow, await tx.all(LIST_PAGE.for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def list_unusable(tx: ReadTx, names: list[str]) -> list[str]:
    """Return those of the folded names that may not be used."""
    return await tx.values(LIST_UNUSABLE, names=names, usable=False)


async def update_review(tx: Tx, row: TagRow) -> None:
    await tx.run(
        UPDATE_REVIEW,
        b_id=row.id,
        b_display=row.display,
        b_usable=row.usable,
        b_trendable=row.trendable,
        b_listable=row.listable,
        b_reviewed_at=row.reviewed_at,
    )
