"""Notifications: what an account is told, and what it never hears of."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain import account_views, events, post_views
from fedserver.domain.account_views import AccountView
from fedserver.domain.errors import NotFound
from fedserver.domain.post_views import PostView
from storage import AccountRow, NotificationRow, Page, PostRow, Tx, queries

KINDS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "update", "quote",
    "quoted_update", "admin.sign_up",
)  # fmt: skip
ABOUT_POSTS = frozenset({"mention", "status", "reblog", "favourite", "update", "quote", "quoted_update"})


class NotificationView(Struct, frozen=True):
    """A notification as its recipient sees it."""

    row: NotificationRow
    account: AccountView
    post: PostView | None


async def notify(tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None = None) -> None:
    """Tell an account something, unless it is not ours, is the sender, or does not want to hear it."""
    if account_id == from_id:
        return
    thread_id = -1
    if post_id is not None:
        post = await queries.posts.by_id(tx, post_id)
        thread_id = post.thread_id if post is not None else -1
    if not await queries.notifications.allowed(tx, account_id, from_id, thread_id):
        return
    row = NotificationRow(tx.new_id(), account_id, kind, from_id, post_id, tx.now)
    if await queries.notifications.add(tx, row):
        tx.emit(events.NOTIFIED, notification_id=row.id, account_id=account_id)


async def notify_watchers(tx: Tx, post: PostRow) -> None:
    """Tell followers who asked to hear of every post of its author."""
    if post.visibility == "direct" or post.in_reply_to_uri is not None:
        return
    for watcher in await queries.follows.watchers(tx, post.account_id):
        await notify(tx, "status", watcher, post.account_id, post.id)


async def page(
    tx: Tx,
    actor: AccountRow,
    page: Page,
    *,
    kinds: Sequence[str] = (),
    exclude: Sequence[str] = (),
    from_id: int | None = None,
) -> tuple[list[NotificationView], list[int]]:
    """A page of views, and the cursors of all rows read for it."""
    wanted = [kind for kind in (kinds or KINDS) if kind not in exclude]
    rows = await queries.notifications.page(tx, actor.id, page, wanted, from_id)
    return await _views(tx, actor, rows), [row.id for row in rows]


async def _views(tx: Tx, actor: AccountRow, rows: Sequence[NotificationRow]) -> list[NotificationView]:
    senders = await account_views.load(tx, list({row.from_id for row in rows}))
    post_ids = list({row.post_id for row in rows if row.post_id is not None})
    posts = {
        view.post.id: view for view in await post_views.load(tx, post_ids, actor.id, context="notifications")
    }
    views = []
    for row in rows:
        post = posts.get(row.post_id) if row.post_id is not None else None
        if row.from_id in senders and (post is not None or row.kind not in ABOUT_POSTS):
            views.append(NotificationView(row, senders[row.from_id], post))
    return views


async def get(tx: Tx, actor: AccountRow, notification_id: int) -> NotificationView:
    """One notification of `actor`. Raises NotFound."""
    row = await queries.notifications.one(tx, actor.id, notification_id)
    views = await _views(tx, actor, [row]) if row is not None else []
    if not views:
        raise NotFound
    return views[0]


async def by_id(tx: Tx, notification_id: int) -> NotificationView | None:
    """A notification as its recipient sees it, for streams."""
    row = await queries.notifications.by_id(tx, notification_id)
    if row is None:
        return None
    recipient = await queries.accounts.by_id(tx, row.account_id)
    views = await _views(tx, recipient, [row]) if recipient is not None else []
    return views[0] if views else None


async def dismiss(tx: Tx, actor: AccountRow, notification_id: int) -> None:
    """Remove one. Raises NotFound."""
    if not await queries.notifications.dismiss(tx, actor.id, notification_id):
        raise NotFound


async def clear(tx: Tx, actor: AccountRow) -> None:
    """Remove all."""
    await queries.notifications.clear(tx, actor.id)


async def unread(tx: Tx, actor: AccountRow, after_id: int, most: int = 100) -> int:
    """How many came after one, at most `most`."""
    return await queries.notifications.unread(tx, actor.id, after_id, most)


async def unread_since_marker(tx: Tx, actor: AccountRow) -> int:
    """How many came after the one that was read last."""
    return await unread(tx, actor, await queries.notifications.read_until(tx, actor.id))


async def forget(tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None = None) -> None:
    """What was told is no longer so: take it back."""
    await queries.notifications.forget(tx, kind, account_id, from_id, post_id)


async def forget_post(tx: Tx, post_id: int) -> None:
    """A post is gone, and with it everything that was told about it."""
    await queries.notifications.forget_post(tx, post_id)
