"""Subscribed lists of peers, and their entries when they were last applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.peers import PeerListEntryRow, PeerListRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.peers import peer_list_entries, peer_lists, peers

COLUMNS = columns_of(peer_lists, PeerListRow)
ENTRY_COLUMNS = columns_of(peer_list_entries, PeerListEntryRow)
INSERT = upsert(peer_lists).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(peer_lists.c.id == bindparam("id"))
LIST_ALL = select(*COLUMNS).order_by(peer_lists.c.id)
LIST_DUE = select(*COLUMNS).where(peer_lists.c.fetch_at <= bindparam("now")).order_by(peer_lists.c.fetch_at)
_updatable_columns = [
    name for name in PeerListRow.__struct_fields__ if name not in ("id", "url", "created_at")
]
UPDATE = (
    update(peer_lists)
    .where(peer_lists.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _updatable_columns})
)
DELETE = delete(peer_lists).where(peer_lists.c.id == bindparam("id"))
LOAD_ENTRIES = select(*ENTRY_COLUMNS).where(peer_list_entries.c.list_id == bindparam("list_id"))
LOAD_ENTRIES_OF_OTHER_LISTS = (
    select(*ENTRY_COLUMNS)
    .where(
        one_of(peer_list_entries.c.domain, "domains"),
        peer_list_entries.c.list_id != bindparam("list_id"),
        ~peer_list_entries.c.declined,
    )
    .order_by(peer_list_entries.c.list_id)
)
INSERT_ENTRY = upsert(peer_list_entries).on_conflict_do_nothing()
DELETE_ENTRIES = delete(peer_list_entries).where(peer_list_entries.c.list_id == bindparam("list_id"))
DETACH_DECISIONS = (
    update(peers)
    .where(one_of(peers.c.domain, "domains"), peers.c.list_id == bindparam("b_list_id"))
    .values(list_id=None)
)


async def insert(tx: Tx, row: PeerListRow) -> bool:
    """Insert a list; return False if there is one with this address."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, list_id: int) -> PeerListRow | None:
    return to_row_or_none(PeerListRow, await tx.one(FIND, id=list_id))


async def list_all(tx: ReadTx) -> list[PeerListRow]:
    return to_rows(PeerListRow, await tx.all(LIST_ALL))


async def list_due(tx: ReadTx) -> list[PeerListRow]:
    """Return the lists that are due to be fetched."""
    return to_rows(PeerListRow, await tx.all(LIST_DUE, now=tx.now))


async def update_list(tx: Tx, row: PeerListRow) -> None:
    await tx.run(UPDATE, b_id=row.id, **{f"b_{name}": getattr(row, name) for name in _updatable_columns})


async def delete_by_id(tx: Tx, list_id: int) -> None:
    await tx.run(DELETE, id=list_id)


async def load_entries(tx: ReadTx, list_id: int) -> dict[str, PeerListEntryRow]:
    """Return the entries of a list when it was last applied, by domain."""
    return {row.domain: row for row in to_rows(PeerListEntryRow, await tx.all(LOAD_ENTRIES, list_id=list_id))}


async def load_entries_of_other_lists(
    tx: ReadTx, list_id: int, domains: Sequence[str]
) -> dict[str, PeerListEntryRow]:
    """Return the entries of other lists for these domains; the oldest list wins."""
    entries = to_rows(
        PeerListEntryRow, await tx.all(LOAD_ENTRIES_OF_OTHER_LISTS, list_id=list_id, domains=list(domains))
    )
    return {row.domain: row for row in reversed(entries)}


async def replace_entries(tx: Tx, list_id: int, entries: Iterable[PeerListEntryRow]) -> None:
    """Replace the entries of a list."""
    await tx.run(DELETE_ENTRIES, list_id=list_id)
    await tx.run_many(INSERT_ENTRY, [structs.asdict(row) for row in entries])


async def detach_decisions(tx: Tx, list_id: int, domains: Sequence[str]) -> None:
    """Make decisions independent of the list that they came from."""
    await tx.run(DETACH_DECISIONS, domains=list(domains), b_list_id=list_id)
