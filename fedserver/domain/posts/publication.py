"""The moments when a member's post is there for others, and when it has changed."""

from __future__ import annotations

from fedserver.domain.kernel import events, jobs
from fedserver.domain.notifications import conversations, email_subscriptions, notifications
from fedserver.domain.posts import distribution, quotes
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


async def publish(tx: Tx, row: PostRow, mentioned: list[AccountRow]) -> None:
    """Show a post that is public from now on: counters, homes, search, notifications, peers."""
    await account_queries.adjust_post_count(tx, row.account_id, 1, tx.now)
    if row.in_reply_to_id is not None:
        await post_queries.adjust_count(tx, row.in_reply_to_id, "replies_count", 1)
        tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    await home_entry_queries.insert(tx, row.account_id, row.id, row.account_id)
    await distribution.fan_out_home(tx, row)
    await distribution.index(tx, row)
    notified_ids = [row.account_id]
    for account in mentioned:
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id):
            notified_ids.append(account.id)
    await conversations.add_post(tx, row, notified_ids)
    await notifications.notify_post_followers(tx, row)
    if row.visibility != "local":
        await jobs.enqueue(tx, jobs.CreatePost(row.id))
    await email_subscriptions.enqueue_mails(tx, row)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)


async def publish_edit(tx: Tx, row: PostRow, newly_mentioned: list[AccountRow]) -> None:
    """Tell of a post that has changed: search, those mentioned now, boosters, quoters, peers, streams."""
    await distribution.index(tx, row)
    notified_ids = [
        account.id
        for account in newly_mentioned
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    await conversations.add_post(tx, row, notified_ids)
    for _, booster_id in await post_queries.list_boosts(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
    await quotes.notify_quoters(tx, row)
    if row.visibility != "local":
        await jobs.enqueue(tx, jobs.UpdatePost(row.id))
    tx.emit(events.POST_EDITED, post_id=row.id)
