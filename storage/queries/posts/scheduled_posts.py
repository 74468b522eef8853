"""Posts that are to appear later. Statements for members name the owner, so nobody reaches another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, insert, select, update

from storage.engine import Tx
from storage.paging import Page
from storage.rows.content import MediaRow
from storage.rows.posts import ScheduledPostRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.content import media
from storage.tables.posts import scheduled_media, scheduled_posts

COLUMNS = columns_of(scheduled_posts, ScheduledPostRow)
_own = select(*COLUMNS).where(scheduled_posts.c.account_id == bindparam("account_id"))
PAGE = Paged(_own, scheduled_posts.c.id)
OWN = _own.where(scheduled_posts.c.id == bindparam("id"))
BY_KEY = _own.where(scheduled_posts.c.idempotency_key == bindparam("key"))
LOCK = select(*COLUMNS).where(scheduled_posts.c.id == bindparam("id")).with_for_update()
TOTAL = select(func.count()).where(scheduled_posts.c.account_id == bindparam("account_id"))
BETWEEN = TOTAL.where(
    scheduled_posts.c.publish_at >= bindparam("since"),
    scheduled_posts.c.publish_at < bindparam("until"),
    scheduled_posts.c.id != bindparam("but_id"),
)
ADD = upsert(scheduled_posts).on_conflict_do_nothing()
FORGET_KEYS = (
    update(scheduled_posts)
    .where(
        scheduled_posts.c.account_id == bindparam("b_account_id"),
        scheduled_posts.c.id < bindparam("b_before_id"),
    )
    .values(idempotency_key=None)
)
MOVE = (
    update(scheduled_posts)
    .where(scheduled_posts.c.id == bindparam("b_id"))
    .values(publish_at=bindparam("b_at"), failed_at=None, error="")
)
FAIL = (
    update(scheduled_posts)
    .where(scheduled_posts.c.id == bindparam("b_id"))
    .values(failed_at=bindparam("b_at"), error=bindparam("b_error"))
)
REMOVE = delete(scheduled_posts).where(scheduled_posts.c.id == bindparam("id"))
RESERVE = insert(scheduled_media)
RESERVED = select(scheduled_media.c.media_id).where(one_of(scheduled_media.c.media_id, "ids"))
FILES = (
    select(scheduled_media.c.scheduled_id, *columns_of(media, MediaRow))
    .join(media, media.c.id == scheduled_media.c.media_id)
    .where(one_of(scheduled_media.c.scheduled_id, "ids"))
)


async def page(tx: Tx, account_id: int, page: Page) -> list[ScheduledPostRow]:
    """Those of an account, newest first."""
    found = await tx.all(PAGE.towards(page), account_id=account_id, **page.params())
    return sorted(rows(ScheduledPostRow, found), key=lambda row: row.id, reverse=True)


async def own(tx: Tx, account_id: int, scheduled_id: int) -> ScheduledPostRow | None:
    return row_or_none(ScheduledPostRow, await tx.one(OWN, account_id=account_id, id=scheduled_id))


async def by_key(tx: Tx, account_id: int, key: str) -> ScheduledPostRow | None:
    """The one that a key of the same request made."""
    return row_or_none(ScheduledPostRow, await tx.one(BY_KEY, account_id=account_id, key=key))


async def lock(tx: Tx, scheduled_id: int) -> ScheduledPostRow | None:
    """One that nobody else publishes, moves or removes until this transaction ends."""
    return row_or_none(ScheduledPostRow, await tx.one(LOCK, id=scheduled_id))


async def total(tx: Tx, account_id: int) -> int:
    return int(await tx.value(TOTAL, account_id=account_id))


async def between(tx: Tx, account_id: int, since: int, until: int, but_id: int) -> int:
    """How many are to appear from `since` up to `until`, one left out."""
    return int(await tx.value(BETWEEN, account_id=account_id, since=since, until=until, but_id=but_id))


async def add(tx: Tx, row: ScheduledPostRow, media_ids: Iterable[int]) -> bool:
    """Add one and reserve its files; False if its idempotency key is in use."""
    if not await tx.run(ADD, **structs.asdict(row)):
        return False
    await tx.run_many(RESERVE, [{"media_id": each, "scheduled_id": row.id} for each in media_ids])
    return True


async def forget_keys(tx: Tx, account_id: int, before_id: int) -> None:
    """Idempotency keys of older requests count no more."""
    await tx.run(FORGET_KEYS, b_account_id=account_id, b_before_id=before_id)


async def move(tx: Tx, scheduled_id: int, moment: int) -> None:
    """It is to appear at another time; that it failed is forgotten."""
    await tx.run(MOVE, b_id=scheduled_id, b_at=moment)


async def fail(tx: Tx, scheduled_id: int, why: str) -> None:
    await tx.run(FAIL, b_id=scheduled_id, b_at=tx.now, b_error=why[:500])


async def remove(tx: Tx, scheduled_id: int) -> bool:
    """Remove one; its files are free again."""
    return bool(await tx.run(REMOVE, id=scheduled_id))


async def reserved(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Those of the files that wait for a post."""
    return set(await tx.values(RESERVED, ids=list(ids)))


async def files(tx: Tx, ids: Sequence[int]) -> dict[int, dict[int, MediaRow]]:
    """The files that wait for these posts, by post and by their own id."""
    found: dict[int, dict[int, MediaRow]] = {}
    for record in await tx.all(FILES, ids=list(ids)):
        row = MediaRow(*tuple(record)[1:])
        found.setdefault(record[0], {})[row.id] = row
    return found
