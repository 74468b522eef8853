"""Notification groups: keys, pages, counts and access."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notification_groups, notification_views, notifications
from fedserver.domain.notifications.notification_groups import NotificationGroupQuery, NotificationGroupView
from fedserver.domain.posts import boosts, likes
from fedserver.domain.relationships import domain_mutes, follows, mutes, thread_mutes
from fedserver.domain.timelines import markers
from storage.cache import CacheRegistry
from storage.engine import Database
from storage.paging import Page
from storage.rows.accounts import AccountRow
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, establish_follow, publish

PAGE, EVERYTHING = Page(), NotificationGroupQuery()


async def list_groups(
    database: Database, account: AccountRow, page: Page = PAGE, wish: NotificationGroupQuery = EVERYTHING
) -> list[NotificationGroupView]:
    async with database.read() as tx:
        return (await notification_groups.list_by_account(tx, account, page, wish))[0]


async def like(database: Database, here: NodeContext, post_id: int, *accounts: AccountRow) -> None:
    async with database.write() as tx:
        for account in accounts:
            await likes.like(tx, here, account, post_id)


def list_kinds(views: list[NotificationGroupView]) -> list[tuple[str, int]]:
    return [(group.newest.row.kind, group.count) for group in views]


async def test_groups_form_by_post_and_within_twelve_hours(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve, fay = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    first, second = [await publish(database, here, ann, text) for text in ("one", "two")]
    await like(database, here, first, bob, eve)
    await like(database, here, second, bob)
    async with database.write() as tx:
        await boosts.boost(tx, here, bob, first)
    await establish_follow(database, here, bob, ann)
    clock.forward(hours=11)
    await establish_follow(database, here, eve, ann)
    await like(database, here, first, fay)
    views = await list_groups(database, ann)
    assert list_kinds(views) == [("favourite", 3), ("follow", 2), ("reblog", 1), ("favourite", 1)]
    assert [sender.account.id for sender in views[0].senders] == [fay.id, eve.id, bob.id]
    hour = (clock.now - 11 * 3_600_000) // 3_600_000
    assert views[0].key == f"favourite-{first}-{hour}"
    assert views[1].key == f"follow-{hour}"
    clock.forward(hours=2)
    await establish_follow(database, here, fay, ann)
    assert list_kinds(await list_groups(database, ann))[0] == ("follow", 1)


async def test_undone_action_leaves_the_group(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, bob, eve)
    async with database.write() as tx:
        await likes.unlike(tx, eve, post_id)
    (group,) = await list_groups(database, ann)
    assert group.count == 1
    assert [sender.account.id for sender in group.senders] == [bob.id]


async def test_group_shows_its_eight_newest_senders(database: Database, here: NodeContext) -> None:
    ann, *others = await create_accounts(database, here, "ann", *[f"p{number}" for number in range(11)])
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, *others)
    (group,) = await list_groups(database, ann)
    assert group.count == 11
    assert [each.account.id for each in group.senders] == [each.id for each in others[:2:-1]]
    async with database.read() as tx:
        pairs = await notification_groups.list_senders(tx, ann, group.key, Page(limit=4))
        assert [sender for _, sender in pairs] == [each.id for each in others[:6:-1]]
        pairs = await notification_groups.list_senders(
            tx, ann, group.key, Page(limit=40, max_id=pairs[-1][0])
        )
        assert [sender for _, sender in pairs] == [each.id for each in others[6::-1]]
        pairs = await notification_groups.list_senders(tx, ann, group.key, Page(limit=2, min_id=pairs[-1][0]))
        assert [sender for _, sender in pairs] == [others[2].id, others[1].id]


async def test_pages_show_each_group_once_and_lose_nothing(database: Database, here: NodeContext) -> None:
    ann, *others = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    post_ids = [await publish(database, here, ann, str(number)) for number in range(4)]
    for other in others:
        for post_id in post_ids:
            await like(database, here, post_id, other)
    async with database.read() as tx:
        rows = (await notification_views.list_by_account(tx, ann, Page(limit=80)))[1]
        seen, cursor = [], None
        while True:
            page = Page(limit=3) if cursor is None else Page(limit=3, max_id=cursor)
            views, cursors = await notification_groups.list_by_account(tx, ann, page, EVERYTHING)
            if not views:
                break
            keys = [view.key for view in views]
            assert len(set(keys)) == len(keys)
            within = [row_id for row_id in rows if cursors[1] <= row_id <= cursors[0]]
            assert max(view.newest.row.id for view in views) == within[0]
            assert min(view.page_min_id for view in views) == within[-1]
            seen += within
            cursor = cursors[1]
        assert seen == rows
        # Upwards from the oldest: the groups just above come, up to the last of them.
        views, cursors = await notification_groups.list_by_account(
            tx, ann, Page(limit=2, min_id=rows[-1]), EVERYTHING
        )
        assert cursors == [rows[-3], rows[-2]]
        views, cursors = await notification_groups.list_by_account(
            tx, ann, Page(limit=40, min_id=rows[-5]), EVERYTHING
        )
        assert cursors == [rows[0], rows[-6]]
        assert sorted(view.count for view in views) == [3] * 4
        views, _ = await notification_groups.list_by_account(tx, ann, Page(since_id=rows[1]), EVERYTHING)
        assert [(view.count, view.page_min_id) for view in views] == [(3, rows[0])]


async def test_only_requested_kinds_are_grouped(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, bob, eve)
    for other in (bob, eve):
        await establish_follow(database, here, other, ann)
    views = await list_groups(database, ann, wish=NotificationGroupQuery(grouped=("follow", "mention")))
    assert list_kinds(views) == [("follow", 2), ("favourite", 1), ("favourite", 1)]
    assert all(group.key == f"ungrouped-{group.newest.row.id}" for group in views[1:])
    assert list_kinds(
        await list_groups(database, ann, wish=NotificationGroupQuery(kinds=("favourite",)))
    ) == [("favourite", 2)]
    assert list_kinds(
        await list_groups(database, ann, wish=NotificationGroupQuery(exclude=("favourite",)))
    ) == [("follow", 2)]
    views_of_bob = await list_groups(database, ann, wish=NotificationGroupQuery(from_id=bob.id))
    assert [[sender.account.id for sender in group.senders] for group in views_of_bob] == [[bob.id], [bob.id]]


async def test_unread_count_is_of_groups_after_the_marker(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, bob, eve)
    await establish_follow(database, here, bob, ann)
    async with database.write() as tx:
        assert await notification_groups.count_unread(tx, ann, 100, EVERYTHING) == 2
        assert await notification_groups.count_unread(tx, ann, 1, EVERYTHING) == 1
        assert (
            await notification_groups.count_unread(tx, ann, 100, NotificationGroupQuery(grouped=("follow",)))
            == 3
        )
        _, cursors = await notification_views.list_by_account(tx, ann, PAGE)
        await markers.update(tx, ann, {"notifications": cursors[1]})
        assert await notification_groups.count_unread(tx, ann, 100, EVERYTHING) == 1


async def test_hidden_notifications_are_in_no_group_and_no_count(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve, fay, gus = await create_accounts(
        database, here, "ann", "bob", "eve", "fay@beta.test", "gus@beta.test"
    )
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, bob, eve, fay, gus)
    silent = await publish(database, here, ann, "two")
    await like(database, here, silent, bob)
    async with database.write() as tx:
        await thread_mutes.mute(tx, ann, silent)
        await mutes.mute(tx, ann, gus)
        (group,) = (await notification_groups.list_by_account(tx, ann, PAGE, EVERYTHING))[0]
        assert [sender.account.id for sender in group.senders] == [fay.id, eve.id, bob.id]
        await domain_mutes.add(tx, here, ann, "beta.test")
        await mutes.mute(tx, ann, eve, hides_notifications=False)
        (group,) = (await notification_groups.list_by_account(tx, ann, PAGE, EVERYTHING))[0]
        assert [sender.account.id for sender in group.senders] == [eve.id, bob.id]
        assert group.count == 2
        await mutes.mute(tx, ann, eve)
        await mutes.mute(tx, ann, bob)
        assert (await notification_groups.list_by_account(tx, ann, PAGE, EVERYTHING))[0] == []
        assert (await notification_views.list_by_account(tx, ann, PAGE))[0] == []
        assert await notifications.count_unread(tx, ann) == 0
        assert await notification_groups.count_unread(tx, ann, 100, EVERYTHING) == 0
        with pytest.raises(NotFoundError):
            await notification_groups.get(tx, ann, group.key)


async def test_group_belongs_to_its_recipient_only(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, bob, eve)
    (group,) = await list_groups(database, ann)
    alone = f"ungrouped-{group.newest.row.id}"
    async with database.write() as tx:
        assert (await notification_groups.get(tx, ann, group.key)).count == 2
        single = await notification_groups.get(tx, ann, alone)
        assert single.count == 1
        assert single.key == alone
        assert single.senders[0].account.id == eve.id
        for key in (group.key, alone, "ungrouped-", "ungrouped-x", f"ungrouped-{'9' * 40}", "x"):
            for attempt in (
                notification_groups.get(tx, bob, key),
                notification_groups.list_senders(tx, bob, key, PAGE),
                notification_groups.dismiss(tx, bob, key),
            ):
                with pytest.raises(NotFoundError):
                    await attempt
        await notification_groups.dismiss(tx, ann, alone)
        assert (await notification_groups.get(tx, ann, group.key)).count == 1
        await notification_groups.dismiss(tx, ann, group.key)
        for attempt in (
            notification_groups.get(tx, ann, group.key),
            notification_groups.dismiss(tx, ann, group.key),
        ):
            with pytest.raises(NotFoundError):
                await attempt


async def test_notification_ids_are_exact_as_floats(database: Database, here: NodeContext) -> None:
    ann, *others = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    post_id = await publish(database, here, ann, "one")
    await like(database, here, post_id, *others)
    async with database.read() as tx:
        _, cursors = await notification_views.list_by_account(tx, ann, PAGE)
    assert len(cursors) == 3
    assert all(int(float(cursor)) == cursor for cursor in cursors)


async def test_id_used_by_another_process_is_replaced(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    async with database.write() as tx:
        await follows.follow(tx, here, bob, ann)
        _, (taken,) = await notification_views.list_by_account(tx, ann, PAGE)
        next_ids = iter([taken, taken, taken + 32])
        tx.ids.new_exact = lambda: next(next_ids)  # type: ignore[method-assign]
        await follows.follow(tx, here, eve, ann)
        _, cursors = await notification_views.list_by_account(tx, ann, PAGE)
    assert cursors == [taken + 32, taken]


async def test_page_takes_a_fixed_number_of_statements(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    for number in range(12):
        await like(database, here, await publish(database, here, ann, f"post {number}"), bob, eve)
    taken = []
    for size in (2, 12):
        database.caches = CacheRegistry()
        async with database.read() as tx:
            views, _ = await notification_groups.list_by_account(tx, ann, Page(limit=size), EVERYTHING)
            assert len(views) == size
            taken.append(tx.statement_count)
    assert taken[0] == taken[1] <= 12
