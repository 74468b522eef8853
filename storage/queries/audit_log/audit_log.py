"""Acts of moderators and admins: added, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import asc, bindparam, exists, literal, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.audit_log import ActHeadRow, ActRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.audit_log import act_heads, acts

COLUMNS = columns_of(acts, ActRow)
ADD = upsert(acts)
_head = upsert(act_heads).values(id=1, seq=1, hash="")
# The hash stays that of the last act until the new one is there; others wait for the row meanwhile.
ADVANCE = _head.on_conflict_do_update(
    index_elements=[act_heads.c.id], set_={"seq": act_heads.c.seq + 1}
).returning(act_heads.c.seq, act_heads.c.hash)
SET_HEAD = update(act_heads).where(act_heads.c.id == 1).values(hash=bindparam("new_hash"))
HEAD = select(act_heads.c.seq, act_heads.c.hash)
PAGE = Paged(select(*COLUMNS), acts.c.seq)
AFTER = (
    select(*COLUMNS)
    .where(acts.c.seq > bindparam("after"))
    .order_by(asc(acts.c.seq))
    .limit(bindparam("limit"))
)
FORGET_TARGET = update(acts).where(acts.c.target == bindparam("about")).values(target="", target_salt="")
FORGET_REASONS = (
    update(acts)
    .where(acts.c.target == bindparam("about"), ~acts.c.shows_reason)
    .values(reason="", reason_salt="")
)
FORGET_ACTOR = (
    update(acts)
    .where(acts.c.actor_member_id == bindparam("member_id"))
    .values(actor_member_id=None, by_salt="")
)
OF_TARGET = (
    select(*COLUMNS)
    .where(acts.c.target == bindparam("target"))
    .order_by(acts.c.seq.desc())
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
    .order_by(acts.c.seq.desc())
    .limit(1)
)


async def advance(tx: Tx) -> ActHeadRow:
    """The number of the act to come and the hash of the last one; who else adds one waits for our commit."""
    found = row_or_none(ActHeadRow, await tx.one(ADVANCE))
    assert found is not None
    return found


async def add(tx: Tx, row: ActRow) -> None:
    """Add an act; `advance` comes before."""
    await tx.run(ADD, **structs.asdict(row))
    await tx.run(SET_HEAD, new_hash=row.hash)


async def head(tx: Tx) -> ActHeadRow | None:
    """The newest act, None before the first."""
    return row_or_none(ActHeadRow, await tx.one(HEAD))


async def page(tx: Tx, page: Page) -> list[ActRow]:
    """Newest first; the cursor is `seq`."""
    found = rows(ActRow, await tx.all(PAGE.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.seq, reverse=True)


async def after(tx: Tx, seq: int, limit: int) -> list[ActRow]:
    """Oldest first."""
    return rows(ActRow, await tx.all(AFTER, after=seq, limit=limit))


async def forget(tx: Tx, target: str, member_id: int | None) -> None:
    """Drop who it was that was acted on and that acted; what everybody reads stays, and the chain with it."""
    await tx.run(FORGET_REASONS, about=target)
    await tx.run(FORGET_TARGET, about=target)
    if member_id is not None:
        await tx.run(FORGET_ACTOR, member_id=member_id)


async def of_target(tx: Tx, target: str, limit: int) -> list[ActRow]:
    """What was done to a target, newest first."""
    return rows(ActRow, await tx.all(OF_TARGET, target=target, limit=limit))


async def by_ids(tx: Tx, ids: Sequence[int]) -> list[ActRow]:
    return rows(ActRow, await tx.all(BY_IDS, ids=list(ids)))


async def in_force(tx: Tx, target: str, verb: str) -> ActRow | None:
    """The latest act of a kind on a target that nobody has undone."""
    return row_or_none(ActRow, await tx.one(IN_FORCE, target=target, verb=verb))
