"""What is remembered of posts and accounts is never older than the database."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.accounts import ProfileChange
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import edits, likes, post_removal, posts
from fedserver.domain.timelines import post_views
from storage.engine import Database
from storage.opening import open_database
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from tests.kit.people import create_member


async def written(database: Database, here: NodeContext) -> tuple[AccountRow, AccountRow, int]:
    async with database.write() as tx:
        ann, bob = await create_member(tx, here, "ann"), await create_member(tx, here, "bob")
        return ann, bob, await posts.publish(tx, here, ann, posts.Draft(text="first words"))


async def seen(database: Database, post_id: int, viewer: AccountRow) -> post_views.PostView | None:
    async with database.read() as tx:
        found = await post_views.load(tx, [post_id], viewer.id)
        return found[0] if found else None


async def test_what_is_known_takes_two_statements(database: Database, here: NodeContext) -> None:
    _, bob, post_id = await written(database, here)
    first = await seen(database, post_id, bob)
    async with database.read() as tx:
        assert await post_views.load(tx, [post_id], bob.id) == [first]
        assert tx.statement_count == 2, "versions, and what the viewer has to do with them"


async def test_a_change_of_the_post_is_seen_at_once(database: Database, here: NodeContext) -> None:
    ann, bob, post_id = await written(database, here)
    before = await seen(database, post_id, bob)
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="other words"))
        await likes.like(tx, here, bob, post_id)
    after = await seen(database, post_id, bob)
    assert before
    assert after
    assert "other words" in after.post.html
    assert after.post.likes_count == 1
    assert after.viewer_state
    assert after.viewer_state.liked
    assert before.stamp != after.stamp
    async with database.write() as tx:
        await post_removal.delete(tx, ann, post_id)
    assert await seen(database, post_id, bob) is None


async def test_a_change_of_the_author_is_seen_at_once(database: Database, here: NodeContext) -> None:
    ann, bob, post_id = await written(database, here)
    before = await seen(database, post_id, bob)
    async with database.write() as tx:
        row = await accounts.get(tx, ann.id)
        await accounts.update_profile(tx, here, row, ProfileChange(display_name="Ann of the shelf"))
    after = await seen(database, post_id, bob)
    assert before
    assert after
    assert after.account.name == "Ann of the shelf"
    assert before.stamp != after.stamp


async def test_another_process_is_seen_too(database: Database, database_url: str, here: NodeContext) -> None:
    ann, bob, post_id = await written(database, here)
    assert await seen(database, post_id, bob)
    other = await open_database(database_url, database.clock)
    async with other.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="from elsewhere"))
    await other.close()
    found = await seen(database, post_id, bob)
    assert found
    assert "from elsewhere" in found.post.html


async def test_what_is_rolled_back_is_not_remembered(database: Database, here: NodeContext) -> None:
    ann, bob, post_id = await written(database, here)
    with pytest.raises(ZeroDivisionError):
        async with database.write() as tx:
            await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="never was"))
            assert "never was" in (await post_views.load(tx, [post_id], bob.id))[0].post.html
            raise ZeroDivisionError
    async with database.write() as tx:
        await post_queries.adjust_count(tx, post_id, "replies_count", 1)
    found = await seen(database, post_id, bob)
    assert found
    assert "first words" in found.post.html
    assert found.post.replies_count == 1


async def test_what_was_seen_inside_another_is_whole_by_itself(database: Database, here: NodeContext) -> None:
    ann, bob, post_id = await written(database, here)
    chain = [post_id]
    async with database.write() as tx:
        for number in range(4):
            draft = posts.Draft(text=f"quote {number}", quoted_id=chain[-1])
            chain.append(await posts.publish(tx, here, ann, draft))
    for seen_id in reversed(chain[1:]):
        view = await seen(database, seen_id, bob)
        assert view
        assert view.quote
        assert view.quote.post
        assert view.quote.post.post.id < seen_id
