"""Notification requests: senders whose notifications a member's policy keeps back.

Accepting a request lets the sender pass from then on; a job delivers what was kept back. Dismissing one
removes what was kept back. See docs.joinmastodon.org/methods/notifications.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.notifications import conversations, notifications
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import Page, ReadTx, Tx
from storage.queries.notifications import notification_policies as notification_policy_queries
from storage.queries.notifications import notification_requests as notification_request_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationRequestRow

MAX_PER_CALL = 80  # twice the usual page


class NotificationRequestView(Struct, frozen=True):
    """A request as its recipient sees it, with the last post that was kept back."""

    row: NotificationRequestRow
    account: AccountView
    post: PostView | None


async def list_by_account(
    tx: Tx, actor: AccountRow, page: Page
) -> tuple[list[NotificationRequestView], list[int]]:
    """Return a page of views, newest first, and the cursors of all rows read for it."""
    wanted = notifications.build_query(filtered=True)
    rows = await notification_request_queries.list_by_account(tx, actor.id, wanted, page)
    return await _load_views(tx, actor, rows), [row.id for row in rows]


async def _load_views(
    tx: ReadTx, actor: AccountRow, rows: Sequence[NotificationRequestRow]
) -> list[NotificationRequestView]:
    senders = await account_views.load(tx, [row.from_id for row in rows])
    post_ids = [row.last_post_id for row in rows if row.last_post_id is not None]
    posts = {view.post.id: view for view in await post_views.load(tx, post_ids, actor.id)}
    return [
        NotificationRequestView(row, senders[row.from_id], posts.get(row.last_post_id or 0))
        for row in rows
        if row.from_id in senders
    ]


async def _load_own(tx: Tx, actor: AccountRow, ids: Sequence[int]) -> list[NotificationRequestRow]:
    wanted = notifications.build_query(filtered=True)
    return await notification_request_queries.load_by_ids(tx, actor.id, wanted, ids)


async def get(tx: Tx, actor: AccountRow, request_id: int) -> NotificationRequestView:
    """Return a request to `actor`. Raises NotFoundError."""
    views = await _load_views(tx, actor, await _load_own(tx, actor, [request_id]))
    if not views:
        raise NotFoundError
    return views[0]


async def accept(tx: Tx, actor: AccountRow, request_id: int) -> None:
    """Accept a request. Raises NotFoundError."""
    if not await _accept_rows(tx, actor, [request_id]):
        raise NotFoundError


async def accept_many(tx: Tx, actor: AccountRow, ids: Sequence[int]) -> None:
    """Accept requests; unknown ids are ignored. Raises InvalidError for too many."""
    _check_count(ids)
    await _accept_rows(tx, actor, ids)


async def _accept_rows(tx: Tx, actor: AccountRow, ids: Sequence[int]) -> bool:
    rows = await _load_own(tx, actor, ids)
    for row in rows:
        await notification_policy_queries.insert_permission(tx, actor.id, row.from_id)
        task = jobs.MergeNotifications(actor.id, row.from_id)
        await jobs.enqueue(tx, task, dedupe=f"merge_notifications:{actor.id}:{row.from_id}")
    await notification_request_queries.delete_by_ids(tx, actor.id, [row.id for row in rows])
    return bool(rows)


async def dismiss(tx: Tx, actor: AccountRow, request_id: int) -> None:
    """Remove a request and the notifications that it kept back. Raises NotFoundError."""
    if not await _dismiss_rows(tx, actor, [request_id]):
        raise NotFoundError


async def dismiss_many(tx: Tx, actor: AccountRow, ids: Sequence[int]) -> None:
    """Remove requests; unknown ids are ignored. Raises InvalidError for too many."""
    _check_count(ids)
    await _dismiss_rows(tx, actor, ids)


async def _dismiss_rows(tx: Tx, actor: AccountRow, ids: Sequence[int]) -> bool:
    rows = await _load_own(tx, actor, ids)
    await notification_request_queries.delete_filtered(tx, actor.id, [row.from_id for row in rows])
    await notification_request_queries.delete_by_ids(tx, actor.id, [row.id for row in rows])
    return bool(rows)


def _check_count(ids: Sequence[int]) -> None:
    if len(ids) > MAX_PER_CALL:
        raise InvalidError("id", f"names more than {MAX_PER_CALL} requests")


async def is_merged(tx: ReadTx, actor: AccountRow) -> bool:
    """Return True if no notifications of accepted senders are still kept back."""
    return not await notification_request_queries.has_unmerged(tx, actor.id)


async def merge(tx: Tx, account_id: int, from_id: int) -> None:
    """Deliver what was kept back of an accepted sender; repeating it changes nothing."""
    post_ids = await notification_request_queries.list_direct_post_ids(tx, account_id, from_id)
    posts = await post_queries.load_by_ids(tx, post_ids)
    for post_id in post_ids:
        await conversations.add_post(tx, posts[post_id], [account_id])
    await notification_request_queries.mark_unfiltered(tx, account_id, from_id)
    if not await notification_request_queries.has_unmerged(tx, account_id):
        tx.emit(events.NOTIFICATIONS_MERGED, account_id=account_id)
