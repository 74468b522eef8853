"""Notifications: written once for their recipient, listed, counted and removed."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import account_removal
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notification_views, notifications
from fedserver.domain.posts import boosts, likes
from fedserver.domain.relationships import follows, mutes, thread_mutes
from fedserver.domain.timelines import markers
from storage.cache import CacheRegistry
from storage.engine import Database
from storage.paging import Page
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish

PAGE = Page()


async def list_kinds(database: Database, account: AccountRow) -> list[str]:
    async with database.read() as tx:
        return [view.row.kind for view in (await notification_views.list_by_account(tx, account, PAGE))[0]]


async def test_notification_is_written_once_and_removed_with_its_cause(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        for _ in range(2):
            await likes.like(tx, here, bob, post_id)
            await boosts.boost(tx, here, bob, post_id)
        await likes.like(tx, here, ann, post_id)
    assert await list_kinds(database, ann) == ["reblog", "favourite"]
    async with database.write() as tx:
        await likes.unlike(tx, bob, post_id)
        await boosts.unboost(tx, bob, post_id)
    assert await list_kinds(database, ann) == [] == await list_kinds(database, bob)


async def test_pages_are_filtered_by_kind_and_sender(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        await likes.like(tx, here, bob, post_id)
        await follows.follow(tx, here, bob, ann)
        await likes.like(tx, here, eve, post_id)

        async def page(**filters: object) -> list[tuple[str, int]]:
            views, cursors = await notification_views.list_by_account(
                tx, ann, filters.pop("page", PAGE), **filters
            )  # type: ignore[arg-type]
            assert cursors == sorted(cursors, reverse=True)
            assert len(cursors) == len(views)
            return [(view.row.kind, view.row.from_id) for view in views]

        everything = [("favourite", eve.id), ("follow", bob.id), ("favourite", bob.id)]
        assert await page() == everything
        assert await page(kinds=["favourite"]) == [everything[0], everything[2]]
        assert await page(exclude=["favourite"]) == [everything[1]]
        assert await page(from_id=bob.id) == everything[1:]
        _, cursors = await notification_views.list_by_account(tx, ann, PAGE)
        assert await page(page=Page(limit=1, max_id=cursors[0])) == [everything[1]]
        assert await page(page=Page(limit=1, min_id=cursors[2])) == [everything[1]]
        assert await page(page=Page(since_id=cursors[1])) == [everything[0]]
        assert await notifications.count_unread(tx, ann) == 3
        assert await notifications.count_unread(tx, ann, 1) == 1
        assert await notifications.count_unread(tx, ann, kinds=["favourite"], from_id=bob.id) == 1
        assert await notifications.count_unread(tx, ann, exclude=["favourite"]) == 1
        await markers.update(tx, ann, {"notifications": cursors[2]})
        assert await notifications.count_unread(tx, ann) == 2


async def test_notification_belongs_to_its_recipient_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, bob, ann)
    async with database.write() as tx:
        _, (notification_id,) = await notification_views.list_by_account(tx, ann, PAGE)
        for attempt in (
            notification_views.get(tx, bob, notification_id),
            notifications.dismiss(tx, bob, notification_id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        await notifications.clear(tx, bob)
        assert (await notification_views.get(tx, ann, notification_id)).account.account.id == bob.id
        await notifications.dismiss(tx, ann, notification_id)
        with pytest.raises(NotFoundError):
            await notification_views.get(tx, ann, notification_id)


async def test_muted_thread_does_not_notify(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        await thread_mutes.mute(tx, ann, post_id)
    answer = await publish(database, here, bob, "@ann yes", in_reply_to_id=post_id)
    assert await list_kinds(database, ann) == []
    async with database.write() as tx:
        await thread_mutes.unmute(tx, ann, answer)
    await publish(database, here, bob, "@ann more", in_reply_to_id=answer)
    assert await list_kinds(database, ann) == ["mention"]


async def test_suspended_and_deleted_senders_do_not_notify(database: Database, here: NodeContext) -> None:
    ann, bob, eve, fay = await create_accounts(database, here, "ann", "bob", "eve", "fay@beta.test")
    for follower in (bob, eve):
        await establish_follow(database, here, follower, ann)
    async with database.write() as tx:
        await follows.receive(tx, fay, ann, f"{fay.uri}#f")
    assert await list_kinds(database, ann) == ["follow"] * 3
    async with database.write() as tx:
        for other in (bob, fay):
            await account_queries.set_limits(tx, other.id, suspended_at=1, silenced_at=None)
        await account_removal.delete_local(tx, eve)
    assert await list_kinds(database, ann) == []
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        await notifications.notify(tx, "favourite", ann.id, fay.id, post_id)
        await notifications.notify(tx, "follow", fay.id, ann.id)
        await account_queries.set_limits(tx, fay.id, suspended_at=None, silenced_at=None)
    assert await list_kinds(database, ann) == ["follow"]


async def test_followers_who_asked_for_it_are_notified_of_every_post(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        await follows.follow(tx, here, bob, ann, notifies=True)
    await publish(database, here, ann, "hello")
    await publish(database, here, ann, "secret", visibility="direct")
    assert await list_kinds(database, bob) == ["status"]
    async with database.write() as tx:
        await mutes.mute(tx, bob, ann)
    await publish(database, here, ann, "more")
    assert await list_kinds(database, bob) == []


async def test_page_takes_a_fixed_number_of_statements(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    for number in range(30):
        post_id = await publish(database, here, ann, f"post {number}")
        async with database.write() as tx:
            await likes.like(tx, here, bob, post_id)
    taken = []
    for size in (5, 30):
        database.caches = CacheRegistry()
        async with database.read() as tx:
            views, _ = await notification_views.list_by_account(tx, ann, Page(limit=size))
            assert len(views) == size
            taken.append(tx.statement_count)
    assert taken[0] == taken[1] <= 10
