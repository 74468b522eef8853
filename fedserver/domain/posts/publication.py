"""The moments when a post is there for others, and when it has changed."""

from __future__ import annotations

from collections.abc import Sequence, Set

from fedserver.domain.content import search_index, tags
from fedserver.domain.kernel import events, jobs
from fedserver.domain.notifications import conversations, email_subscriptions, notifications
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import cards
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

MAX_DEPTH = 40  # steps up a thread


async def publish(tx: Tx, row: PostRow, mentioned: list[AccountRow]) -> None:
    """Show a post that is public from now on: counters, homes, search, notifications, peers."""
    await account_queries.adjust_post_count(tx, row.account_id, 1, tx.now)
    await adjust_replies_count(tx, row, 1)
    await home_entry_queries.insert(tx, row.account_id, row.id, row.account_id)
    await _fan_out_home(tx, row)
    await _index(tx, row)
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
    await _index(tx, row)
    notified_ids = [
        account.id
        for account in newly_mentioned
        if await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    await conversations.add_post(tx, row, notified_ids)
    await _notify_boosters(tx, row)
    await quotes.notify_quoters(tx, row)
    if row.visibility != "local":
        await jobs.enqueue(tx, jobs.UpdatePost(row.id))
    tx.emit(events.POST_EDITED, post_id=row.id)


async def publish_remote(
    tx: Tx, row: PostRow, parent: PostRow | None, mentioned: Sequence[AccountRow], depth: int
) -> None:
    """Show a post of a peer: counters, its thread, homes, search, notifications.

    `depth` counts the steps up a thread that led here: after 40 no further parent is fetched.
    """
    await account_queries.adjust_post_count(tx, row.account_id, 1, row.published_at)
    if parent is not None:
        await adjust_replies_count(tx, row, 1)
    elif row.in_reply_to_uri is not None and depth < MAX_DEPTH:
        task = jobs.FetchParent(row.in_reply_to_uri, depth + 1)
        await jobs.enqueue(tx, task, dedupe=f"fetch_parent:{row.in_reply_to_uri}")
    adopted = await post_queries.link_orphaned_replies(tx, row)
    if adopted:
        await post_queries.adjust_count(tx, row.id, "replies_count", adopted)
        await conversations.merge_threads(tx, row)
    await _fan_out_home(tx, row)
    await _index(tx, row)
    notified_ids = [
        account.id
        for account in mentioned
        if not account.domain
        and await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    await conversations.add_post(tx, row, notified_ids)
    await notifications.notify_post_followers(tx, row)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)


async def show_to_reader(tx: Tx, row: PostRow, reader: AccountRow) -> None:
    """Show a direct post to a reader who was added: their notifications, conversations and home."""
    if await notifications.notify(tx, "mention", reader.id, row.account_id, row.id):
        await conversations.add_post(tx, row, [reader.id])
    await _fan_out_home(tx, row)
    tx.emit(events.POST_CHANGED, post_id=row.id)


async def publish_remote_edit(
    tx: Tx,
    former: PostRow,
    row: PostRow,
    author: AccountRow,
    mentioned: Sequence[AccountRow],
    known_ids: Set[int],
) -> None:
    """Tell of a peer's post that has changed: search, those mentioned now, boosters, quoters, streams.

    `known_ids` are the accounts that its former version mentioned. Nobody is notified of what a suspended
    author changes.
    """
    await _index(tx, row)
    if author.suspended_at is not None:
        return
    local = [account for account in mentioned if not account.domain]
    notified_ids = [
        account.id
        for account in local
        if account.id not in known_ids
        and await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    ]
    if former.visibility != "direct" and row.visibility == "direct":
        # It became a conversation with those whom it mentioned already.
        notified_ids += [
            account.id
            for account in local
            if account.id in known_ids and await notifications.is_accepted(tx, "mention", account.id, row)
        ]
    await conversations.add_post(tx, row, notified_ids)
    await _notify_boosters(tx, row)
    await quotes.notify_quoters(tx, row)
    tx.emit(events.POST_EDITED, post_id=row.id)


async def adjust_replies_count(tx: Tx, row: PostRow, change: int) -> None:
    """Count a reply to the post that `row` answers, if it answers one that is here."""
    if row.in_reply_to_id is not None:
        await post_queries.adjust_count(tx, row.in_reply_to_id, "replies_count", change)
        tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)


async def _index(tx: Tx, row: PostRow) -> None:
    """Put the words of a post where they are searched, and see later what its first link is to show."""
    await search_index.index_posts(tx, [row])
    await cards.enqueue_fetch(tx, row)


async def _fan_out_home(tx: Tx, row: PostRow) -> None:
    """Show a new post in the homes of those who follow its author or its hashtags."""
    await home_entry_queries.fan_out(tx, row)
    await tags.fan_out_home(tx, row)


async def _notify_boosters(tx: Tx, row: PostRow) -> None:
    for _, booster_id in await post_queries.list_boosts(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
