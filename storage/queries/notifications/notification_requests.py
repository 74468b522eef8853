"""Notification requests; one exists while notifications of its sender are kept back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, literal, select, update
from sqlalchemy.sql.selectable import Select

from storage.engine import Page, ReadTx, Tx
from storage.queries.notifications.notifications import NotificationQuery, is_visible
from storage.rows.notifications import NotificationRequestRow
from storage.statements import PagedStatement, one_of, to_rows, upsert
from storage.tables.notifications import notification_permissions, notification_requests, notifications
from storage.tables.posts import posts

INSERT = upsert(notification_requests).on_conflict_do_nothing()
_own = notification_requests.c.account_id == bindparam("account_id")
_is_filtered = and_(
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.from_id == bindparam("from_id"),
    notifications.c.filtered,
)
_requests_with_notifications = notification_requests.join(
    notifications,
    and_(
        notifications.c.account_id == notification_requests.c.account_id,
        notifications.c.from_id == notification_requests.c.from_id,
        notifications.c.filtered,
    ),
)
_select_requests: Select[Any] = (
    select(
        notification_requests.c.id,
        notification_requests.c.from_id,
        func.count(),
        func.min(notifications.c.created_at),
        func.max(notifications.c.created_at),
        func.max(notifications.c.post_id),
    )
    .select_from(_requests_with_notifications)
    .where(_own, is_visible())
    .group_by(notification_requests.c.id, notification_requests.c.from_id)
)
LIST_BY_ACCOUNT = PagedStatement(_select_requests, notification_requests.c.id)
LOAD_BY_IDS = _select_requests.where(one_of(notification_requests.c.id, "ids"))
COUNT = (
    select(func.count(notification_requests.c.id.distinct()), func.count())
    .select_from(_requests_with_notifications)
    .where(_own, is_visible())
)
DELETE_BY_IDS = delete(notification_requests).where(_own, one_of(notification_requests.c.id, "ids"))
DELETE_FILTERED = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"),
    one_of(notifications.c.from_id, "from_ids"),
    notifications.c.filtered,
)
LIST_DIRECT_POST_IDS = (
    select(posts.c.id)
    .select_from(notifications.join(posts, posts.c.id == notifications.c.post_id))
    .where(_is_filtered, notifications.c.kind == "mention", posts.c.visibility == "direct")
    .order_by(posts.c.id)
)
MARK_UNFILTERED = (
    update(notifications)
    .where(
        notifications.c.account_id == bindparam("b_account_id"),
        notifications.c.from_id == bindparam("b_from_id"),
        notifications.c.filtered,
    )
    .values(filtered=False)
)
# Notifications of a permitted sender that are still kept back.
HAS_UNMERGED = select(
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


async def insert(tx: Tx, account_id: int, from_id: int) -> None:
    """Record that a notification of the sender was kept back."""
    await tx.run(INSERT, id=tx.new_id(), account_id=account_id, from_id=from_id)


async def list_by_account(
    tx: Tx, account_id: int, query: NotificationQuery, page: Page
) -> list[NotificationRequestRow]:
    """Return a page of requests, newest first."""
    rows = await tx.all(
        LIST_BY_ACCOUNT.for_page(page), **query.bind_params(tx, account_id), **page.bind_params()
    )
    return sorted(to_rows(NotificationRequestRow, rows), key=lambda row: row.id, reverse=True)


async def load_by_ids(
    tx: Tx, account_id: int, query: NotificationQuery, ids: Sequence[int]
) -> list[NotificationRequestRow]:
    """Return those of the requests that the account has."""
    rows = await tx.all(LOAD_BY_IDS, **query.bind_params(tx, account_id), ids=list(ids))
    return to_rows(NotificationRequestRow, rows)


async def count(tx: ReadTx, account_id: int, query: NotificationQuery) -> tuple[int, int]:
    """Return the number of requests and of notifications kept back."""
    row = await tx.one(COUNT, **query.bind_params(tx, account_id))
    return (row[0], row[1]) if row else (0, 0)


async def delete_by_ids(tx: Tx, account_id: int, ids: Sequence[int]) -> None:
    await tx.run(DELETE_BY_IDS, account_id=account_id, ids=list(ids))


async def delete_filtered(tx: Tx, account_id: int, from_ids: Sequence[int]) -> None:
    """Delete the notifications of these senders that are kept back."""
    await tx.run(DELETE_FILTERED, account_id=account_id, from_ids=list(from_ids))


async def list_direct_post_ids(tx: ReadTx, account_id: int, from_id: int) -> list[int]:
    """Return direct posts of the sender that mention the account and are kept back."""
    return await tx.values(LIST_DIRECT_POST_IDS, account_id=account_id, from_id=from_id)


async def mark_unfiltered(tx: Tx, account_id: int, from_id: int) -> None:
    """Mark the notifications of a sender that are kept back as delivered."""
    await tx.run(MARK_UNFILTERED, b_account_id=account_id, b_from_id=from_id)


async def has_unmerged(tx: ReadTx, account_id: int) -> bool:
    """Return True if notifications of a permitted sender are still kept back."""
    return bool(await tx.value(HAS_UNMERGED, account_id=account_id))
