"""Notifications: written, counted and removed; `notification_views` lists them."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import policy, push_subscriptions
from storage.engine import ReadTx, Tx
from storage.queries.notifications import notification_policies as notification_policy_queries
from storage.queries.notifications import notification_requests as notification_request_queries
from storage.queries.notifications import notifications as notification_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationRow, SenderRelation
from storage.rows.posts import PostRow

KINDS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up",
    "admin.report", "severed_relationships", "moderation_warning", "quote", "quoted_update",
)  # fmt: skip
# The account itself may be the sender of these.
SELF_KINDS = frozenset({"poll", "severed_relationships", "moderation_warning"})
# Frequent kinds are grouped: by post, or for the account as a whole.
GROUPED_KINDS = ("favourite", "reblog", "follow", "admin.sign_up")
GROUP_HOURS = 12  # as with Mastodon
HOUR_MS = 3_600_000
MAIL_DELAY_MS = 10 * 60_000  # someone who is here reads it meanwhile, and gets no mail
MAX_UNREAD = 100  # the navigation of pages counts no further


async def notify_moderation(tx: Tx, kind: str, account_id: int, from_id: int, subject_id: int) -> None:
    """Notify a local account of moderation; no policy or mute applies."""
    number = tx.new_exact_id()
    row = NotificationRow(
        number, account_id, kind, from_id, None, build_ungrouped_key(number), False, tx.now, subject_id
    )
    if await notification_queries.insert(tx, row):
        await _emit(tx, row)


async def notify(
    tx: Tx,
    kind: str,
    account_id: int,
    from_id: int,
    post_id: int | None = None,
    *,
    post: PostRow | None = None,
) -> bool:
    """Notify a local account, unless it is the sender or does not want to be notified.

    Returns True if the notification is shown: False if the policy keeps it back, or it is a duplicate.
    `post` is the row of `post_id`, for callers that have it already.
    """
    if account_id == from_id and kind not in SELF_KINDS:
        return False
    if post is None and post_id is not None:
        post = await post_queries.find(tx, post_id)
    relation = await _load_relation(tx, kind, account_id, from_id, post)
    action = _evaluate(relation, kind, post, tx.now)
    if relation is None or action == policy.DROP:
        return False
    filtered = action == policy.FILTER
    row = await _insert(tx, kind, account_id, from_id, post_id, filtered=filtered)
    if row is None:
        return False
    if filtered:
        await notification_request_queries.insert(tx, account_id, from_id)
    else:
        await _emit(tx, row)
        if relation.mail_kinds and kind in policy.decode_mail_kinds(relation.mail_kinds):
            await _enqueue_mail(tx, row)
    return not filtered


async def is_accepted(tx: ReadTx, kind: str, account_id: int, post: PostRow) -> bool:
    """Return True if a local account would be shown a notification by the author of a post about it."""
    if account_id == post.account_id:
        return False
    relation = await _load_relation(tx, kind, account_id, post.account_id, post)
    return _evaluate(relation, kind, post, tx.now) == policy.ACCEPT


async def _load_relation(
    tx: ReadTx, kind: str, account_id: int, from_id: int, post: PostRow | None
) -> SenderRelation | None:
    """Return how a sender relates to a recipient, None if the recipient hides them or the thread."""
    return await notification_policy_queries.find_sender_relation(
        tx,
        account_id,
        from_id,
        post.thread_id if post is not None else -1,
        post.id if post is not None and kind == "mention" else None,
    )


def _evaluate(relation: SenderRelation | None, kind: str, post: PostRow | None, now: int) -> str:
    """Return what the policy of a recipient, and whom it blocks or mutes, do with a notification."""
    if relation is None:
        return policy.DROP
    private = kind == "mention" and post is not None and post.visibility == "direct"
    return policy.evaluate(relation, kind, is_private=private, now=now)


async def _emit(tx: Tx, row: NotificationRow) -> None:
    """Tell streams and enqueue push messages, once for each notification that is shown."""
    tx.emit(events.NOTIFICATION_ADDED, notification_id=row.id, account_id=row.account_id)
    await push_subscriptions.enqueue_messages(tx, row)


async def _enqueue_mail(tx: Tx, row: NotificationRow) -> None:
    """Enqueue the mail with this notification and those that follow soon; see `notification_mails`."""
    task = jobs.SendNotificationMail(row.account_id, row.id)
    dedupe = f"notification_mail:{row.account_id}"
    await jobs.enqueue(tx, task, dedupe=dedupe, run_at=tx.now + MAIL_DELAY_MS)


async def _insert(
    tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None, *, filtered: bool
) -> NotificationRow | None:
    """Insert a notification; return None for a duplicate. Only the database knows the group it joined."""
    keys = () if filtered else _list_group_keys(kind, post_id, tx.now)
    while True:
        number = tx.new_exact_id()
        own = keys[-1] if keys else build_ungrouped_key(number)
        row = NotificationRow(number, account_id, kind, from_id, post_id, own, filtered, tx.now)
        insert = (
            notification_queries.insert_in_group(tx, row, keys)
            if keys
            else notification_queries.insert(tx, row)
        )
        if await insert:
            return row
        if await notification_queries.has_duplicate(tx, row):
            return None
        # Another process has used this id: take the next.


def build_ungrouped_key(notification_id: int) -> str:
    """Return the group key of an ungrouped notification; clients rely on its form."""
    return f"ungrouped-{notification_id}"


def _list_group_keys(kind: str, post_id: int | None, now: int) -> Sequence[str]:
    """Return the keys of groups that it may join, the last one for a new group; empty if it stands alone.

    A group takes what comes within twelve hours of its first notification, by the hour, as with Mastodon.
    """
    if kind not in GROUPED_KINDS:
        return ()
    subject = kind if post_id is None else f"{kind}-{post_id}"
    hour = now // HOUR_MS
    return [f"{subject}-{group_hour}" for group_hour in range(hour - GROUP_HOURS + 1, hour + 1)]


def build_query(
    kinds: Sequence[str] = (),
    exclude: Sequence[str] = (),
    from_id: int | None = None,
    *,
    filtered: bool = False,
) -> notification_queries.NotificationQuery:
    """Return a filter of notifications; `filtered` includes those kept back."""
    chosen = tuple(kind for kind in KINDS if (not kinds or kind in kinds) and kind not in exclude)
    return notification_queries.NotificationQuery(chosen, from_id, filtered)


async def notify_post_followers(tx: Tx, post: PostRow) -> None:
    """Notify followers who asked to be notified of every post of its author."""
    if post.visibility == "direct" or post.in_reply_to_uri is not None:
        return
    for watcher in await follow_queries.list_notified_followers(tx, post.account_id):
        await notify(tx, "status", watcher, post.account_id, post.id)


async def dismiss(tx: Tx, actor: AccountRow, notification_id: int) -> None:
    """Remove a notification of `actor`. Raises NotFoundError."""
    if not await notification_queries.delete_by_id(tx, actor.id, notification_id):
        raise NotFoundError


async def clear(tx: Tx, actor: AccountRow) -> None:
    """Remove all notifications of `actor`."""
    await notification_queries.delete_by_account(tx, actor.id)


async def count_unread(
    tx: ReadTx,
    actor: AccountRow,
    limit: int = MAX_UNREAD,
    *,
    kinds: Sequence[str] = (),
    exclude: Sequence[str] = (),
    from_id: int | None = None,
) -> int:
    """Return how many notifications are newer than the read marker, at most `limit`."""
    return await notification_queries.count_unread(tx, actor.id, build_query(kinds, exclude, from_id), limit)


async def retract(tx: Tx, kind: str, account_id: int, from_id: int, post_id: int | None = None) -> None:
    """Remove a notification whose cause was undone."""
    await notification_queries.delete_matching(tx, kind, account_id, from_id, post_id)


async def remove_by_sender(tx: Tx, account_id: int, from_id: int) -> None:
    """Remove all notifications from `from_id`, and the permission to send more; after a block."""
    await notification_queries.delete_by_sender(tx, account_id, from_id)
    await notification_policy_queries.delete_permission(tx, account_id, from_id)


async def remove_by_post(tx: Tx, post_id: int) -> None:
    """Remove all notifications about a deleted post."""
    await notification_queries.delete_by_post(tx, post_id)
