"""Archives that members asked for, and what goes into them."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, insert, select, update

from storage.engine import ReadTx, Tx
from storage.rows.portability import ArchiveRow
from storage.rows.posts import PostRow
from storage.statements import columns_of, to_row_or_none, to_rows
from storage.tables.portability import archives
from storage.tables.posts import likes, posts

COLUMNS = columns_of(archives, ArchiveRow)
INSERT_ARCHIVE = insert(archives)
FIND = select(*COLUMNS).where(archives.c.id == bindparam("id"))
LIST_BY_ACCOUNT = (
    select(*COLUMNS)
    .where(archives.c.account_id == bindparam("account_id"))
    .order_by(archives.c.id.desc())
    .limit(bindparam("limit"))
)
MARK_FINISHED = (
    update(archives)
    .where(archives.c.id == bindparam("b_id"))
    .values(name=bindparam("b_name"), bytes=bindparam("b_bytes"), finished_at=bindparam("b_now"))
)
PURGE_EXPIRED = delete(archives).where(archives.c.created_at <= bindparam("until"))
LIST_POSTS = (
    select(*columns_of(posts, PostRow))
    .where(
        posts.c.account_id == bindparam("account_id"),
        posts.c.id > bindparam("after_id"),
        posts.c.state == "published",
    )
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)
LIST_LIKED_URIS = (
    select(posts.c.uri)
    .join(likes, likes.c.post_id == posts.c.id)
    .where(likes.c.account_id == bindparam("account_id"))
    .order_by(likes.c.id.desc())
)


async def insert_archive(tx: Tx, row: ArchiveRow) -> None:
    await tx.run(INSERT_ARCHIVE, **structs.asdict(row))


async def find(tx: ReadTx, archive_id: int) -> ArchiveRow | None:
    return to_row_or_none(ArchiveRow, await tx.one(FIND, id=archive_id))


async def list_by_account(tx: ReadTx, account_id: int, limit: int) -> list[ArchiveRow]:
    """Return the archives of an account, newest first."""
    return to_rows(ArchiveRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id, limit=limit))


async def mark_finished(tx: Tx, archive_id: int, name: str, size: int) -> bool:
    """Store the file of an archive, or ('' as its name) that it failed; return False if it was deleted."""
    return bool(await tx.run(MARK_FINISHED, b_id=archive_id, b_name=name, b_bytes=size, b_now=tx.now))


async def purge_expired(tx: Tx, until: int) -> None:
    """Delete the archives that were requested before a time (ms UTC)."""
    await tx.run(PURGE_EXPIRED, until=until)


async def list_posts(tx: ReadTx, account_id: int, after_id: int, limit: int) -> list[PostRow]:
    """Return published posts and boosts of an account, oldest first."""
    records = await tx.all(LIST_POSTS, account_id=account_id, after_id=after_id, limit=limit)
    return to_rows(PostRow, records)


async def list_liked_uris(tx: ReadTx, account_id: int) -> list[str]:
    """Return the URIs of liked posts, the newest like first."""
    return list(await tx.values(LIST_LIKED_URIS, account_id=account_id))
