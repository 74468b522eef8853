"""Notifications in groups: a page has one row for each group, the newest (or, upwards, the oldest) in reach.

`heads` walks the account's notifications by id and leaves out those that a nearer one of their group
stands for; each step is a look into an index, so a page costs what its rows cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, case, delete, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Tx
from storage.paging import Page
from storage.queries.notifications.notifications import COLUMNS, Wanted, heard
from storage.rows.notifications import GroupMemberRow, NotificationRow
from storage.statements import one_of, rows
from storage.tables.notifications import notifications

SAMPLE = 8
_nearer = notifications.alias()
_own = notifications.c.account_id == bindparam("account_id")
_low = bindparam("page_low", type_=BigInteger())
_max = bindparam("page_max", type_=BigInteger())


def _stands_for_itself(nearer: ColumnElement[bool]) -> ColumnElement[bool]:
    """No other of its group, within reach and heard, is nearer to where the page begins."""
    return or_(
        ~one_of(notifications.c.kind, "grouped"),
        ~exists(
            select(literal(1)).where(
                _nearer.c.group_key == notifications.c.group_key,
                nearer,
                heard(_nearer),
            )
        ),
    )


_reach = (heard(), notifications.c.id < _max, notifications.c.id > _low)
DOWN = (
    select(*COLUMNS)
    .where(*_reach, _stands_for_itself((_nearer.c.id > notifications.c.id) & (_nearer.c.id < _max)))
    .order_by(notifications.c.id.desc())
    .limit(bindparam("page_limit"))
)
UP = (
    select(*COLUMNS)
    .where(*_reach, _stands_for_itself((_nearer.c.id < notifications.c.id) & (_nearer.c.id > _low)))
    .order_by(notifications.c.id)
    .limit(bindparam("page_limit"))
)
COUNT = select(func.count()).select_from(DOWN.subquery())
_of_key = or_(notifications.c.group_key == bindparam("key"), notifications.c.id == bindparam("id"))
_ranked = (
    select(
        notifications.c.group_key,
        notifications.c.id,
        notifications.c.from_id,
        notifications.c.created_at,
        func.count().over(partition_by=notifications.c.group_key).label("count"),
        func.min(case((notifications.c.id >= bindparam("first_id"), notifications.c.id)))
        .over(partition_by=notifications.c.group_key)
        .label("least_id"),
        func.row_number()
        .over(partition_by=notifications.c.group_key, order_by=notifications.c.id.desc())
        .label("place"),
    )
    .where(one_of(notifications.c.group_key, "keys"), notifications.c.id <= bindparam("last_id"), heard())
    .subquery()
)
MEMBERS = (
    select(*(_ranked.c[name] for name in GroupMemberRow.__struct_fields__))
    .where(_ranked.c.place <= SAMPLE)
    .order_by(_ranked.c.group_key, _ranked.c.id.desc())
)
ONE = select(*COLUMNS).where(_of_key, heard()).order_by(notifications.c.id.desc()).limit(1)
SENDERS_DOWN, SENDERS_UP = (
    select(notifications.c.id, notifications.c.from_id)
    .where(_of_key, *_reach)
    .order_by(order)
    .limit(bindparam("page_limit"))
    for order in (notifications.c.id.desc(), notifications.c.id)
)
DISMISS = delete(notifications).where(_own, _of_key)


async def heads(
    tx: Tx, account_id: int, page: Page, wanted: Wanted, grouped: Sequence[str]
) -> list[NotificationRow]:
    """One notification for each group, newest first; of kinds not `grouped` each stands alone."""
    statement = UP if page.upwards else DOWN
    found = await tx.all(statement, **wanted.params(tx, account_id), **page.params(), grouped=list(grouped))
    return sorted(rows(NotificationRow, found), key=lambda row: row.id, reverse=True)


async def count(tx: Tx, account_id: int, page: Page, wanted: Wanted, grouped: Sequence[str]) -> int:
    """How many groups a page would have."""
    params = {**wanted.params(tx, account_id), **page.params()}
    return int(await tx.value(COUNT, **params, grouped=list(grouped)))


async def members(
    tx: Tx, account_id: int, wanted: Wanted, keys: Sequence[str], first_id: int, last_id: int
) -> dict[str, list[GroupMemberRow]]:
    """The newest notifications, up to `last_id`, of each group; its page begins at `first_id`."""
    found = await tx.all(
        MEMBERS, **wanted.params(tx, account_id), keys=list(keys), first_id=first_id, last_id=last_id
    )
    groups: dict[str, list[GroupMemberRow]] = {}
    for row in rows(GroupMemberRow, found):
        groups.setdefault(row.group_key, []).append(row)
    return groups


async def one(
    tx: Tx, account_id: int, wanted: Wanted, key: str, notification_id: int
) -> NotificationRow | None:
    """The newest notification of a group; of one that stands alone (`notification_id`) itself."""
    params = wanted.params(tx, account_id)
    found = rows(NotificationRow, await tx.all(ONE, **params, key=key, id=notification_id))
    return found[0] if found else None


async def senders(
    tx: Tx, account_id: int, wanted: Wanted, key: str, notification_id: int, page: Page
) -> list[tuple[int, int]]:
    """Cursors and ids of those who told of a group, newest first."""
    statement = SENDERS_UP if page.upwards else SENDERS_DOWN
    params = {**wanted.params(tx, account_id), **page.params()}
    found = await tx.all(statement, **params, key=key, id=notification_id)
    return sorted(((row[0], row[1]) for row in found), reverse=True)


async def dismiss(tx: Tx, account_id: int, key: str, notification_id: int) -> bool:
    return bool(await tx.run(DISMISS, account_id=account_id, key=key, id=notification_id))
