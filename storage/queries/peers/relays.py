"""Relays and their states."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.peers import RelayRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.peers import relays

COLUMNS = columns_of(relays, RelayRow)
INSERT = upsert(relays).on_conflict_do_nothing()
LIST_ALL = select(*COLUMNS).order_by(relays.c.id)
FIND = select(*COLUMNS).where(relays.c.id == bindparam("id"))
FIND_BY_FOLLOW = select(*COLUMNS).where(relays.c.follow_uri == bindparam("follow_uri"))
IS_ENABLED = select(*COLUMNS).where(
    relays.c.actor_uri == bindparam("actor_uri"), relays.c.state == "accepted"
)
_enabled_inboxes = select(relays.c.inbox_uri).where(relays.c.state == "accepted").order_by(relays.c.id)
LIST_INBOXES = {
    False: _enabled_inboxes.where(relays.c.target_uri == ""),
    True: _enabled_inboxes.where(relays.c.target_uri != ""),
}
UPDATE = (
    update(relays)
    .where(relays.c.id == bindparam("b_id"))
    .values(
        actor_uri=bindparam("b_actor_uri"),
        state=bindparam("b_state"),
        follow_uri=bindparam("b_follow_uri"),
        changed_at=bindparam("b_changed_at"),
        decided_by_id=bindparam("b_decided_by_id"),
    )
)
DELETE = delete(relays).where(relays.c.id == bindparam("id"))


async def insert(tx: Tx, row: RelayRow) -> bool:
    """Insert a relay; return False if there is one with this address."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def list_all(tx: ReadTx) -> list[RelayRow]:
    return to_rows(RelayRow, await tx.all(LIST_ALL))


async def find(tx: ReadTx, relay_id: int) -> RelayRow | None:
    return to_row_or_none(RelayRow, await tx.one(FIND, id=relay_id))


async def find_by_follow(tx: ReadTx, follow_uri: str) -> RelayRow | None:
    return to_row_or_none(RelayRow, await tx.one(FIND_BY_FOLLOW, follow_uri=follow_uri))


async def is_enabled(tx: ReadTx, actor_uri: str) -> bool:
    """Return True for the actor of an accepted relay."""
    return await tx.one(IS_ENABLED, actor_uri=actor_uri) is not None


async def list_inboxes(tx: ReadTx, *, litepub: bool = False) -> list[str]:
    """Return the inboxes of accepted relays that take posts, or (`litepub`) boosts."""
    return await tx.values(LIST_INBOXES[litepub])


async def update_relay(tx: Tx, row: RelayRow) -> None:
    await tx.run(
        UPDATE,
        b_id=row.id,
        b_actor_uri=row.actor_uri,
        b_state=row.state,
        b_follow_uri=row.follow_uri,
        b_changed_at=row.changed_at,
        b_decided_by_id=row.decided_by_id,
    )


async def delete_by_id(tx: Tx, relay_id: int) -> None:
    await tx.run(DELETE, id=relay_id)
