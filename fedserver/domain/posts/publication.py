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


async def announce(tx: Tx, row: PostRow, mentioned: list[AccountRow]) -> None:
    """Show a post that is public from now on: counters, homes, search, notifications, peers."""
    await account_queries.count_post(tx, row.account_id, 1, tx.now)
    if row.in_reply_to_id is not None:
        await post_queries.count(tx, row.in_reply_to_id, "replies_count", 1)
        tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    await home_entry_queries.add(tx, row.account_id, row.id, row.account_id)
    await distribution.spread(tx, row)
    await distribution.note(tx, row)
    told = [row.account_id]
    for account in mentioned:
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id):
            told.append(account.id)
    await conversations.put(tx, row, told)
    await notifications.notify_watchers(tx, row)
    if row.visibility != "local":
        await jobs.owe(tx, jobs.CreatePost(row.id))
    await email_subscriptions.owe(tx, row)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)


async def announce_edit(tx: Tx, row: PostRow, newly_named: list[AccountRow]) -> None:
    """Tell of a post that has changed: search, those mentioned now, boosters, quoters, peers, streams."""
    await distribution.note(tx, row)
    told = [
        account.id
        for account in newly_named
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    await conversations.put(tx, row, told)
    for _, booster_id in await post_queries.boosts_of(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
    await quotes.tell_of_edit(tx, row)
    if row.visibility != "local":
        await jobs.owe(tx, jobs.UpdatePost(row.id))
    tx.emit(events.POST_EDITED, post_id=row.id)
