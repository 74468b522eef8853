"""Lists of peers to which we subscribe, and what they named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import Tx
from storage.rows.peers import PeerListEntryRow, PeerListRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.peers import peer_list_entries, peer_lists, peers

COLUMNS = columns_of(peer_lists, PeerListRow)
ENTRY = columns_of(peer_list_entries, PeerListEntryRow)
ADD = upsert(peer_lists).on_conflict_do_nothing()
BY_ID = select(*COLUMNS).where(peer_lists.c.id == bindparam("id"))
EVERY = select(*COLUMNS).order_by(peer_lists.c.id)
DUE = select(*COLUMNS).where(peer_lists.c.fetch_at <= bindparam("now")).order_by(peer_lists.c.fetch_at)
_changing = [name for name in PeerListRow.__struct_fields__ if name not in ("id", "url", "created_at")]
SAVE = (
    update(peer_lists)
    .where(peer_lists.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _changing})
)
REMOVE = delete(peer_lists).where(peer_lists.c.id == bindparam("id"))
ENTRIES = select(*ENTRY).where(peer_list_entries.c.list_id == bindparam("list_id"))
ELSEWHERE = (
    select(*ENTRY)
    .where(
        one_of(peer_list_entries.c.domain, "domains"),
        peer_list_entries.c.list_id != bindparam("list_id"),
        ~peer_list_entries.c.declined,
    )
    .order_by(peer_list_entries.c.list_id)
)
ADD_ENTRIES = upsert(peer_list_entries).on_conflict_do_nothing()
CLEAR = delete(peer_list_entries).where(peer_list_entries.c.list_id == bindparam("list_id"))
FREE = (
    update(peers)
    .where(one_of(peers.c.domain, "domains"), peers.c.list_id == bindparam("b_list_id"))
    .values(list_id=None)
)


async def add(tx: Tx, row: PeerListRow) -> bool:
    """False if there is one of that address already."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def by_id(tx: Tx, list_id: int) -> PeerListRow | None:
    return row_or_none(PeerListRow, await tx.one(BY_ID, id=list_id))


async def every(tx: Tx) -> list[PeerListRow]:
    return rows(PeerListRow, await tx.all(EVERY))


async def due(tx: Tx) -> list[PeerListRow]:
    """Those that are to be read again by now."""
    return rows(PeerListRow, await tx.all(DUE, now=tx.now))


async def save(tx: Tx, row: PeerListRow) -> None:
    await tx.run(SAVE, b_id=row.id, **{f"b_{name}": getattr(row, name) for name in _changing})


async def remove(tx: Tx, list_id: int) -> None:
    await tx.run(REMOVE, id=list_id)


async def entries(tx: Tx, list_id: int) -> dict[str, PeerListEntryRow]:
    """What a list named when it was last applied, by domain."""
    return {row.domain: row for row in rows(PeerListEntryRow, await tx.all(ENTRIES, list_id=list_id))}


async def elsewhere(tx: Tx, list_id: int, domains: Sequence[str]) -> dict[str, PeerListEntryRow]:
    """What other lists say of these domains; of several lists the oldest."""
    found = rows(PeerListEntryRow, await tx.all(ELSEWHERE, list_id=list_id, domains=list(domains)))
    return {row.domain: row for row in reversed(found)}


async def replace_entries(tx: Tx, list_id: int, named: Iterable[PeerListEntryRow]) -> None:
    """Write down what a list names from now on."""
    await tx.run(CLEAR, list_id=list_id)
    await tx.run_many(ADD_ENTRIES, [structs.asdict(row) for row in named])


async def free(tx: Tx, list_id: int, domains: Sequence[str]) -> None:
    """Decisions that a list brought are nobody's but ours from now on."""
    await tx.run(FREE, domains=list(domains), b_list_id=list_id)
