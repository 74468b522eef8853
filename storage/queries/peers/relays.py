"""Relays: which there are, and which of them are on."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import Tx
from storage.rows.peers import RelayRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.peers import relays

COLUMNS = columns_of(relays, RelayRow)
ADD = upsert(relays).on_conflict_do_nothing()
EVERY = select(*COLUMNS).order_by(relays.c.id)
BY_ID = select(*COLUMNS).where(relays.c.id == bindparam("id"))
BY_FOLLOW = select(*COLUMNS).where(relays.c.follow_uri == bindparam("follow_uri"))
BY_ACTOR = select(*COLUMNS).where(relays.c.actor_uri == bindparam("actor_uri"), relays.c.state == "accepted")
_on = select(relays.c.inbox_uri).where(relays.c.state == "accepted").order_by(relays.c.id)
INBOXES = {False: _on.where(relays.c.target_uri == ""), True: _on.where(relays.c.target_uri != "")}
SAVE = (
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
REMOVE = delete(relays).where(relays.c.id == bindparam("id"))


async def add(tx: Tx, row: RelayRow) -> bool:
    """False if there is one of that address already."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def every(tx: Tx) -> list[RelayRow]:
    return rows(RelayRow, await tx.all(EVERY))


async def by_id(tx: Tx, relay_id: int) -> RelayRow | None:
    return row_or_none(RelayRow, await tx.one(BY_ID, id=relay_id))


async def by_follow(tx: Tx, follow_uri: str) -> RelayRow | None:
    return row_or_none(RelayRow, await tx.one(BY_FOLLOW, follow_uri=follow_uri))


async def is_on(tx: Tx, actor_uri: str) -> bool:
    """True for the actor of a relay that is on."""
    return await tx.one(BY_ACTOR, actor_uri=actor_uri) is not None


async def inboxes(tx: Tx, *, litepub: bool = False) -> list[str]:
    """Where relays that are on take posts, or (`litepub`) that we boost them."""
    return await tx.values(INBOXES[litepub])


async def save(tx: Tx, row: RelayRow) -> None:
    await tx.run(
        SAVE,
        b_id=row.id,
        b_actor_uri=row.actor_uri,
        b_state=row.state,
        b_follow_uri=row.follow_uri,
        b_changed_at=row.changed_at,
        b_decided_by_id=row.decided_by_id,
    )


async def remove(tx: Tx, relay_id: int) -> None:
    await tx.run(REMOVE, id=relay_id)
