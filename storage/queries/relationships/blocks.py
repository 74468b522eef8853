"""Blocks, mutes and private notes about accounts."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, func, or_, select

from storage.engine import Tx
from storage.paging import Page
from storage.rows.relationships import BlockRow, MuteRow
from storage.statements import Paged, columns_of, row_or_none, upsert
from storage.tables.accounts import account_notes
from storage.tables.relationships import blocks, mutes

Pairs = list[tuple[int, int]]
ADD = upsert(blocks).on_conflict_do_nothing()
GET = select(*columns_of(blocks, BlockRow)).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("target_id")
)
REMOVE = delete(blocks).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("target_id")
)
REMOVE_BY_URI = delete(blocks).where(
    blocks.c.uri == bindparam("uri"), blocks.c.account_id == bindparam("account_id")
)
SINCE = select(blocks.c.target_id).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.created_at >= bindparam("since")
)
EITHER = select(func.count()).where(
    or_(
        (blocks.c.account_id == bindparam("first_id")) & (blocks.c.target_id == bindparam("second_id")),
        (blocks.c.account_id == bindparam("second_id")) & (blocks.c.target_id == bindparam("first_id")),
    )
)
BLOCKED = Paged(
    select(blocks.c.id, blocks.c.target_id).where(blocks.c.account_id == bindparam("account_id")),
    blocks.c.id,
)
_mute = upsert(mutes)
PUT_MUTE = _mute.on_conflict_do_update(
    index_elements=["account_id", "target_id"],
    set_={"hides_notifications": _mute.excluded.hides_notifications, "expires_at": _mute.excluded.expires_at},
)
MUTE = select(*columns_of(mutes, MuteRow)).where(
    mutes.c.account_id == bindparam("account_id"),
    mutes.c.target_id == bindparam("target_id"),
    or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
)
REMOVE_MUTE = delete(mutes).where(
    mutes.c.account_id == bindparam("account_id"), mutes.c.target_id == bindparam("target_id")
)
MUTED = Paged(
    select(mutes.c.id, mutes.c.target_id, mutes.c.expires_at).where(
        mutes.c.account_id == bindparam("account_id"),
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
    ),
    mutes.c.id,
)
DROP_EXPIRED = delete(mutes).where(mutes.c.expires_at <= bindparam("until"))
_note = upsert(account_notes)
PUT_NOTE = _note.on_conflict_do_update(
    index_elements=["account_id", "target_id"], set_={"note": _note.excluded.note}
)


async def add(tx: Tx, row: BlockRow) -> bool:
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def get(tx: Tx, account_id: int, target_id: int) -> BlockRow | None:
    return row_or_none(BlockRow, await tx.one(GET, account_id=account_id, target_id=target_id))


async def remove(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(REMOVE, account_id=account_id, target_id=target_id))


async def remove_by_uri(tx: Tx, account_id: int, uri: str) -> bool:
    return bool(await tx.run(REMOVE_BY_URI, account_id=account_id, uri=uri))


async def since(tx: Tx, account_id: int, moment: int) -> list[int]:
    """Whom an account blocked since a moment."""
    return await tx.values(SINCE, account_id=account_id, since=moment)


async def between(tx: Tx, first_id: int, second_id: int) -> bool:
    """True if either blocks the other."""
    return bool(await tx.value(EITHER, first_id=first_id, second_id=second_id))


async def blocked(tx: Tx, account_id: int, page: Page) -> Pairs:
    found = await tx.all(BLOCKED.towards(page), account_id=account_id, **page.params())
    return sorted(((row[0], row[1]) for row in found), reverse=True)


async def put_mute(tx: Tx, row: MuteRow) -> None:
    await tx.run(PUT_MUTE, **structs.asdict(row))


async def mute(tx: Tx, account_id: int, target_id: int) -> MuteRow | None:
    """A mute that has not expired."""
    found = await tx.one(MUTE, account_id=account_id, target_id=target_id, now=tx.now)
    return row_or_none(MuteRow, found)


async def remove_mute(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(REMOVE_MUTE, account_id=account_id, target_id=target_id))


async def muted(tx: Tx, account_id: int, page: Page) -> list[tuple[int, int, int | None]]:
    """Cursors, ids and until when."""
    found = await tx.all(MUTED.towards(page), account_id=account_id, now=tx.now, **page.params())
    return sorted(((row[0], row[1], row[2]) for row in found), key=lambda row: -row[0])


async def drop_expired(tx: Tx, until: int) -> None:
    """Remove mutes whose time was over by then."""
    await tx.run(DROP_EXPIRED, until=until)


async def put_note(tx: Tx, account_id: int, target_id: int, note: str) -> None:
    await tx.run(PUT_NOTE, account_id=account_id, target_id=target_id, note=note)
