"""Announcements, and who has read them."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, insert, or_, select, update

from storage.rows import AnnouncementRow
from storage.schema.tables import announcement_reads, announcements
from storage.statements import Tx, columns_of, row_or_none, rows, upsert

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
