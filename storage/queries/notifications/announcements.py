"""Announcements, who has read them, and reactions to them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import BigInteger, bindparam, case, delete, func, insert, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.notifications import AnnouncementReactionRow, AnnouncementRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.notifications import announcement_reactions, announcement_reads, announcements

COLUMNS = columns_of(announcements, AnnouncementRow)
INSERT = insert(announcements)
LIST_ALL = select(*COLUMNS).order_by(announcements.c.id.desc()).limit(bindparam("most"))
FIND = select(*COLUMNS).where(announcements.c.id == bindparam("id"))
# Published, already started (or without a start), and not ended.
LIST_CURRENT = (
    select(*COLUMNS)
    .where(
        announcements.c.published_at <= bindparam("now"),
        or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > bindparam("now")),
    )
    .order_by(announcements.c.id)
)
UPDATE = (
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
DELETE = delete(announcements).where(announcements.c.id == bindparam("id"))
LOAD_READ_IDS = select(announcement_reads.c.announcement_id).where(
    announcement_reads.c.account_id == bindparam("account_id")
)
MARK_READ = upsert(announcement_reads).on_conflict_do_nothing()
DELETE_READS = delete(announcement_reads).where(
    announcement_reads.c.announcement_id == bindparam("announcement_id")
)
_reaction = announcement_reactions.c
_is_own = case((_reaction.account_id == bindparam("viewer_id", type_=BigInteger()), 1), else_=0)
LIST_REACTIONS = (
    select(_reaction.announcement_id, _reaction.name, func.count(), func.max(_is_own) == 1)
    .where(one_of(_reaction.announcement_id, "ids"))
    .group_by(_reaction.announcement_id, _reaction.name)
    .order_by(func.min(_reaction.id))
)
INSERT_REACTION = upsert(announcement_reactions).on_conflict_do_nothing()
DELETE_REACTION = delete(announcement_reactions).where(
    _reaction.announcement_id == bindparam("announcement_id"),
    _reaction.name == bindparam("name"),
    _reaction.account_id == bindparam("account_id"),
)


async def insert_announcement(tx: Tx, row: AnnouncementRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def list_all(tx: ReadTx, limit: int) -> list[AnnouncementRow]:
    """Return all announcements, newest first, unpublished ones included."""
    return to_rows(AnnouncementRow, await tx.all(LIST_ALL, most=limit))


async def find(tx: ReadTx, announcement_id: int) -> AnnouncementRow | None:
    return to_row_or_none(AnnouncementRow, await tx.one(FIND, id=announcement_id))


async def list_current(tx: ReadTx) -> list[AnnouncementRow]:
    """Return announcements to show now, oldest first."""
    return to_rows(AnnouncementRow, await tx.all(LIST_CURRENT, now=tx.now))


async def update_announcement(tx: Tx, row: AnnouncementRow) -> None:
    values = {f"b_{name}": value for name, value in structs.asdict(row).items() if name != "created_by_id"}
    await tx.run(UPDATE, **values)


async def delete_by_id(tx: Tx, announcement_id: int) -> bool:
    return bool(await tx.run(DELETE, id=announcement_id))


async def load_read_ids(tx: ReadTx, account_id: int) -> set[int]:
    """Return the announcements that an account has read."""
    return set(await tx.values(LOAD_READ_IDS, account_id=account_id))


async def mark_read(tx: Tx, announcement_id: int, account_id: int) -> None:
    await tx.run(MARK_READ, announcement_id=announcement_id, account_id=account_id)


async def delete_reads(tx: Tx, announcement_id: int) -> None:
    await tx.run(DELETE_READS, announcement_id=announcement_id)


async def list_reactions(tx: ReadTx, ids: Sequence[int], viewer_id: int) -> list[AnnouncementReactionRow]:
    """Return reactions to announcements, in the order in which each emoji was first used."""
    return to_rows(AnnouncementReactionRow, await tx.all(LIST_REACTIONS, ids=list(ids), viewer_id=viewer_id))


async def insert_reaction(tx: Tx, announcement_id: int, account_id: int, name: str) -> bool:
    """Add a reaction; return False if the account reacted so before."""
    params = {"id": tx.new_id(), "announcement_id": announcement_id, "account_id": account_id, "name": name}
    return bool(await tx.run(INSERT_REACTION, **params))


async def delete_reaction(tx: Tx, announcement_id: int, account_id: int, name: str) -> bool:
    return bool(
        await tx.run(DELETE_REACTION, announcement_id=announcement_id, account_id=account_id, name=name)
    )
