"""Scheduled posts. Statements for members name the owner, so that no member can reach another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, insert, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.content import MediaRow
from storage.rows.posts import ScheduledPostRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.content import media
from storage.tables.posts import scheduled_media, scheduled_posts

COLUMNS = columns_of(scheduled_posts, ScheduledPostRow)
_by_account = select(*COLUMNS).where(scheduled_posts.c.account_id == bindparam("account_id"))
LIST_BY_ACCOUNT = PagedStatement(_by_account, scheduled_posts.c.id)
FIND = _by_account.where(scheduled_posts.c.id == bindparam("id"))
FIND_BY_IDEMPOTENCY_KEY = _by_account.where(scheduled_posts.c.idempotency_key == bindparam("key"))
LOCK = select(*COLUMNS).where(scheduled_posts.c.id == bindparam("id")).with_for_update()
COUNT_BY_ACCOUNT = select(func.count()).where(scheduled_posts.c.account_id == bindparam("account_id"))
COUNT_BETWEEN = COUNT_BY_ACCOUNT.where(
    scheduled_posts.c.publish_at >= bindparam("since"),
    scheduled_posts.c.publish_at < bindparam("until"),
    scheduled_posts.c.id != bindparam("but_id"),
)
INSERT = upsert(scheduled_posts).on_conflict_do_nothing()
CLEAR_IDEMPOTENCY_KEYS = (
    update(scheduled_posts)
    .where(
        scheduled_posts.c.account_id == bindparam("b_account_id"),
        scheduled_posts.c.id < bindparam("b_before_id"),
    )
    .values(idempotency_key=None)
)
RESCHEDULE = (
    update(scheduled_posts)
    .where(scheduled_posts.c.id == bindparam("b_id"))
    .values(publish_at=bindparam("b_at"), failed_at=None, error="")
)
MARK_FAILED = (
    update(scheduled_posts)
    .where(scheduled_posts.c.id == bindparam("b_id"))
    .values(failed_at=bindparam("b_at"), error=bindparam("b_error"))
)
DELETE = delete(scheduled_posts).where(scheduled_posts.c.id == bindparam("id"))
INSERT_MEDIA = insert(scheduled_media)
LIST_RESERVED_MEDIA = select(scheduled_media.c.media_id).where(one_of(scheduled_media.c.media_id, "ids"))
LOAD_MEDIA = (
    select(scheduled_media.c.scheduled_id, *columns_of(media, MediaRow))
    .join(media, media.c.id == scheduled_media.c.media_id)
    .where(one_of(scheduled_media.c.scheduled_id, "ids"))
)


async def list_by_account(tx: ReadTx, account_id: int, page: Page) -> list[ScheduledPostRow]:
    """Return the scheduled posts of an account, newest first."""
    rows = await tx.all(LIST_BY_ACCOUNT.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(to_rows(ScheduledPostRow, rows), key=lambda row: row.id, reverse=True)


async def find(tx: ReadTx, account_id: int, scheduled_id: int) -> ScheduledPostRow | None:
    return to_row_or_none(ScheduledPostRow, await tx.one(FIND, account_id=account_id, id=scheduled_id))


async def find_by_idempotency_key(tx: ReadTx, account_id: int, key: str) -> ScheduledPostRow | None:
    """Return the scheduled post that the same key created."""
    return to_row_or_none(
        ScheduledPostRow, await tx.one(FIND_BY_IDEMPOTENCY_KEY, account_id=account_id, key=key)
    )


async def lock(tx: ReadTx, scheduled_id: int) -> ScheduledPostRow | None:
    """Return a scheduled post, locked until this transaction ends."""
    return to_row_or_none(ScheduledPostRow, await tx.one(LOCK, id=scheduled_id))


async def count_by_account(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_BY_ACCOUNT, account_id=account_id))


async def count_between(tx: ReadTx, account_id: int, since: int, until: int, excluded_id: int) -> int:
    """Return how many are scheduled from `since` up to `until` (ms UTC), without `excluded_id`."""
    return int(
        await tx.value(COUNT_BETWEEN, account_id=account_id, since=since, until=until, but_id=excluded_id)
    )


async def insert_with_media(tx: Tx, row: ScheduledPostRow, media_ids: Iterable[int]) -> bool:
    """Add one and reserve its files; return False if its idempotency key is in use."""
    if not await tx.run(INSERT, **structs.asdict(row)):
        return False
    await tx.run_many(
        INSERT_MEDIA, [{"media_id": media_id, "scheduled_id": row.id} for media_id in media_ids]
    )
    return True


async def clear_idempotency_keys(tx: Tx, account_id: int, before_id: int) -> None:
    """Clear the idempotency keys of requests before an id."""
    await tx.run(CLEAR_IDEMPOTENCY_KEYS, b_account_id=account_id, b_before_id=before_id)


async def reschedule(tx: Tx, scheduled_id: int, publish_at: int) -> None:
    """Set another time and clear the failure."""
    await tx.run(RESCHEDULE, b_id=scheduled_id, b_at=publish_at)


async def mark_failed(tx: Tx, scheduled_id: int, error: str) -> None:
    await tx.run(MARK_FAILED, b_id=scheduled_id, b_at=tx.now, b_error=error[:500])


async def delete_by_id(tx: Tx, scheduled_id: int) -> bool:
    """Delete one; its files can be attached to another post again."""
    return bool(await tx.run(DELETE, id=scheduled_id))


async def list_reserved_media(tx: ReadTx, ids: Sequence[int]) -> set[int]:
    """Return those of the files that are reserved for a scheduled post."""
    return set(await tx.values(LIST_RESERVED_MEDIA, ids=list(ids)))


async def load_media(tx: ReadTx, ids: Sequence[int]) -> dict[int, dict[int, MediaRow]]:
    """Return the files that are reserved for these posts, by post and by their own id."""
    media_by_post: dict[int, dict[int, MediaRow]] = {}
    for record in await tx.all(LOAD_MEDIA, ids=list(ids)):
        row = MediaRow(*tuple(record)[1:])
        media_by_post.setdefault(record[0], {})[row.id] = row
    return media_by_post
