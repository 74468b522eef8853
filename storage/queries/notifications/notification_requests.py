"""Those whose notifications an account's policy keeps back. A request lives while there are such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, literal, select, update
from sqlalchemy.sql.selectable import Select

from storage.engine import Tx
from storage.paging import Page
from storage.queries.notifications.notifications import Wanted, heard
from storage.rows.notifications import NotificationRequestRow
from storage.statements import Paged, one_of, rows, upsert
from storage.tables.notifications import notification_permissions, notification_requests, notifications
from storage.tables.posts import posts

ADD = upsert(notification_requests).on_conflict_do_nothing()
_own = notification_requests.c.account_id == bindparam("account_id")
_kept_back = and_(
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.from_id == bindparam("from_id"),
    notifications.c.filtered,
)
_between = notification_requests.join(
    notifications,
    and_(
        notifications.c.account_id == notification_requests.c.account_id,
        notifications.c.from_id == notification_requests.c.from_id,
        notifications.c.filtered,
    ),
)
_asking: Select[Any] = (
    select(
        notification_requests.c.id,
        notification_requests.c.from_id,
        func.count(),
        func.min(notifications.c.created_at),
        func.max(notifications.c.created_at),
        func.max(notifications.c.post_id),
    )
    .select_from(_between)
    .where(_own, heard())
    .group_by(notification_requests.c.id, notification_requests.c.from_id)
)
PAGE = Paged(_asking, notification_requests.c.id)
SOME = _asking.where(one_of(notification_requests.c.id, "ids"))
FIGURES = (
    select(func.count(notification_requests.c.id.distinct()), func.count())
    .select_from(_between)
    .where(_own, heard())
)
REMOVE = delete(notification_requests).where(_own, one_of(notification_requests.c.id, "ids"))
DROP = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"),
    one_of(notifications.c.from_id, "from_ids"),
    notifications.c.filtered,
)
LETTERS = (
    select(posts.c.id)
    .select_from(notifications.join(posts, posts.c.id == notifications.c.post_id))
    .where(_kept_back, notifications.c.kind == "mention", posts.c.visibility == "direct")
    .order_by(posts.c.id)
)
RELEASE = (
    update(notifications)
    .where(
        notifications.c.account_id == bindparam("b_account_id"),
        notifications.c.from_id == bindparam("b_from_id"),
        notifications.c.filtered,
    )
    .values(filtered=False)
)
# A sender has the permission, and its notifications are still kept back.
WAITING = select(
    exists(
        select(literal(1))
        .select_from(
            notifications.join(
                notification_permissions,
                and_(
                    notification_permissions.c.account_id == notifications.c.account_id,
                    notification_permissions.c.from_id == notifications.c.from_id,
                ),
            )
        )
        .where(notifications.c.account_id == bindparam("account_id"), notifications.c.filtered)
    )
)


async def add(tx: Tx, account_id: int, from_id: int) -> None:
    """There is something of the sender that is kept back."""
    await tx.run(ADD, id=tx.new_id(), account_id=account_id, from_id=from_id)


async def page(tx: Tx, account_id: int, wanted: Wanted, page: Page) -> list[NotificationRequestRow]:
    """Newest first."""
    found = await tx.all(PAGE.towards(page), **wanted.params(tx, account_id), **page.params())
    return sorted(rows(NotificationRequestRow, found), key=lambda row: row.id, reverse=True)


async def some(tx: Tx, account_id: int, wanted: Wanted, ids: Sequence[int]) -> list[NotificationRequestRow]:
    """Those of the requests that the account has."""
    found = await tx.all(SOME, **wanted.params(tx, account_id), ids=list(ids))
    return rows(NotificationRequestRow, found)


async def figures(tx: Tx, account_id: int, wanted: Wanted) -> tuple[int, int]:
    """How many requests there are, and of how many notifications."""
    found = await tx.one(FIGURES, **wanted.params(tx, account_id))
    return (found[0], found[1]) if found else (0, 0)


async def remove(tx: Tx, account_id: int, ids: Sequence[int]) -> None:
    await tx.run(REMOVE, account_id=account_id, ids=list(ids))


async def drop(tx: Tx, account_id: int, from_ids: Sequence[int]) -> None:
    """Remove what of these senders is kept back."""
    await tx.run(DROP, account_id=account_id, from_ids=list(from_ids))


async def letters(tx: Tx, account_id: int, from_id: int) -> list[int]:
    """Direct posts of the sender that mention the account and are kept back."""
    return await tx.values(LETTERS, account_id=account_id, from_id=from_id)


async def release(tx: Tx, account_id: int, from_id: int) -> None:
    """What of the sender is kept back is told."""
    await tx.run(RELEASE, b_account_id=account_id, b_from_id=from_id)


async def waiting(tx: Tx, account_id: int) -> bool:
    """True while something of a permitted sender is kept back."""
    return bool(await tx.value(WAITING, account_id=account_id))
