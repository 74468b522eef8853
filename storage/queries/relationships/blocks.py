"""Blocks, mutes and private notes about accounts."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, func, or_, select

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import covers
from storage.rows.relationships import BlockRow, MuteRow
from storage.statements import PagedStatement, columns_of, to_row_or_none, upsert
from storage.tables.accounts import account_notes, accounts
from storage.tables.relationships import blocks, domain_mutes, mutes

Pairs = list[tuple[int, int]]
INSERT = upsert(blocks).on_conflict_do_nothing()
FIND = select(*columns_of(blocks, BlockRow)).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("target_id")
)
DELETE = delete(blocks).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("target_id")
)
DELETE_BY_URI = delete(blocks).where(
    blocks.c.uri == bindparam("uri"), blocks.c.account_id == bindparam("account_id")
)
LIST_BLOCKED_SINCE = select(blocks.c.target_id).where(
    blocks.c.account_id == bindparam("account_id"), blocks.c.created_at >= bindparam("since")
)
EXISTS_BETWEEN = select(func.count()).where(
    or_(
        (blocks.c.account_id == bindparam("first_id")) & (blocks.c.target_id == bindparam("second_id")),
        (blocks.c.account_id == bindparam("second_id")) & (blocks.c.target_id == bindparam("first_id")),
    )
)
_other = accounts.alias("other")
MUTES_DOMAIN = (
    select(func.count())
    .select_from(_other.join(domain_mutes, covers(_other)))
    .where(_other.c.id == bindparam("second_id"), domain_mutes.c.account_id == bindparam("first_id"))
)
PREVENTS_FOLLOW = select(EXISTS_BETWEEN.scalar_subquery() + MUTES_DOMAIN.scalar_subquery())
LIST_BLOCKED = PagedStatement(
    select(blocks.c.id, blocks.c.target_id).where(blocks.c.account_id == bindparam("account_id")),
    blocks.c.id,
)
_upsert_mute = upsert(mutes)
UPSERT_MUTE = _upsert_mute.on_conflict_do_update(
    index_elements=["account_id", "target_id"],
    set_={
        "hides_notifications": _upsert_mute.excluded.hides_notifications,
        "expires_at": _upsert_mute.excluded.expires_at,
    },
)
FIND_ACTIVE_MUTE = select(*columns_of(mutes, MuteRow)).where(
    mutes.c.account_id == bindparam("account_id"),
    mutes.c.target_id == bindparam("target_id"),
    or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
)
DELETE_MUTE = delete(mutes).where(
    mutes.c.account_id == bindparam("account_id"), mutes.c.target_id == bindparam("target_id")
)
LIST_MUTED = PagedStatement(
    select(mutes.c.id, mutes.c.target_id, mutes.c.expires_at).where(
        mutes.c.account_id == bindparam("account_id"),
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
    ),
    mutes.c.id,
)
PURGE_EXPIRED_MUTES = delete(mutes).where(mutes.c.expires_at <= bindparam("until"))
_upsert_note = upsert(account_notes)
UPSERT_NOTE = _upsert_note.on_conflict_do_update(
    index_elements=["account_id", "target_id"], set_={"note": _upsert_note.excluded.note}
)


async def insert(tx: Tx, row: BlockRow) -> bool:
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, account_id: int, target_id: int) -> BlockRow | None:
    return to_row_or_none(BlockRow, await tx.one(FIND, account_id=account_id, target_id=target_id))


async def delete_block(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, target_id=target_id))


async def delete_by_uri(tx: Tx, account_id: int, uri: str) -> bool:
    return bool(await tx.run(DELETE_BY_URI, account_id=account_id, uri=uri))


async def list_blocked_since(tx: ReadTx, account_id: int, since_ms: int) -> list[int]:
    """Return the accounts that an account blocked since a time (ms UTC)."""
    return await tx.values(LIST_BLOCKED_SINCE, account_id=account_id, since=since_ms)


async def exists_between(tx: ReadTx, first_id: int, second_id: int) -> bool:
    """Return True if either blocks the other."""
    return bool(await tx.value(EXISTS_BETWEEN, first_id=first_id, second_id=second_id))


async def prevents_follow(tx: ReadTx, account_id: int, other_id: int) -> bool:
    """Return True if either account blocks the other, or `account_id` mutes the domain of the other."""
    return bool(await tx.value(PREVENTS_FOLLOW, first_id=account_id, second_id=other_id))


async def list_blocked(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    rows = await tx.all(LIST_BLOCKED.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def upsert_mute(tx: Tx, row: MuteRow) -> None:
    await tx.run(UPSERT_MUTE, **structs.asdict(row))


async def find_active_mute(tx: ReadTx, account_id: int, target_id: int) -> MuteRow | None:
    """Return a mute that has not expired."""
    row = await tx.one(FIND_ACTIVE_MUTE, account_id=account_id, target_id=target_id, now=tx.now)
    return to_row_or_none(MuteRow, row)


async def delete_mute(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(DELETE_MUTE, account_id=account_id, target_id=target_id))


async def list_muted(tx: ReadTx, account_id: int, page: Page) -> list[tuple[int, int, int | None]]:
    """Return cursors, ids and when the mute ends (ms UTC)."""
    rows = await tx.all(LIST_MUTED.for_page(page), account_id=account_id, now=tx.now, **page.bind_params())
    return sorted(((row[0], row[1], row[2]) for row in rows), key=lambda row: -row[0])


async def purge_expired_mutes(tx: Tx, until: int) -> None:
    """Delete mutes that ended before a time (ms UTC)."""
    await tx.run(PURGE_EXPIRED_MUTES, until=until)


async def upsert_note(tx: Tx, account_id: int, target_id: int, note: str) -> None:
    await tx.run(UPSERT_NOTE, account_id=account_id, target_id=target_id, note=note)
