"""Notifications: visibility, pages, counts and removal."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs
from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import covers
from storage.rows.notifications import NotificationRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.notifications import notifications
from storage.tables.posts import posts
from storage.tables.relationships import blocks, domain_mutes, mutes, thread_mutes
from storage.tables.timelines import markers

COLUMNS = columns_of(notifications, NotificationRow)
INSERT = upsert(notifications).on_conflict_do_nothing()
_ANY_SENDER = -1


class NotificationQuery(Struct, frozen=True):
    """A filter of notifications: kinds, one sender (or all), and whether to include those kept back."""

    kinds: tuple[str, ...]
    from_id: int | None = None
    filtered: bool = False

    def bind_params(self, tx: ReadTx, account_id: int) -> dict[str, object]:
        """Return the bind parameters of `is_visible`."""
        return {
            "account_id": account_id,
            "kinds": list(self.kinds),
            "from_id": _ANY_SENDER if self.from_id is None else self.from_id,
            "filtered": self.filtered,
            "now": tx.now,
        }


def is_visible(source: FromClause = notifications) -> ColumnElement[bool]:
    """Return the condition that a notification of the account is wanted and neither hidden nor muted.

    The one place for lists, groups and counts: blocks, mutes, muted threads and domains apply to older
    notifications too.
    """
    sender = accounts.alias()
    chosen = bindparam("from_id", type_=BigInteger())
    return and_(
        source.c.account_id == bindparam("account_id"),
        # Concatenated with '' so that no index on the kind is used: most requests are for all kinds.
        one_of(source.c.kind.concat(""), "kinds"),
        or_(chosen == _ANY_SENDER, source.c.from_id == chosen),
        or_(source.c.filtered.is_(False), bindparam("filtered", type_=source.c.filtered.type)),
        exists(
            select(literal(1)).where(
                sender.c.id == source.c.from_id,
                sender.c.suspended_at.is_(None),
                sender.c.deleted_at.is_(None),
                ~exists(
                    select(literal(1)).where(
                        domain_mutes.c.account_id == bindparam("account_id"), covers(sender)
                    )
                ),
            )
        ),
        ~exists(
            select(literal(1)).where(
                blocks.c.account_id == source.c.account_id, blocks.c.target_id == source.c.from_id
            )
        ),
        ~exists(
            select(literal(1)).where(
                mutes.c.account_id == source.c.account_id,
                mutes.c.target_id == source.c.from_id,
                mutes.c.hides_notifications,
                or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
            )
        ),
        ~exists(
            select(literal(1))
            .select_from(posts.join(thread_mutes, thread_mutes.c.thread_id == posts.c.thread_id))
            .where(posts.c.id == source.c.post_id, thread_mutes.c.account_id == source.c.account_id)
        ),
    )


LIST_BY_ACCOUNT = PagedStatement(select(*COLUMNS).where(is_visible()), notifications.c.id)
FIND_DUPLICATE = select(notifications.c.id).where(
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == bindparam("kind"),
    notifications.c.from_id == bindparam("from_id"),
    notifications.c.post_id == bindparam("post_id"),
)
_earlier = notifications.alias("earlier")
_newest_group_key = (
    select(_earlier.c.group_key)
    .where(_earlier.c.account_id == bindparam("b_account_id"), one_of(_earlier.c.group_key, "keys"))
    .order_by(_earlier.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
INSERT_IN_GROUP = (
    upsert(notifications)
    .values(
        {name: bindparam(name) for name in NotificationRow.__struct_fields__}
        | {"group_key": func.coalesce(_newest_group_key, bindparam("group_key"))}
    )
    .on_conflict_do_nothing()
)
FIND = select(*COLUMNS).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.id == bindparam("id")
)
FIND_BY_ID = select(*COLUMNS).where(notifications.c.id == bindparam("id"))
IS_WANTED = select(notifications.c.id).where(notifications.c.id == bindparam("id"), is_visible())
DELETE = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.id == bindparam("id")
)
DELETE_BY_ACCOUNT = delete(notifications).where(notifications.c.account_id == bindparam("account_id"))
DELETE_MATCHING = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"),
    notifications.c.kind == bindparam("kind"),
    notifications.c.from_id == bindparam("from_id"),
    or_(notifications.c.post_id == bindparam("post_id"), bindparam("post_id") == -1),
)
DELETE_BY_POST = delete(notifications).where(notifications.c.post_id == bindparam("post_id"))
DELETE_BY_SENDER = delete(notifications).where(
    notifications.c.account_id == bindparam("account_id"), notifications.c.from_id == bindparam("from_id")
)
LOAD_LAST_READ_ID = select(markers.c.last_read_id).where(
    markers.c.account_id == bindparam("account_id"), markers.c.timeline == "notifications"
)
_unread = (
    select(notifications.c.id)
    .where(is_visible(), notifications.c.id > func.coalesce(LOAD_LAST_READ_ID.scalar_subquery(), 0))
    .limit(bindparam("most"))
    .subquery()
)
COUNT_UNREAD = select(func.count()).select_from(_unread)


async def insert(tx: Tx, row: NotificationRow) -> bool:
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def has_duplicate(tx: ReadTx, row: NotificationRow) -> bool:
    """Return True if the account has this very notification already."""
    duplicate = await tx.one(
        FIND_DUPLICATE, account_id=row.account_id, kind=row.kind, from_id=row.from_id, post_id=row.post_id
    )
    return duplicate is not None


async def insert_in_group(tx: Tx, row: NotificationRow, keys: Sequence[str]) -> bool:
    """Add a notification to the newest group with one of these keys; return False for a duplicate.

    It begins a group with the key of `row` if there is none.
    """
    return bool(
        await tx.run(INSERT_IN_GROUP, **structs.asdict(row), b_account_id=row.account_id, keys=list(keys))
    )


async def list_by_account(
    tx: ReadTx, account_id: int, page: Page, query: NotificationQuery
) -> list[NotificationRow]:
    """Return a page of notifications, newest first."""
    rows = await tx.all(
        LIST_BY_ACCOUNT.for_page(page), **query.bind_params(tx, account_id), **page.bind_params()
    )
    return sorted(to_rows(NotificationRow, rows), key=lambda row: row.id, reverse=True)


async def find(tx: ReadTx, account_id: int, notification_id: int) -> NotificationRow | None:
    return to_row_or_none(NotificationRow, await tx.one(FIND, account_id=account_id, id=notification_id))


async def find_by_id(tx: ReadTx, notification_id: int) -> NotificationRow | None:
    return to_row_or_none(NotificationRow, await tx.one(FIND_BY_ID, id=notification_id))


async def is_wanted(tx: ReadTx, row: NotificationRow) -> bool:
    """Return True if nothing hides a notification now, such as a mute since it was written."""
    query = NotificationQuery((row.kind,))
    return await tx.value(IS_WANTED, **query.bind_params(tx, row.account_id), id=row.id) is not None


async def delete_by_id(tx: Tx, account_id: int, notification_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, id=notification_id))


async def delete_by_account(tx: Tx, account_id: int) -> None:
    await tx.run(DELETE_BY_ACCOUNT, account_id=account_id)


async def delete_matching(tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None) -> None:
    """Delete a notification whose cause was undone."""
    wanted = -1 if post_id is None else post_id
    await tx.run(DELETE_MATCHING, kind=kind, account_id=account_id, from_id=from_id, post_id=wanted)


async def delete_by_post(tx: Tx, post_id: int) -> None:
    await tx.run(DELETE_BY_POST, post_id=post_id)


async def delete_by_sender(tx: Tx, account_id: int, from_id: int) -> None:
    """Delete all notifications to `account_id` from `from_id`."""
    await tx.run(DELETE_BY_SENDER, account_id=account_id, from_id=from_id)


async def count_unread(tx: ReadTx, account_id: int, query: NotificationQuery, limit: int) -> int:
    """Return how many notifications are newer than the marker of the account, at most `limit`."""
    return int(await tx.value(COUNT_UNREAD, **query.bind_params(tx, account_id), most=limit))


async def load_last_read_id(tx: ReadTx, account_id: int) -> int:
    """Return the newest notification that the account has read, by its marker; 0 without one."""
    return int(await tx.value(LOAD_LAST_READ_ID, account_id=account_id) or 0)
