"""Announcements, who has read them, and who reacted how."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import BigInteger, bindparam, case, delete, func, insert, or_, select, update

from storage.engine import Tx
from storage.rows.notifications import AnnouncementRow, ReactionRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.notifications import announcement_reactions, announcement_reads, announcements

COLUMNS = columns_of(announcements, AnnouncementRow)
ADD = insert(announcements)
ALL = select(*COLUMNS).order_by(announcements.c.id.desc()).limit(bindparam("most"))
ONE = select(*COLUMNS).where(announcements.c.id == bindparam("id"))
# Published, begun or without a beginning, and not over.
CURRENT = (
    select(*COLUMNS)
    .where(
        announcements.c.published_at <= bindparam("now"),
        or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > bindparam("now")),
    )
    .order_by(announcements.c.id)
)
CHANGE = (
    update(announcements)
    .where(announcements.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in AnnouncementRow.__struct_fields__
            if name not in ("id", "created_by_id")
        }
    )
)
REMOVE = delete(announcements).where(announcements.c.id == bindparam("id"))
READ = select(announcement_reads.c.announcement_id).where(
    announcement_reads.c.account_id == bindparam("account_id")
)
PUT_READ = upsert(announcement_reads).on_conflict_do_nothing()
FORGET_READS = delete(announcement_reads).where(
    announcement_reads.c.announcement_id == bindparam("announcement_id")
)
_reaction = announcement_reactions.c
_mine = case((_reaction.account_id == bindparam("viewer_id", type_=BigInteger()), 1), else_=0)
REACTIONS = (
    select(_reaction.announcement_id, _reaction.name, func.count(), func.max(_mine) == 1)
    .where(one_of(_reaction.announcement_id, "ids"))
    .group_by(_reaction.announcement_id, _reaction.name)
    .order_by(func.min(_reaction.id))
)
REACT = upsert(announcement_reactions).on_conflict_do_nothing()
UNREACT = delete(announcement_reactions).where(
    _reaction.announcement_id == bindparam("announcement_id"),
    _reaction.name == bindparam("name"),
    _reaction.account_id == bindparam("account_id"),
)


async def add(tx: Tx, row: AnnouncementRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def every(tx: Tx, most: int) -> list[AnnouncementRow]:
    """All, unpublished ones too, newest first."""
    return rows(AnnouncementRow, await tx.all(ALL, most=most))


async def one(tx: Tx, announcement_id: int) -> AnnouncementRow | None:
    return row_or_none(AnnouncementRow, await tx.one(ONE, id=announcement_id))


async def current(tx: Tx) -> list[AnnouncementRow]:
    """Those to be shown now, oldest first."""
    return rows(AnnouncementRow, await tx.all(CURRENT, now=tx.now))


async def change(tx: Tx, row: AnnouncementRow) -> None:
    values = {f"b_{name}": value for name, value in structs.asdict(row).items() if name != "created_by_id"}
    await tx.run(CHANGE, **values)


async def remove(tx: Tx, announcement_id: int) -> bool:
    return bool(await tx.run(REMOVE, id=announcement_id))


async def read(tx: Tx, account_id: int) -> set[int]:
    """The announcements that an account has read."""
    return set(await tx.values(READ, account_id=account_id))


async def put_read(tx: Tx, announcement_id: int, account_id: int) -> None:
    await tx.run(PUT_READ, announcement_id=announcement_id, account_id=account_id)


async def forget_reads(tx: Tx, announcement_id: int) -> None:
    await tx.run(FORGET_READS, announcement_id=announcement_id)


async def reactions(tx: Tx, ids: Sequence[int], viewer_id: int) -> list[ReactionRow]:
    """Reactions to announcements, in the order in which each emoji was first used."""
    return rows(ReactionRow, await tx.all(REACTIONS, ids=list(ids), viewer_id=viewer_id))


async def react(tx: Tx, announcement_id: int, account_id: int, name: str) -> bool:
    """False if the account reacted so before."""
    params = {"id": tx.new_id(), "announcement_id": announcement_id, "account_id": account_id, "name": name}
    return bool(await tx.run(REACT, **params))


async def unreact(tx: Tx, announcement_id: int, account_id: int, name: str) -> bool:
    return bool(await tx.run(UNREACT, announcement_id=announcement_id, account_id=account_id, name=name))
