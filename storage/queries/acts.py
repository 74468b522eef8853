"""Acts of moderators and admins: added, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, exists, literal, select

from storage.rows import ActRow
from storage.schema.tables import acts
from storage.statements import Page, Paged, Tx, columns_of, one_of, row_or_none, rows, upsert

COLUMNS = columns_of(acts, ActRow)
ADD = upsert(acts)
LAST = select(acts.c.hash).order_by(acts.c.id.desc()).limit(1)
PAGE = Paged(select(*COLUMNS), acts.c.id)
OF_TARGET = (
    select(*COLUMNS)
    .where(acts.c.target == bindparam("target"))
    .order_by(acts.c.id.desc())
    .limit(bindparam("limit"))
)
BY_IDS = select(*COLUMNS).where(one_of(acts.c.id, "ids"))
_later = acts.alias("later")
IN_FORCE = (
    select(*COLUMNS)
    .where(
        acts.c.target == bindparam("target"),
        acts.c.verb == bindparam("verb"),
        ~exists(select(literal(1)).where(_later.c.undoes_id == acts.c.id)),
    )
    .order_by(acts.c.id.desc())
    .limit(1)
)


async def add(tx: Tx, row: ActRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def last_hash(tx: Tx) -> str:
    """The hash of the newest act, '' before the first."""
    return await tx.value(LAST) or ""


async def page(tx: Tx, page: Page) -> list[ActRow]:
    """Newest first."""
    found = rows(ActRow, await tx.all(PAGE.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def of_target(tx: Tx, target: str, limit: int) -> list[ActRow]:
    """What was done to a target, newest first."""
    return rows(ActRow, await tx.all(OF_TARGET, target=target, limit=limit))


async def by_ids(tx: Tx, ids: Sequence[int]) -> list[ActRow]:
    return rows(ActRow, await tx.all(BY_IDS, ids=list(ids)))


async def in_force(tx: Tx, target: str, verb: str) -> ActRow | None:
    """The latest act of a kind on a target that nobody has undone."""
    return row_or_none(ActRow, await tx.one(IN_FORCE, target=target, verb=verb))
