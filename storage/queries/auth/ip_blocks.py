"""Networks from which one may not join, or not come at all."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, or_, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.auth import IpBlockRow
from storage.statements import Paged, columns_of, row_or_none, rows, upsert
from storage.tables.auth import ip_blocks

COLUMNS = columns_of(ip_blocks, IpBlockRow)
ADD = upsert(ip_blocks).on_conflict_do_nothing()
ONE = select(*COLUMNS).where(ip_blocks.c.id == bindparam("id"))
OF_NETWORK = select(*COLUMNS).where(ip_blocks.c.network == bindparam("network"))
_in_force = or_(ip_blocks.c.expires_at.is_(None), ip_blocks.c.expires_at > bindparam("now"))
IN_FORCE = select(*COLUMNS).where(_in_force)
PAGE = Paged(select(*COLUMNS), ip_blocks.c.id)
CHANGE = (
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
REMOVE = delete(ip_blocks).where(ip_blocks.c.id == bindparam("id"))
DROP_EXPIRED = delete(ip_blocks).where(ip_blocks.c.expires_at <= bindparam("until"))


async def add(tx: Tx, row: IpBlockRow) -> bool:
    """False if there is one for that very network."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def one(tx: Tx, block_id: int) -> IpBlockRow | None:
    return row_or_none(IpBlockRow, await tx.one(ONE, id=block_id))


async def of_network(tx: Tx, network: str) -> IpBlockRow | None:
    return row_or_none(IpBlockRow, await tx.one(OF_NETWORK, network=network))


async def in_force(tx: Tx) -> list[IpBlockRow]:
    return rows(IpBlockRow, await tx.all(IN_FORCE, now=tx.now))


async def page(tx: Tx, page: Page) -> list[IpBlockRow]:
    """Newest first, expired ones too until they are cleaned away."""
    found = rows(IpBlockRow, await tx.all(PAGE.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def change(tx: Tx, row: IpBlockRow) -> None:
    values = {f"b_{name}": value for name, value in structs.asdict(row).items() if name != "created_at"}
    await tx.run(CHANGE, **values)


async def remove(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(REMOVE, id=block_id))


async def drop_expired(tx: Tx, until: int) -> None:
    await tx.run(DROP_EXPIRED, until=until)
