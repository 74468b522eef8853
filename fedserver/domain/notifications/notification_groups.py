"""Notifications told together (docs.joinmastodon.org/methods/grouped_notifications).

A group has a key, given when a notification is written. A page shows each group once, with what of it
lies within the page; an older part of the same group may come again on a later page.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.notifications import notifications
from fedserver.domain.notifications.notifications import GROUPED, NotificationView
from storage.engine import Tx
from storage.paging import MAX_ID, Page
from storage.queries.notifications import notification_groups as notification_group_queries
from storage.queries.notifications import notifications as notification_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import GroupMemberRow, NotificationRow

Pairs = list[tuple[int, int]]


class GroupView(Struct, frozen=True):
    """A group: its key, its newest notification, how many there are, and its newest senders (at most 8).

    `least_id` is the oldest of those within the page.
    """

    key: str
    newest: NotificationView
    count: int
    senders: tuple[AccountView, ...]
    least_id: int


class Wish(Struct, frozen=True):
    """Which notifications somebody asks for, and which kinds of them it can show in groups."""

    kinds: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    from_id: int | None = None
    filtered: bool = False
    grouped: tuple[str, ...] = ()

    @property
    def groupable(self) -> list[str]:
        """All kinds that can be grouped if none was named."""
        return [kind for kind in GROUPED if not self.grouped or kind in self.grouped]

    def wanted(self) -> notification_queries.Wanted:
        return notifications.wanted(self.kinds, self.exclude, self.from_id, filtered=self.filtered)


async def page(tx: Tx, actor: AccountRow, page: Page, wish: Wish) -> tuple[list[GroupView], list[int]]:
    """Groups, newest first, and the cursors of the page: its newest and its oldest notification.

    Of one sender those kept back come too, as in `notifications.page`.
    """
    wish = structs.replace(wish, filtered=wish.filtered or wish.from_id is not None)
    heads = await notification_group_queries.heads(tx, actor.id, page, wish.wanted(), wish.groupable)
    if not heads:
        return [], []
    first_id, last_id = heads[-1].id, heads[0].id
    # The last page reaches as far as was asked for; others end where their groups begin.
    if len(heads) < page.limit:
        bounds = page.params()
        first_id = first_id if page.upwards else bounds["page_low"] + 1
        last_id = bounds["page_max"] - 1 if page.upwards else last_id
    found = await _groups(tx, actor, heads, wish, first_id, last_id)
    newest = max((group.newest.row.id for group in found), default=last_id)
    oldest = min((group.least_id for group in found), default=first_id)
    return found, [max(newest, heads[0].id), min(oldest, heads[-1].id)]


async def _groups(
    tx: Tx, actor: AccountRow, heads: Sequence[NotificationRow], wish: Wish, first_id: int, last_id: int
) -> list[GroupView]:
    keys = [row.group_key for row in heads if row.kind in wish.groupable]
    members = await notification_group_queries.members(tx, actor.id, wish.wanted(), keys, first_id, last_id)
    heads = [_newest(row, members.get(row.group_key, [])) for row in heads]
    views = {view.row.id: view for view in await notifications.views(tx, actor, heads)}
    senders = await account_views.load(
        tx, list({each.from_id for group in members.values() for each in group})
    )
    found = []
    for row in heads:
        if row.id in views:
            found.append(_group(views[row.id], members.get(row.group_key, []), senders))
    return found


def _newest(row: NotificationRow, members: Sequence[GroupMemberRow]) -> NotificationRow:
    """The newest of the group in place of the one that was found for it."""
    if not members:
        return structs.replace(row, group_key=notifications.alone(row.id))
    newest = members[0]
    return structs.replace(row, id=newest.id, from_id=newest.from_id, created_at=newest.created_at)


def _group(
    view: NotificationView, members: Sequence[GroupMemberRow], senders: dict[int, AccountView]
) -> GroupView:
    if not members:
        return GroupView(view.row.group_key, view, 1, (view.account,), view.row.id)
    shown = dict.fromkeys(each.from_id for each in members)
    return GroupView(
        key=view.row.group_key,
        newest=view,
        count=members[0].count,
        senders=tuple(senders[each] for each in shown if each in senders),
        least_id=members[0].least_id or view.row.id,
    )


async def unread(tx: Tx, actor: AccountRow, most: int, wish: Wish) -> int:
    """How many groups have something newer than what was read last, at most `most`."""
    read = await notification_queries.read_until(tx, actor.id)
    page, wish = Page(limit=most, since_id=read), structs.replace(wish, filtered=False)
    return await notification_group_queries.count(tx, actor.id, page, wish.wanted(), wish.groupable)


def _named(key: str) -> int:
    """The notification that a key of one that stands alone names, -1 for other keys."""
    number = key.removeprefix("ungrouped-")
    alone = number != key and number.isascii() and number.isdecimal() and len(number) <= 19
    return min(int(number), MAX_ID) if alone else -1


async def get(tx: Tx, actor: AccountRow, key: str) -> GroupView:
    """A whole group of `actor`. Raises NotFound."""
    number = _named(key)
    wish = Wish(filtered=True, grouped=GROUPED if number < 0 else ("none",))
    row = await notification_group_queries.one(tx, actor.id, wish.wanted(), key, number)
    found = await _groups(tx, actor, [row], wish, 0, MAX_ID) if row is not None else []
    if not found:
        raise NotFound
    return found[0]


async def senders(tx: Tx, actor: AccountRow, key: str, page: Page) -> Pairs:
    """Cursors and ids of all who told of a group of `actor`. Raises NotFound if there is none."""
    number, wanted = _named(key), notifications.wanted(filtered=True)
    if await notification_group_queries.one(tx, actor.id, wanted, key, number) is None:
        raise NotFound
    return await notification_group_queries.senders(tx, actor.id, wanted, key, number, page)


async def dismiss(tx: Tx, actor: AccountRow, key: str) -> None:
    """Remove a group of `actor`. Raises NotFound."""
    if not await notification_group_queries.dismiss(tx, actor.id, key, _named(key)):
        raise NotFound
