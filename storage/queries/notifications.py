"""Notifications."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import Text, and_, bindparam, delete, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.queries.domain_mutes import covers
from storage.rows import NotificationRow
from storage.schema.tables import (
    accounts,
    blocks,
    domain_mutes,
    follows,
    markers,
    mutes,
    notifications,
    thread_mutes,
)
from storage.statements import Page, Paged, Tx, among, columns_of, one_of, row_or_none, rows, upsert

COLUMNS = columns_of(notifications, NotificationRow)
ADD = upsert(notifications).on_conflict_do_nothing()
_sender = accounts.alias()
_recipient = accounts.alias()


def _asks(kind: ColumnElement[str]) -> ColumnElement[bool]:
    return among(kind, "admin.sign_up", "follow_request")


def _follows(follower: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(follows.c.account_id == follower, follows.c.target_id == target))


# May `from_id` tell `account_id` something: ours, neither blocked nor muted, not a muted thread.
ALLOWED = select(_recipient.c.id).where(
    _recipient.c.id == bindparam("account_id"),
    _recipient.c.domain == "",
    _recipient.c.suspended_at.is_(None),
    _recipient.c.deleted_at.is_(None),
    ~exists(
        select(literal(1)).where(
            or_(
                and_(
                    blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("from_id")
                ),
                and_(
                    blocks.c.target_id == bindparam("account_id"), blocks.c.account_id == bindparam("from_id")
                ),
            )
        )
    ),
    ~exists(
        select(literal(1)).where(
            mutes.c.account_id == bindparam("account_id"),
            mutes.c.target_id == bindparam("from_id"),
            mutes.c.hides_notifications,
            or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
        )
    ),
    ~exists(
        select(literal(1)).where(
            thread_mutes.c.account_id == bindparam("account_id"),
            thread_mutes.c.thread_id == bindparam("thread_id"),
        )
    ),
    # A limited account is heard by those who follow it only, unless it asks for something.
    ~exists(
        select(literal(1)).where(
            _sender.c.id == bindparam("from_id"),
            or_(
                _sender.c.suspended_at.is_not(None),
                and_(
                    _sender.c.silenced_at.is_not(None),
                    ~_asks(bindparam("kind", type_=Text())),
                    ~_follows(bindparam("account_id"), _sender.c.id),
                ),
            ),
        )
    ),
    ~exists(
        select(literal(1)).where(
            _sender.c.id == bindparam("from_id"),
            domain_mutes.c.account_id == bindparam("account_id"),
            covers(_sender.c.domain),
        )
    ),
)
_page = (
    select(*COLUMNS)
    .join(accounts, accounts.c.id == notifications.c.from_id)
    .where(
        notifications.c.account_id == bindparam("account_id"),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        or_(
            accounts.c.silenced_at.is_(None),
            # What moderators have to know, and what they say, is told whoever it is about.
            notifications.c.subject_id.is_not(None),
            _asks(notifications.c.kind),
            _follows(notifications.c.account_id, notifications.c.from_id),
        ),
        one_of(notifications.c.kind, "kinds"),
        ~exists(
            select(literal(1)).where(
                blocks.c.account_id == notifications.c.account_id,
                blocks.c.target_id == notifications.c.from_id,
            )
        ),
        ~exists(
            select(literal(1)).where(
                mutes.c.account_id == notifications.c.account_id,
                mutes.c.target_id == notifications.c.from_id,
                mutes.c.hides_notifications,
                or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
            )
        ),
    )
)
PAGE = Paged(_page, notifications.c.id)
PAGE_FROM = Paged(_page.where(notifications.c.from_id == bindparam("from_id")), notifications.c.id)
ONE = select(*COLUMNS).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.id == bindparam("id")
)
BY_ID = select(*COLUMNS).where(notifications.c.id == bindparam("id"))
DISMISS = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.id == bindparam("id")
)
CLEAR = delete(notifications).where(notifications.c.account_id == bindparam("account_id"))
FORGET = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == bindparam("kind"),
    notifications.c.from_id == bindparam("from_id"),
    or_(notifications.c.post_id == bindparam("post_id"), bindparam("post_id") == -1),
)
FORGET_POST = delete(notifications).where(notifications.c.post_id == bindparam("post_id"))
FORGET_BETWEEN = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.from_id == bindparam("from_id")
)
_unread = (
    select(notifications.c.id)
    .where(notifications.c.account_id == bindparam("account_id"), notifications.c.id > bindparam("after_id"))
    .limit(bindparam("most"))
    .subquery()
)
READ_UNTIL = select(markers.c.last_read_id).where(
    markers.c.account_id == bindparam("account_id"), markers.c.timeline == "notifications"
)
UNREAD = select(func.count()).select_from(_unread)


async def add(tx: Tx, row: NotificationRow) -> bool:
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def allowed(tx: Tx, account_id: int, from_id: int, thread_id: int, kind: str) -> bool:
    params = {"account_id": account_id, "from_id": from_id, "thread_id": thread_id, "kind": kind}
    return await tx.one(ALLOWED, **params, now=tx.now) is not None


async def page(
    tx: Tx, account_id: int, page: Page, kinds: Sequence[str], from_id: int | None
) -> list[NotificationRow]:
    """Of these kinds, newest first; of one sender if it is given."""
    params = {"account_id": account_id, "kinds": list(kinds), "now": tx.now, **page.params()}
    if from_id is None:
        found = await tx.all(PAGE.towards(page), **params)
    else:
        found = await tx.all(PAGE_FROM.towards(page), from_id=from_id, **params)
    return sorted(rows(NotificationRow, found), key=lambda row: row.id, reverse=True)


async def one(tx: Tx, account_id: int, notification_id: int) -> NotificationRow | None:
    return row_or_none(NotificationRow, await tx.one(ONE, account_id=account_id, id=notification_id))


async def by_id(tx: Tx, notification_id: int) -> NotificationRow | None:
    return row_or_none(NotificationRow, await tx.one(BY_ID, id=notification_id))


async def dismiss(tx: Tx, account_id: int, notification_id: int) -> bool:
    return bool(await tx.run(DISMISS, account_id=account_id, id=notification_id))


async def clear(tx: Tx, account_id: int) -> None:
    await tx.run(CLEAR, account_id=account_id)


async def forget(tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None) -> None:
    """What was told is no longer so."""
    wanted = -1 if post_id is None else post_id
    await tx.run(FORGET, kind=kind, account_id=account_id, from_id=from_id, post_id=wanted)


async def forget_post(tx: Tx, post_id: int) -> None:
    await tx.run(FORGET_POST, post_id=post_id)


async def forget_between(tx: Tx, account_id: int, from_id: int) -> None:
    """Everything that `from_id` told `account_id`."""
    await tx.run(FORGET_BETWEEN, account_id=account_id, from_id=from_id)


async def unread(tx: Tx, account_id: int, after_id: int, most: int) -> int:
    return int(await tx.value(UNREAD, account_id=account_id, after_id=after_id, most=most))


async def read_until(tx: Tx, account_id: int) -> int:
    """The newest notification that the account has read, by its marker; 0 without one."""
    return int(await tx.value(READ_UNTIL, account_id=account_id) or 0)
