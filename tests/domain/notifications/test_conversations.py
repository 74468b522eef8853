"""Conversations: one for each thread and its participants, one row for each of them."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import account_removal
from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import conversations
from fedserver.domain.notifications.conversations import ConversationView
from fedserver.domain.posts import edits, post_removal, remote_posts
from fedserver.domain.relationships import blocks, domain_mutes, mutes
from storage.engine import Database, Page
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from tests.domain.posts.test_remote_posts import remote
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, create_remote_account, publish

PAGE = Page()


async def list_conversations(database: Database, account: AccountRow) -> list[ConversationView]:
    async with database.read() as tx:
        return (await conversations.list_by_account(tx, account, PAGE))[0]


async def send_direct(
    database: Database, here: NodeContext, author: AccountRow, text: str, to: int | None = None
) -> int:
    return await publish(database, here, author, text, visibility="direct", in_reply_to_id=to)


def get_last_post_id(view: ConversationView) -> int | None:
    return view.last_post.post.id if view.last_post else None


def list_names(view: ConversationView) -> list[str]:
    return [account.account.username for account in view.accounts]


async def test_direct_posts_and_replies_form_one_conversation(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    first = await send_direct(database, here, ann, "hello @bob")
    await publish(database, here, ann, "in public, @bob", in_reply_to_id=first)
    ((anns_view,), (bobs_view,)) = (
        await list_conversations(database, ann),
        await list_conversations(database, bob),
    )
    assert (list_names(anns_view), list_names(bobs_view)) == (["bob"], ["ann"])
    assert (anns_view.row.unread, bobs_view.row.unread) == (False, True)
    assert get_last_post_id(anns_view) == get_last_post_id(bobs_view) == first
    answer = await send_direct(database, here, bob, "yes @ann", first)
    ((anns_view,), (bobs_view,)) = (
        await list_conversations(database, ann),
        await list_conversations(database, bob),
    )
    assert (anns_view.row.unread, bobs_view.row.unread) == (True, False)
    assert get_last_post_id(anns_view) == get_last_post_id(bobs_view) == answer
    await send_direct(database, here, bob, "with @ann and @eve", answer)
    assert [list_names(view) for view in await list_conversations(database, ann)] == [["bob", "eve"], ["bob"]]
    assert [list_names(view) for view in await list_conversations(database, eve)] == [["ann", "bob"]]
    other = await send_direct(database, here, ann, "another matter @bob")
    assert get_last_post_id((await list_conversations(database, ann))[0]) == other
    assert len(await list_conversations(database, bob)) == 3


async def test_conversation_alone_shows_oneself(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    note = await send_direct(database, here, ann, "remember the milk")
    (view,) = await list_conversations(database, ann)
    assert list_names(view) == ["ann"]
    assert get_last_post_id(view) == note
    assert not view.row.unread
    await send_direct(database, here, ann, "hello @bob@beta.test")
    assert [list_names(view) for view in await list_conversations(database, ann)] == [["bob"], ["ann"]]
    async with database.write() as tx:
        await account_removal.delete_remote(tx, bob)
    assert [list_names(view) for view in await list_conversations(database, ann)] == [["ann"], ["ann"]]


async def test_conversation_is_changed_by_its_owner_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await send_direct(database, here, ann, "hello @bob")
    (view,) = await list_conversations(database, bob)
    async with database.write() as tx:
        for attempt in (
            conversations.set_unread(tx, ann, view.row.id, unread=False),
            conversations.remove(tx, ann, view.row.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        assert not (await conversations.set_unread(tx, bob, view.row.id, unread=False)).row.unread
        await conversations.set_unread(tx, bob, view.row.id, unread=False)
        assert [event.kind for event in tx.events] == [events.CONVERSATION_CHANGED]
        assert (await conversations.set_unread(tx, bob, view.row.id, unread=True)).row.unread
        assert (await conversations.find(tx, view.row.id) or view).row.unread
        await conversations.remove(tx, bob, view.row.id)
        assert await conversations.find(tx, view.row.id) is None
    assert await list_conversations(database, bob) == []
    assert len(await list_conversations(database, ann)) == 1
    again = await send_direct(database, here, ann, "still there, @bob?", first)
    (view,) = await list_conversations(database, bob)
    assert get_last_post_id(view) == again
    async with database.write() as tx:
        await post_removal.delete(tx, ann, again)
    # What was removed with the conversation does not come back.
    assert await list_conversations(database, bob) == []
    assert [get_last_post_id(view) for view in await list_conversations(database, ann)] == [first]


async def test_deleting_the_last_post_restores_the_one_before(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await send_direct(database, here, ann, "hello @bob")
    second = await send_direct(database, here, bob, "yes @ann", first)
    third = await send_direct(database, here, ann, "well @bob", second)
    async with database.write() as tx:
        await post_removal.delete(tx, bob, second)
        assert {event.data["account_id"] for event in tx.events if event.kind == events.CONVERSATION_CHANGED}
    assert [get_last_post_id(view) for view in await list_conversations(database, bob)] == [third]
    async with database.write() as tx:
        await post_removal.delete(tx, ann, third)
    assert [get_last_post_id(view) for view in await list_conversations(database, bob)] == [first]
    async with database.write() as tx:
        await post_removal.delete(tx, ann, first)
    assert await list_conversations(database, bob) == [] == await list_conversations(database, ann)


async def test_deleted_account_removes_only_its_own_posts(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    first = await send_direct(database, here, ann, "hello @bob")
    await send_direct(database, here, bob, "yes @ann", first)
    await send_direct(database, here, bob, "hello @ann and @eve")
    async with database.write() as tx:
        await account_removal.delete_local(tx, bob)
    (view,) = await list_conversations(database, ann)
    assert get_last_post_id(view) == first
    assert await list_conversations(database, eve) == []


async def test_block_removes_conversations(database: Database, here: NodeContext) -> None:
    ann, bob, _ = await create_accounts(database, here, "ann", "bob", "eve")
    await send_direct(database, here, bob, "hello @ann")
    to_eve = await send_direct(database, here, ann, "hello @eve")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
    await send_direct(database, here, bob, "again @ann")
    assert [get_last_post_id(view) for view in await list_conversations(database, ann)] == [to_eve]


async def test_mute_removes_conversations_unless_it_lets_notifications_through(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    together = await send_direct(database, here, bob, "hello @ann and @eve")
    from_bob = await send_direct(database, here, bob, "hello @ann")
    from_eve = await send_direct(database, here, eve, "hello @ann")
    async with database.write() as tx:
        await mutes.mute(tx, ann, bob, hides_notifications=False)
    shown = {get_last_post_id(view) for view in await list_conversations(database, ann)}
    assert shown == {together, from_bob, from_eve}
    async with database.write() as tx:
        await mutes.mute(tx, ann, bob)
    await send_direct(database, here, bob, "again @ann", from_bob)
    assert [get_last_post_id(view) for view in await list_conversations(database, ann)] == [from_eve]
    assert len(await list_conversations(database, bob)) == 2, "whoever is muted does not notice"
    async with database.write() as tx:
        await mutes.unmute(tx, ann, bob)
    answer = await send_direct(database, here, bob, "@ann still there?", from_bob)
    shown = {get_last_post_id(view) for view in await list_conversations(database, ann)}
    assert shown == {answer, from_eve}, "it is there again with the next post after the mute"


async def test_domain_mute_removes_conversations(database: Database, here: NodeContext) -> None:
    ann, _, _ = await create_accounts(database, here, "ann", "bob@sub.beta.test", "eve@gamma.test")
    async with database.write() as tx:
        await create_remote_account(tx, "split", "handles.test", other_hosts=("beta.test",))
    for name in ("bob@sub.beta.test", "split@handles.test"):
        await send_direct(database, here, ann, f"hello @{name}")
    kept = await send_direct(database, here, ann, "hello @eve@gamma.test")
    async with database.write() as tx:
        await domain_mutes.add(tx, here, ann, "beta.test")
    assert [get_last_post_id(view) for view in await list_conversations(database, ann)] == [kept]


async def test_remote_posts_out_of_order_join_one_conversation(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    uris = [f"{bob.uri}/{number}" for number in range(3)]
    old = clock.now
    clock.forward(hours=1)

    async def arrive(number: int, parent: int | None) -> int:
        async with database.write() as tx:
            row = await remote_posts.receive(
                tx,
                bob,
                remote(
                    uris[number],
                    bob.uri,
                    visibility="direct",
                    published_at=old + number * 1_000,
                    in_reply_to=None if parent is None else uris[parent],
                    mentioned_uris=(ann.uri,),
                    addressed_uris=(ann.uri,),
                ),
            )
        assert row is not None
        return row.id

    third = await arrive(2, 1)
    first = await arrive(0, None)
    assert [get_last_post_id(view) for view in await list_conversations(database, ann)] == [third, first]
    # The one between joins the two threads, and is not the last.
    await arrive(1, 0)
    (view,) = await list_conversations(database, ann)
    assert get_last_post_id(view) == third
    assert list_names(view) == ["bob"]
    async with database.write() as tx:
        await post_removal.receive(tx, bob, uris[2])
        await post_removal.receive(tx, bob, uris[1])
    (view,) = await list_conversations(database, ann)
    assert get_last_post_id(view) == first


async def test_account_mentioned_by_an_edit_joins_the_conversation(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    first = await send_direct(database, here, ann, "hello @bob")
    async with database.write() as tx:
        await edits.edit(tx, here, ann, first, edits.PostEdit(text="hello @bob and @eve"))
    assert [list_names(view) for view in await list_conversations(database, eve)] == [["ann", "bob"]]
    assert len(await list_conversations(database, bob)) == 1 == len(await list_conversations(database, ann))


async def test_conversation_with_a_missing_post_is_still_shown(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await send_direct(database, here, ann, "hello @bob")
    async with database.write() as tx:
        await post_queries.delete_by_id(tx, first)
    (view,) = await list_conversations(database, bob)
    assert view.last_post is None
    assert list_names(view) == ["ann"]


async def test_pages_follow_the_last_posts_with_a_fixed_number_of_statements(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_ids = [await send_direct(database, here, ann, f"{number} @bob") for number in range(9)]
    newest = await send_direct(database, here, bob, "yes @ann", post_ids[0])
    expected = [newest, *post_ids[:0:-1]]
    async with database.read() as tx:
        for page, cursors in (
            (PAGE, expected),
            (Page(limit=2), expected[:2]),
            (Page(limit=2, max_id=expected[1]), expected[2:4]),
            (Page(limit=2, min_id=expected[4]), expected[2:4]),
            (Page(since_id=expected[1]), expected[:1]),
        ):
            assert (await conversations.list_by_account(tx, ann, page))[1] == cursors
    statement_counts = []
    for size in (2, 9):
        async with database.read() as tx:
            await conversations.list_by_account(tx, ann, Page(limit=size))
            statement_counts.append(tx.statement_count)
    assert statement_counts[0] == statement_counts[1] <= 10
