"""Archives that members asked for, and what goes into them."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, insert, select, update

from storage.engine import Tx
from storage.rows.portability import ArchiveRow
from storage.rows.posts import PostRow
from storage.statements import columns_of, row_or_none, rows
from storage.tables.portability import archives
from storage.tables.posts import likes, posts

COLUMNS = columns_of(archives, ArchiveRow)
ADD = insert(archives)
BY_ID = select(*COLUMNS).where(archives.c.id == bindparam("id"))
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(archives.c.account_id == bindparam("account_id"))
    .order_by(archives.c.id.desc())
    .limit(bindparam("limit"))
)
FINISH = (
    update(archives)
    .where(archives.c.id == bindparam("b_id"))
    .values(name=bindparam("b_name"), bytes=bindparam("b_bytes"), finished_at=bindparam("b_now"))
)
FORGET = delete(archives).where(archives.c.created_at <= bindparam("until"))
POSTS = (
    select(*columns_of(posts, PostRow))
    .where(
        posts.c.account_id == bindparam("account_id"),
        posts.c.id > bindparam("after_id"),
        posts.c.state == "published",
    )
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)
LIKED = (
    select(posts.c.uri)
    .join(likes, likes.c.post_id == posts.c.id)
    .where(likes.c.account_id == bindparam("account_id"))
    .order_by(likes.c.id.desc())
)


async def add(tx: Tx, row: ArchiveRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def by_id(tx: Tx, archive_id: int) -> ArchiveRow | None:
    return row_or_none(ArchiveRow, await tx.one(BY_ID, id=archive_id))


async def of_account(tx: Tx, account_id: int, limit: int) -> list[ArchiveRow]:
    """Newest first."""
    return rows(ArchiveRow, await tx.all(OF_ACCOUNT, account_id=account_id, limit=limit))


async def finish(tx: Tx, archive_id: int, name: str, size: int) -> bool:
    """It was made, or (without a name) could not be; False if it is not wanted any more."""
    return bool(await tx.run(FINISH, b_id=archive_id, b_name=name, b_bytes=size, b_now=tx.now))


async def forget(tx: Tx, until: int) -> None:
    """Forget those that were asked for before a moment."""
    await tx.run(FORGET, until=until)


async def posts_of(tx: Tx, account_id: int, after_id: int, limit: int) -> list[PostRow]:
    """Published posts and boosts of an account, oldest first."""
    found = await tx.all(POSTS, account_id=account_id, after_id=after_id, limit=limit)
    return rows(PostRow, found)


async def liked(tx: Tx, account_id: int) -> list[str]:
    """URIs of what the account likes, the newest like first."""
    return list(await tx.values(LIKED, account_id=account_id))
