"""Grouped notifications (docs.joinmastodon.org/methods/grouped_notifications).

A group has a key, set when a notification is written. A page shows each group once, with what lies within the
page; an older part of the same group may appear on a later page.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notification_views, notifications
from fedserver.domain.notifications.notification_views import NotificationView
from fedserver.domain.notifications.notifications import GROUPED_KINDS
from storage.engine import MAX_ID, Page, Tx
from storage.queries.notifications import notification_groups as notification_group_queries
from storage.queries.notifications import notifications as notification_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationGroupMemberRow, NotificationRow

Pairs = list[tuple[int, int]]


class NotificationGroupView(Struct, frozen=True):
    """A group: its key, newest notification, total count, and newest senders (at most 8).

    `page_min_id` is the oldest notification of the group within the page.
    """

    key: str
    newest: NotificationView
    count: int
    senders: tuple[AccountView, ...]
    page_min_id: int


class NotificationGroupQuery(Struct, frozen=True):
    """A filter of notifications, and the kinds that the client can show as groups."""

    kinds: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    from_id: int | None = None
    filtered: bool = False
    grouped: tuple[str, ...] = ()

    @property
    def groupable_kinds(self) -> list[str]:
        """All kinds that can be grouped, or those of them that were named."""
        return [kind for kind in GROUPED_KINDS if not self.grouped or kind in self.grouped]

    def to_notification_query(self) -> notification_queries.NotificationQuery:
        """Return the same filter for single notifications."""
        return notifications.build_query(self.kinds, self.exclude, self.from_id, filtered=self.filtered)


async def list_by_account(
    tx: Tx, actor: AccountRow, page: Page, query: NotificationGroupQuery
) -> tuple[list[NotificationGroupView], list[int]]:
    """Return a page of groups, newest first, and its newest and oldest notification as cursors.

    With `from_id`, filtered notifications are included, as in `notifications.list_by_account`.
    """
    query = structs.replace(query, filtered=query.filtered or query.from_id is not None)
    heads = await notification_group_queries.list_heads(
        tx, actor.id, page, query.to_notification_query(), query.groupable_kinds
    )
    if not heads:
        return [], []
    first_id, last_id = heads[-1].id, heads[0].id
    # The last page covers the whole requested range; others end where their groups begin.
    if len(heads) < page.limit:
        bounds = page.bind_params()
        first_id = first_id if page.is_upwards else bounds["page_low"] + 1
        last_id = bounds["page_max"] - 1 if page.is_upwards else last_id
    groups = await _load_groups(tx, actor, heads, query, first_id, last_id)
    newest = max((group.newest.row.id for group in groups), default=last_id)
    oldest = min((group.page_min_id for group in groups), default=first_id)
    return groups, [max(newest, heads[0].id), min(oldest, heads[-1].id)]


async def _load_groups(
    tx: Tx,
    actor: AccountRow,
    heads: Sequence[NotificationRow],
    query: NotificationGroupQuery,
    first_id: int,
    last_id: int,
) -> list[NotificationGroupView]:
    keys = [row.group_key for row in heads if row.kind in query.groupable_kinds]
    members = await notification_group_queries.load_members(
        tx, actor.id, query.to_notification_query(), keys, first_id, last_id
    )
    heads = [_replace_with_newest(row, members.get(row.group_key, [])) for row in heads]
    views = {view.row.id: view for view in await notification_views.load_views(tx, actor, heads)}
    senders = await account_views.load(
        tx, list({member.from_id for group in members.values() for member in group})
    )
    groups = []
    for row in heads:
        if row.id in views:
            groups.append(_build_group(views[row.id], members.get(row.group_key, []), senders))
    return groups


def _replace_with_newest(
    row: NotificationRow, members: Sequence[NotificationGroupMemberRow]
) -> NotificationRow:
    """Return the row of the newest notification of the group."""
    if not members:
        return structs.replace(row, group_key=notifications.build_ungrouped_key(row.id))
    newest = members[0]
    return structs.replace(row, id=newest.id, from_id=newest.from_id, created_at=newest.created_at)


def _build_group(
    view: NotificationView, members: Sequence[NotificationGroupMemberRow], senders: dict[int, AccountView]
) -> NotificationGroupView:
    if not members:
        return NotificationGroupView(view.row.group_key, view, 1, (view.account,), view.row.id)
    shown = dict.fromkeys(member.from_id for member in members)
    return NotificationGroupView(
        key=view.row.group_key,
        newest=view,
        count=members[0].count,
        senders=tuple(senders[sender_id] for sender_id in shown if sender_id in senders),
        page_min_id=members[0].min_id or view.row.id,
    )


async def count_unread(tx: Tx, actor: AccountRow, limit: int, query: NotificationGroupQuery) -> int:
    """Return how many groups are newer than the read marker, at most `limit`."""
    read = await notification_queries.load_last_read_id(tx, actor.id)
    page, query = Page(limit=limit, since_id=read), structs.replace(query, filtered=False)
    return await notification_group_queries.count_heads(
        tx, actor.id, page, query.to_notification_query(), query.groupable_kinds
    )


def _parse_ungrouped_key(key: str) -> int:
    """Return the notification id in the key of an ungrouped notification, -1 for other keys."""
    number = key.removeprefix("ungrouped-")
    alone = number != key and number.isascii() and number.isdecimal() and len(number) <= 19
    return min(int(number), MAX_ID) if alone else -1


async def get(tx: Tx, actor: AccountRow, key: str) -> NotificationGroupView:
    """Return a whole group of `actor`. Raises NotFoundError."""
    number = _parse_ungrouped_key(key)
    query = NotificationGroupQuery(filtered=True, grouped=GROUPED_KINDS if number < 0 else ("none",))
    row = await notification_group_queries.find(tx, actor.id, query.to_notification_query(), key, number)
    groups = await _load_groups(tx, actor, [row], query, 0, MAX_ID) if row is not None else []
    if not groups:
        raise NotFoundError
    return groups[0]


async def list_senders(tx: Tx, actor: AccountRow, key: str, page: Page) -> Pairs:
    """Return cursors and ids of all senders of a group of `actor`. Raises NotFoundError."""
    number, wanted = _parse_ungrouped_key(key), notifications.build_query(filtered=True)
    if await notification_group_queries.find(tx, actor.id, wanted, key, number) is None:
        raise NotFoundError
    return await notification_group_queries.list_senders(tx, actor.id, wanted, key, number, page)


async def dismiss(tx: Tx, actor: AccountRow, key: str) -> None:
    """Remove a group of `actor`. Raises NotFoundError."""
    if not await notification_group_queries.delete_group(tx, actor.id, key, _parse_ungrouped_key(key)):
        raise NotFoundError
