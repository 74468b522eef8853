"""Notification policies and requests: what is kept back until its sender is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.notifications import (
    conversations,
    notification_groups,
    notification_policies,
    notification_requests,
    notification_views,
    notifications,
)
from fedserver.domain.notifications.notification_groups import NotificationGroupQuery
from fedserver.domain.posts import likes
from fedserver.domain.relationships import blocks, mutes
from storage.engine import Database, Page, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.domain.relationships.test_blocks import list_jobs
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, establish_follow, publish

PAGE = Page()
SHUT = dict.fromkeys(
    ("for_not_following", "for_not_followers", "for_new_accounts", "for_private_mentions"), "filter"
)


async def list_kinds(tx: Tx, account: AccountRow, **filters: Any) -> list[str]:
    return [
        view.row.kind for view in (await notification_views.list_by_account(tx, account, PAGE, **filters))[0]
    ]


async def set_policy(database: Database, account: AccountRow, **actions: str) -> None:
    async with database.write() as tx:
        await notification_policies.update(tx, account, actions)


async def run_merge_jobs(tx: Tx) -> None:
    for task in await list_jobs(tx, jobs.MergeNotifications):
        assert isinstance(task, jobs.MergeNotifications)
        await notification_requests.merge(tx, task.account_id, task.from_id)


async def list_requests(tx: Tx, account: AccountRow) -> list[tuple[int, int]]:
    views, _ = await notification_requests.list_by_account(tx, account, PAGE)
    return [(view.account.account.id, view.row.count) for view in views]


async def test_filtered_notifications_wait_until_their_sender_is_accepted(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await set_policy(database, ann, for_not_following="filter")
    post_id = await publish(database, here, ann, "one")
    letter = await publish(database, here, bob, "hello @ann")
    async with database.write() as tx:
        await likes.like(tx, here, bob, post_id)
        await likes.like(tx, here, eve, post_id)
        assert all(event.kind != events.NOTIFICATION_ADDED for event in tx.events)
        assert await list_kinds(tx, ann) == []
        assert await notifications.count_unread(tx, ann) == 0
        assert (await notification_groups.list_by_account(tx, ann, PAGE, NotificationGroupQuery()))[0] == []
        assert await notification_groups.count_unread(tx, ann, 100, NotificationGroupQuery()) == 0
        assert await list_kinds(tx, ann, filtered=True) == ["favourite", "favourite", "mention"]
        assert await list_kinds(tx, ann, from_id=bob.id) == ["favourite", "mention"]
        assert await notifications.count_unread(tx, ann, from_id=bob.id) == 0
        assert (
            await notification_groups.count_unread(
                tx, ann, 9, NotificationGroupQuery(from_id=bob.id, filtered=True)
            )
            == 0
        )
        everything = (
            await notification_groups.list_by_account(tx, ann, PAGE, NotificationGroupQuery(filtered=True))
        )[0]
        assert [view.key for view in everything] == [f"ungrouped-{view.newest.row.id}" for view in everything]
        assert await list_requests(tx, ann) == [(eve.id, 1), (bob.id, 2)]
        policy = await notification_policies.get(tx, ann)
        assert (policy.pending_requests_count, policy.pending_notifications_count) == (2, 3)
        views, (newer, older) = await notification_requests.list_by_account(tx, ann, PAGE)
        assert views[1].post is not None
        assert views[1].row.first_at < views[1].row.last_at
        assert {views[1].post.post.id, views[0].post and views[0].post.post.id} <= {letter, post_id}
        await notification_requests.accept(tx, ann, older)
        assert not await notification_requests.is_merged(tx, ann)
        assert await list_requests(tx, ann) == [(eve.id, 1)]
        assert await list_kinds(tx, ann) == []
        await run_merge_jobs(tx)
        await run_merge_jobs(tx)
        assert await notification_requests.is_merged(tx, ann)
        assert any(event.kind == events.NOTIFICATIONS_MERGED for event in tx.events)
        assert await list_kinds(tx, ann) == ["favourite", "mention"]
        await notification_requests.dismiss(tx, ann, newer)
        assert await list_requests(tx, ann) == []
        assert await list_kinds(tx, ann, filtered=True) == ["favourite", "mention"]
    await publish(database, here, bob, "again @ann")
    async with database.write() as tx:
        assert await list_kinds(tx, ann) == ["mention", "favourite", "mention"]
        await blocks.block(tx, here, ann, bob)
        await blocks.unblock(tx, ann, bob)
    await publish(database, here, bob, "once more @ann")
    async with database.read() as tx:
        assert await list_kinds(tx, ann) == []
        assert await list_requests(tx, ann) == [(bob.id, 1)]


async def test_dropped_notifications_are_not_written(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await set_policy(database, ann, for_not_following="drop", for_not_followers="filter")
    await publish(database, here, bob, "hello @ann")
    async with database.read() as tx:
        assert await list_kinds(tx, ann, filtered=True) == []
        assert await list_requests(tx, ann) == []


@pytest.mark.parametrize(
    ("word", "kept_back"),
    [
        ("for_not_following", {"bob", "eve"}),
        ("for_not_followers", {"bob", "fay"}),
        ("for_new_accounts", {"bob", "eve"}),
        ("for_private_mentions", {"bob", "eve"}),
        ("for_limited_accounts", {"bob", "eve"}),
    ],
)
async def test_each_policy_field_filters_its_kind_of_sender(
    database: Database, here: NodeContext, word: str, kept_back: set[str]
) -> None:
    ann, bob, eve, fay = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    await establish_follow(database, here, eve, ann)
    await establish_follow(database, here, ann, fay)
    await set_policy(database, ann, **{"for_limited_accounts": "accept", word: "filter"})
    async with database.write() as tx:
        for other in (bob, eve, fay):
            await account_queries.set_limits(tx, other.id, suspended_at=None, silenced_at=1)
    for other in (bob, eve, fay):
        await publish(database, here, other, "hello @ann", visibility="direct")
    async with database.read() as tx:
        names = {bob.id: "bob", eve.id: "eve", fay.id: "fay"}
        assert {names[sender] for sender, _ in await list_requests(tx, ann)} == kept_back


async def test_limited_accounts_are_filtered_by_default(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    clock.forward(days=31)
    await set_policy(database, ann, for_new_accounts="filter")
    async with database.write() as tx:
        await account_queries.set_limits(tx, bob.id, suspended_at=None, silenced_at=1)
    for other in (bob, eve):
        await publish(database, here, other, "hello @ann", visibility="direct")
    async with database.read() as tx:
        assert await list_requests(tx, ann) == [(bob.id, 1)]
        assert await list_kinds(tx, ann) == ["mention"]


async def test_reply_to_a_direct_post_is_not_filtered(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await set_policy(database, ann, for_private_mentions="drop")
    letter = await publish(database, here, ann, "hello @bob", visibility="direct")
    await publish(database, here, bob, "yes @ann", visibility="direct", in_reply_to_id=letter)
    await publish(database, here, bob, "by the way, @ann", visibility="direct")
    async with database.read() as tx:
        assert await list_kinds(tx, ann) == ["mention"]


async def test_updates_and_moderation_notices_are_not_filtered(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await set_policy(database, ann, **SHUT)
    post_id = await publish(database, here, bob, "one")
    async with database.write() as tx:
        assert await notifications.notify(tx, "update", ann.id, bob.id, post_id)
        assert await notifications.notify(tx, "moderation_warning", ann.id, ann.id)
        assert not await notifications.notify(tx, "mention", ann.id, ann.id, post_id)
        assert await list_kinds(tx, ann) == ["moderation_warning", "update"]


async def test_filtered_direct_posts_enter_conversations_when_accepted(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await set_policy(database, ann, for_private_mentions="filter")
    letter = await publish(database, here, bob, "hello @ann @eve", visibility="direct")
    async with database.write() as tx:
        await mutes.mute(tx, eve, bob)
        assert (await conversations.list_by_account(tx, ann, PAGE))[0] == []
        assert (await conversations.list_by_account(tx, eve, PAGE))[0] == []
        _, (request,) = await notification_requests.list_by_account(tx, ann, PAGE)
        await notification_requests.accept_many(tx, ann, [request])
        await run_merge_jobs(tx)
        ((view,), cursors) = await conversations.list_by_account(tx, ann, PAGE)
        assert cursors == [letter]
        assert view.row.unread
        assert {participant.account.id for participant in view.accounts} == {bob.id, eve.id}
    await publish(database, here, bob, "and @eve", visibility="direct")
    async with database.read() as tx:
        assert (await conversations.list_by_account(tx, eve, PAGE))[0] == []


async def test_request_belongs_to_its_recipient_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await set_policy(database, ann, for_not_following="filter")
    await publish(database, here, bob, "hello @ann")
    async with database.write() as tx:
        _, (request,) = await notification_requests.list_by_account(tx, ann, PAGE)
        for attempt in (
            notification_requests.get(tx, bob, request),
            notification_requests.accept(tx, bob, request),
            notification_requests.dismiss(tx, bob, request),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        await notification_requests.accept_many(tx, bob, [request, 1])
        await notification_requests.dismiss_many(tx, bob, [request])
        with pytest.raises(InvalidError):
            await notification_requests.accept_many(tx, ann, list(range(81)))
        assert (await notification_requests.get(tx, ann, request)).row.count == 1
        assert await list_jobs(tx, jobs.MergeNotifications) == []
        await notification_requests.dismiss_many(tx, ann, [request])
        with pytest.raises(NotFoundError):
            await notification_requests.get(tx, ann, request)


async def test_request_ends_with_its_last_notification(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await set_policy(database, ann, for_not_following="filter")
    post_id = await publish(database, here, ann, "one")
    async with database.write() as tx:
        for other in (bob, eve):
            await likes.like(tx, here, other, post_id)
        await likes.unlike(tx, bob, post_id)
        assert await list_requests(tx, ann) == [(eve.id, 1)]
        await mutes.mute(tx, ann, eve)
        assert await list_requests(tx, ann) == []
        policy = await notification_policies.get(tx, ann)
        assert (policy.pending_requests_count, policy.pending_notifications_count) == (0, 0)


async def test_pages_of_requests_take_a_fixed_number_of_statements(
    database: Database, here: NodeContext
) -> None:
    ann, *others = await create_accounts(database, here, "ann", *[f"p{number}" for number in range(9)])
    await set_policy(database, ann, for_not_following="filter")
    for other in others:
        await publish(database, here, other, "hello @ann")
    taken = []
    async with database.read() as tx:
        _, cursors = await notification_requests.list_by_account(tx, ann, PAGE)
        assert len(cursors) == 9
        for page, expected in (
            (Page(limit=2), cursors[:2]),
            (Page(limit=2, max_id=cursors[1]), cursors[2:4]),
            (Page(limit=2, min_id=cursors[4]), cursors[2:4]),
            (Page(since_id=cursors[1]), cursors[:1]),
        ):
            assert (await notification_requests.list_by_account(tx, ann, page))[1] == expected
    for size in (2, 9):
        async with database.read() as tx:
            await notification_requests.list_by_account(tx, ann, Page(limit=size))
            taken.append(tx.statement_count)
    assert taken[0] == taken[1] <= 10


async def test_unknown_policy_actions_are_refused(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        usual = (await notification_policies.get(tx, ann)).row
        assert usual.for_limited_accounts == "filter"
        assert usual.for_not_following == "accept"
        with pytest.raises(InvalidError) as raised:
            await notification_policies.update(tx, ann, {"for_new_accounts": "perhaps"})
        assert raised.value.field == "for_new_accounts"
        changed = await notification_policies.update(tx, ann, {"for_new_accounts": "drop"})
        again = await notification_policies.update(tx, ann, {"for_not_followers": "filter"})
        assert changed.row.for_new_accounts == again.row.for_new_accounts == "drop"
        assert again.row.for_limited_accounts == "filter"
        assert again.row.for_not_followers == "filter"
