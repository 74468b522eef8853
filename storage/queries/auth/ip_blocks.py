"""Blocks of networks."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.auth import IpBlockRow
from storage.statements import PagedStatement, columns_of, to_row_or_none, to_rows, upsert
from storage.tables.auth import ip_blocks

COLUMNS = columns_of(ip_blocks, IpBlockRow)
INSERT = upsert(ip_blocks).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(ip_blocks.c.id == bindparam("id"))
FIND_BY_NETWORK = select(*COLUMNS).where(ip_blocks.c.network == bindparam("network"))
_active = or_(ip_blocks.c.expires_at.is_(None), ip_blocks.c.expires_at > bindparam("now"))
LIST_ACTIVE = select(*COLUMNS).where(_active)
LIST_PAGE = PagedStatement(select(*COLUMNS), ip_blocks.c.id)
UPDATE_BLOCK = (
    update(ip_blocks)
    .where(ip_blocks.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in IpBlockRow.__struct_fields__
            if name not in ("id", "created_at")
        }
    )
)
DELETE_BY_ID = delete(ip_blocks).where(ip_blocks.c.id == bindparam("id"))
DELETE_EXPIRED = delete(ip_blocks).where(ip_blocks.c.expires_at <= bindparam("until"))


async def insert(tx: Tx, row: IpBlockRow) -> bool:
    """Add a block; return False if the network has one already."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, block_id: int) -> IpBlockRow | None:
    return to_row_or_none(IpBlockRow, await tx.one(FIND, id=block_id))


async def find_by_network(tx: ReadTx, network: str) -> IpBlockRow | None:
    return to_row_or_none(IpBlockRow, await tx.one(FIND_BY_NETWORK, network=network))


async def list_active(tx: ReadTx) -> list[IpBlockRow]:
    return to_rows(IpBlockRow, await tx.all(LIST_ACTIVE, now=tx.now))


async def list_page(tx: ReadTx, page: Page) -> list[IpBlockRow]:
    """Return a page of blocks, newest first, expired ones included until they are purged."""
    rows = to_rows(IpBlockRow, await tx.all(LIST_PAGE.for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def update_block(tx: Tx, row: IpBlockRow) -> None:
    values = {f"b_{name}": value for name, value in structs.asdict(row).items() if name != "created_at"}
    await tx.run(UPDATE_BLOCK, **values)


async def delete_by_id(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(DELETE_BY_ID, id=block_id))


async def delete_expired(tx: Tx, until: int) -> None:
    await tx.run(DELETE_EXPIRED, until=until)
