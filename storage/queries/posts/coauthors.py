"""Co-authors of articles: members who were asked, and those who agreed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.posts import CoauthorRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.posts import coauthors

COLUMNS = columns_of(coauthors, CoauthorRow)
LIST_BY_POST = select(*COLUMNS).where(coauthors.c.post_id == bindparam("post_id")).order_by(coauthors.c.id)
FIND = select(*COLUMNS).where(
    coauthors.c.post_id == bindparam("post_id"), coauthors.c.account_id == bindparam("account_id")
)
INSERT = upsert(coauthors).on_conflict_do_nothing()
ACCEPT = (
    update(coauthors)
    .where(coauthors.c.id == bindparam("b_id"))
    .values(accepted_at=bindparam("b_accepted_at"))
)
DELETE_BY_IDS = delete(coauthors).where(one_of(coauthors.c.id, "ids"))


async def list_by_post(tx: ReadTx, post_id: int) -> list[CoauthorRow]:
    """Return who was asked about an article, in the order in which its author named them."""
    return to_rows(CoauthorRow, await tx.all(LIST_BY_POST, post_id=post_id))


async def find(tx: ReadTx, post_id: int, account_id: int) -> CoauthorRow | None:
    return to_row_or_none(CoauthorRow, await tx.one(FIND, post_id=post_id, account_id=account_id))


async def insert(tx: Tx, rows: Iterable[CoauthorRow]) -> None:
    await tx.run_many(INSERT, [structs.asdict(row) for row in rows])


async def accept(tx: Tx, row_id: int, moment: int) -> None:
    await tx.run(ACCEPT, b_id=row_id, b_accepted_at=moment)


async def delete_by_ids(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(DELETE_BY_IDS, ids=list(ids))
