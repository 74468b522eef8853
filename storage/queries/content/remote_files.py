"""Cached files of peers; the least recently used ones are evicted first."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import and_, bindparam, delete, exists, func, literal, select, update

from storage.engine import ReadTx, Tx
from storage.rows.content import RemoteFileRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.content import media, remote_files
from storage.tables.posts import posts
from storage.tables.timelines import cards

COLUMNS = columns_of(remote_files, RemoteFileRow)
_key_matches = and_(
    remote_files.c.subject_id == bindparam("b_subject_id"), remote_files.c.shape == bindparam("b_shape")
)
FIND = select(*COLUMNS).where(_key_matches)
INSERT = upsert(remote_files)
DELETE = delete(remote_files).where(_key_matches)
MARK_USED = update(remote_files).where(_key_matches).values(used_at=bindparam("b_now"))
SUM_BYTES = select(func.coalesce(func.sum(remote_files.c.bytes), 0))
LIST_OLDEST = (
    select(*COLUMNS).order_by(remote_files.c.used_at, remote_files.c.subject_id).limit(bindparam("limit"))
)
# Files whose subject is gone. Emoji have no subject row; they are only evicted when unused.
LIST_ORPHANS = (
    select(*COLUMNS)
    .where(
        remote_files.c.shape != "emoji",
        ~exists(select(literal(1)).where(media.c.id == remote_files.c.subject_id)),
        ~exists(select(literal(1)).where(accounts.c.id == remote_files.c.subject_id)),
        ~exists(select(literal(1)).where(cards.c.id == remote_files.c.subject_id)),
        ~exists(select(literal(1)).where(posts.c.id == remote_files.c.subject_id)),
    )
    .limit(bindparam("limit"))
)


async def find(tx: ReadTx, subject_id: int, shape: str) -> RemoteFileRow | None:
    """Return the cached file of an attachment, account, card, post or emoji."""
    return to_row_or_none(RemoteFileRow, await tx.one(FIND, b_subject_id=subject_id, b_shape=shape))


async def replace(tx: Tx, row: RemoteFileRow) -> None:
    """Save a file, replacing the former one."""
    await tx.run(DELETE, b_subject_id=row.subject_id, b_shape=row.shape)
    await tx.run(INSERT, **structs.asdict(row))


async def mark_used(tx: Tx, row: RemoteFileRow) -> None:
    """Mark a file as used now."""
    await tx.run(MARK_USED, b_subject_id=row.subject_id, b_shape=row.shape, b_now=tx.now)


async def sum_bytes(tx: ReadTx) -> int:
    """Return the total size in bytes."""
    return int(await tx.value(SUM_BYTES))


async def list_oldest(tx: ReadTx, limit: int) -> list[RemoteFileRow]:
    """Return the least recently used files."""
    return to_rows(RemoteFileRow, await tx.all(LIST_OLDEST, limit=limit))


async def list_orphans(tx: ReadTx, limit: int) -> list[RemoteFileRow]:
    """Return files whose attachment, account, card or post is gone."""
    return to_rows(RemoteFileRow, await tx.all(LIST_ORPHANS, limit=limit))


async def delete_many(tx: Tx, rows: Sequence[RemoteFileRow]) -> None:
    await tx.run_many(DELETE, [{"b_subject_id": row.subject_id, "b_shape": row.shape} for row in rows])
