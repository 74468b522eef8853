"""Notifications in groups: a page has one row for each group, the newest (upwards: the oldest) in reach.

`list_heads` walks the account's notifications by id and skips those with a nearer one of the same group; each
step is an index lookup, so the cost of a page depends on its own rows only.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, case, delete, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Page, Tx
from storage.queries.notifications.notifications import COLUMNS, NotificationQuery, is_visible
from storage.rows.notifications import NotificationGroupMemberRow, NotificationRow
from storage.statements import one_of, to_rows
from storage.tables.notifications import notifications

SAMPLE_SIZE = 8
_nearer = notifications.alias()
_own = notifications.c.account_id == bindparam("account_id")
_low = bindparam("page_low", type_=BigInteger())
_max = bindparam("page_max", type_=BigInteger())


def _is_group_head(nearer: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that no visible notification of its group is nearer to the start of the page."""
    return or_(
        ~one_of(notifications.c.kind, "grouped"),
        ~exists(
            select(literal(1)).where(
                _nearer.c.group_key == notifications.c.group_key,
                nearer,
                is_visible(_nearer),
            )
        ),
    )


_within_page = (is_visible(), notifications.c.id < _max, notifications.c.id > _low)
LIST_HEADS_DOWN = (
    select(*COLUMNS)
    .where(*_within_page, _is_group_head((_nearer.c.id > notifications.c.id) & (_nearer.c.id < _max)))
    .order_by(notifications.c.id.desc())
    .limit(bindparam("page_limit"))
)
LIST_HEADS_UP = (
    select(*COLUMNS)
    .where(*_within_page, _is_group_head((_nearer.c.id < notifications.c.id) & (_nearer.c.id > _low)))
    .order_by(notifications.c.id)
    .limit(bindparam("page_limit"))
)
COUNT_HEADS = select(func.count()).select_from(LIST_HEADS_DOWN.subquery())
_matches_key = or_(notifications.c.group_key == bindparam("key"), notifications.c.id == bindparam("id"))
_ranked = (
    select(
        notifications.c.group_key,
        notifications.c.id,
        notifications.c.from_id,
        notifications.c.created_at,
        func.count().over(partition_by=notifications.c.group_key).label("count"),
        func.min(case((notifications.c.id >= bindparam("first_id"), notifications.c.id)))
        .over(partition_by=notifications.c.group_key)
        .label("min_id"),
        func.row_number()
        .over(partition_by=notifications.c.group_key, order_by=notifications.c.id.desc())
        .label("place"),
    )
    .where(
        one_of(notifications.c.group_key, "keys"), notifications.c.id <= bindparam("last_id"), is_visible()
    )
    .subquery()
)
LOAD_MEMBERS = (
    select(*(_ranked.c[name] for name in NotificationGroupMemberRow.__struct_fields__))
    .where(_ranked.c.place <= SAMPLE_SIZE)
    .order_by(_ranked.c.group_key, _ranked.c.id.desc())
)
FIND = select(*COLUMNS).where(_matches_key, is_visible()).order_by(notifications.c.id.desc()).limit(1)
LIST_SENDERS_DOWN, LIST_SENDERS_UP = (
    select(notifications.c.id, notifications.c.from_id)
    .where(_matches_key, *_within_page)
    .order_by(order)
    .limit(bindparam("page_limit"))
    for order in (notifications.c.id.desc(), notifications.c.id)
)
DELETE = delete(notifications).where(_own, _matches_key)


async def list_heads(
    tx: Tx, account_id: int, page: Page, query: NotificationQuery, groupable_kinds: Sequence[str]
) -> list[NotificationRow]:
    """Return one notification for each group, newest first; other kinds stand alone."""
    statement = LIST_HEADS_UP if page.is_upwards else LIST_HEADS_DOWN
    rows = await tx.all(
        statement, **query.bind_params(tx, account_id), **page.bind_params(), grouped=list(groupable_kinds)
    )
    return sorted(to_rows(NotificationRow, rows), key=lambda row: row.id, reverse=True)


async def count_heads(
    tx: Tx, account_id: int, page: Page, query: NotificationQuery, groupable_kinds: Sequence[str]
) -> int:
    """Return how many groups a page would have."""
    params = {**query.bind_params(tx, account_id), **page.bind_params()}
    return int(await tx.value(COUNT_HEADS, **params, grouped=list(groupable_kinds)))


async def load_members(
    tx: Tx, account_id: int, query: NotificationQuery, keys: Sequence[str], first_id: int, last_id: int
) -> dict[str, list[NotificationGroupMemberRow]]:
    """Return the newest notifications of each group up to `last_id`; its page begins at `first_id`."""
    rows = await tx.all(
        LOAD_MEMBERS, **query.bind_params(tx, account_id), keys=list(keys), first_id=first_id, last_id=last_id
    )
    groups: dict[str, list[NotificationGroupMemberRow]] = {}
    for row in to_rows(NotificationGroupMemberRow, rows):
        groups.setdefault(row.group_key, []).append(row)
    return groups


async def find(
    tx: Tx, account_id: int, query: NotificationQuery, key: str, notification_id: int
) -> NotificationRow | None:
    """Return the newest notification of a group, or the ungrouped one with `notification_id`."""
    params = query.bind_params(tx, account_id)
    rows = to_rows(NotificationRow, await tx.all(FIND, **params, key=key, id=notification_id))
    return rows[0] if rows else None


async def list_senders(
    tx: Tx, account_id: int, query: NotificationQuery, key: str, notification_id: int, page: Page
) -> list[tuple[int, int]]:
    """Return cursors and ids of the senders of a group, newest first."""
    statement = LIST_SENDERS_UP if page.is_upwards else LIST_SENDERS_DOWN
    params = {**query.bind_params(tx, account_id), **page.bind_params()}
    rows = await tx.all(statement, **params, key=key, id=notification_id)
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def delete_group(tx: Tx, account_id: int, key: str, notification_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, key=key, id=notification_id))
