"""The moments when a member's post is there for others, and when it has changed."""

from __future__ import annotations

from fedserver.domain import (
    arrivals,
    conversations,
    email_subscriptions,
    events,
    notifications,
    quotes,
    tasks,
)
from storage import AccountRow, PostRow, Tx, queries


async def announce(tx: Tx, row: PostRow, mentioned: list[AccountRow]) -> None:
    """Show a post that is public from now on: counters, homes, search, notifications, peers."""
    await queries.accounts.count_post(tx, row.account_id, 1, tx.now)
    if row.in_reply_to_id is not None:
        await queries.posts.count(tx, row.in_reply_to_id, "replies_count", 1)
        tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    await queries.home_entries.add(tx, row.account_id, row.id, row.account_id)
    await arrivals.spread(tx, row)
    await arrivals.note(tx, row)
    told = [row.account_id]
    for account in mentioned:
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id):
            told.append(account.id)
    await conversations.put(tx, row, told)
    await notifications.notify_watchers(tx, row)
    if row.visibility != "local":
        await tasks.owe(tx, tasks.CreatePost(row.id))
    await email_subscriptions.owe(tx, row)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)


async def announce_edit(tx: Tx, row: PostRow, newly_named: list[AccountRow]) -> None:
    """Tell of a post that has changed: search, those mentioned now, boosters, quoters, peers, streams."""
    await arrivals.note(tx, row)
    told = [
        account.id
        for account in newly_named
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    await conversations.put(tx, row, told)
    for _, booster_id in await queries.posts.boosts_of(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
    await quotes.tell_of_edit(tx, row)
    if row.visibility != "local":
        await tasks.owe(tx, tasks.UpdatePost(row.id))
    tx.emit(events.POST_EDITED, post_id=row.id)
