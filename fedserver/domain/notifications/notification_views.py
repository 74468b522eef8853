"""Notifications as their recipients see them, loaded in batches."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notification_subjects, notifications
from fedserver.domain.notifications.notification_subjects import NotificationSubject
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import Page, ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.notifications import notifications as notification_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationRow

POST_KINDS = frozenset(
    {"mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update"}
)


class NotificationView(Struct, frozen=True):
    """A notification as its recipient sees it."""

    row: NotificationRow
    account: AccountView
    post: PostView | None
    subject: NotificationSubject | None = None


async def list_by_account(
    tx: ReadTx,
    actor: AccountRow,
    page: Page,
    *,
    kinds: Sequence[str] = (),
    exclude: Sequence[str] = (),
    from_id: int | None = None,
    filtered: bool = False,
) -> tuple[list[NotificationView], list[int]]:
    """Return a page of views, and the cursors of all rows read for it; `filtered` includes those kept back.

    With `from_id` these are always included, so that a request can be inspected (as with Mastodon).
    """
    chosen = notifications.build_query(kinds, exclude, from_id, filtered=filtered or from_id is not None)
    rows = await notification_queries.list_by_account(tx, actor.id, page, chosen)
    return await load_views(tx, actor, rows), [row.id for row in rows]


async def load_views(
    tx: ReadTx, actor: AccountRow, rows: Sequence[NotificationRow]
) -> list[NotificationView]:
    """Return views whose sender and post `actor` may still see, in a fixed number of statements."""
    senders = await account_views.load(tx, list({row.from_id for row in rows}))
    post_ids = list({row.post_id for row in rows if row.post_id is not None})
    posts = {
        view.post.id: view for view in await post_views.load(tx, post_ids, actor.id, context="notifications")
    }
    subjects = await notification_subjects.load(tx, rows)
    views = []
    for row in rows:
        post = posts.get(row.post_id) if row.post_id is not None else None
        subject = subjects.get(row.id)
        is_complete = (post is not None or row.kind not in POST_KINDS) and (
            subject is not None or row.subject_id is None
        )
        if row.from_id in senders and is_complete:
            views.append(NotificationView(row, senders[row.from_id], post, subject))
    return views


async def get(tx: ReadTx, actor: AccountRow, notification_id: int) -> NotificationView:
    """Return a notification of `actor`. Raises NotFoundError."""
    row = await notification_queries.find(tx, actor.id, notification_id)
    views = await load_views(tx, actor, [row]) if row is not None else []
    if not views:
        raise NotFoundError
    return views[0]


async def find(tx: ReadTx, notification_id: int) -> NotificationView | None:
    """Return a notification as its recipient sees it, for streams."""
    row = await notification_queries.find_by_id(tx, notification_id)
    if row is None:
        return None
    recipient = await account_queries.find(tx, row.account_id)
    views = await load_views(tx, recipient, [row]) if recipient is not None else []
    return views[0] if views else None


async def find_wanted(tx: ReadTx, notification_id: int) -> NotificationView | None:
    """Return what `find` does, unless a block or a mute since then hides the notification."""
    view = await find(tx, notification_id)
    return view if view is not None and await notification_queries.is_wanted(tx, view.row) else None
