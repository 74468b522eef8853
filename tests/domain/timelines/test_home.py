"""What the home timeline and lists do not show twice: a post and its boosts, as with Mastodon."""

from __future__ import annotations

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import boosts, remote_posts
from fedserver.domain.relationships import blocks, follows, lists, mutes
from fedserver.domain.timelines import home, streams, timelines
from storage.engine import Database, Page
from storage.queries.timelines.home_entries import REPEAT_DISTANCE
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish
from tests.kit.remote_posts import build_remote_post

PAGE = Page(limit=200)


async def list_home(database: Database, account: AccountRow) -> list[int]:
    async with database.read() as tx:
        return await timelines.list_home(tx, account.id, PAGE)


async def boost(database: Database, here: NodeContext, account: AccountRow, post_id: int) -> int:
    async with database.write() as tx:
        return await boosts.boost(tx, here, account, post_id)


async def start_world(database: Database, here: NodeContext) -> list[AccountRow]:
    """Return Ann, and Tom, Eve and Kim, whom she follows; and Bob, whom she does not."""
    people = await create_accounts(database, here, "ann", "tom", "eve", "kim", "bob")
    for friend in people[1:4]:
        await establish_follow(database, here, people[0], friend)
    return people


async def test_post_boosted_twice_stands_once_at_home(database: Database, here: NodeContext) -> None:
    ann, tom, eve, _, bob = await start_world(database, here)
    post_id = await publish(database, here, bob, "hello")
    first = await boost(database, here, tom, post_id)
    second = await boost(database, here, eve, post_id)
    assert await list_home(database, ann) == [first]
    async with database.read() as tx:
        assert await home.list_recipients(tx, second, [ann.id]) == [], "nor is it streamed"
    await boost(database, here, ann, post_id)
    assert await list_home(database, ann) == [first], "one's own boost repeats nothing either"


async def test_boost_does_not_follow_its_post_at_home(database: Database, here: NodeContext) -> None:
    ann, tom, eve, _, _ = await start_world(database, here)
    post_id = await publish(database, here, tom, "hello")
    await boost(database, here, eve, post_id)
    assert await list_home(database, ann) == [post_id]


async def test_boost_shows_a_post_again_after_enough_entries(database: Database, here: NodeContext) -> None:
    ann, tom, eve, kim, _ = await start_world(database, here)
    post_id = await publish(database, here, tom, "hello")
    for number in range(REPEAT_DISTANCE - 1):
        await publish(database, here, kim, f"post {number}")
    await boost(database, here, eve, post_id)
    assert len(await list_home(database, ann)) == REPEAT_DISTANCE
    await publish(database, here, kim, "one more")
    again = await boost(database, here, kim, post_id)
    assert (await list_home(database, ann))[0] == again


async def test_post_that_comes_after_its_boost_is_not_added(database: Database, here: NodeContext) -> None:
    ann, _, eve, _, _ = await start_world(database, here)
    [sam] = await create_accounts(database, here, "sam@beta.test")
    async with database.write() as tx:
        remote = build_remote_post(f"{sam.uri}/1", sam.uri, published_at=tx.now - 60_000)
        post = await remote_posts.receive(tx, sam, remote)
        assert post is not None
    boosted = await boost(database, here, eve, post.id)
    assert await list_home(database, ann) == [boosted]
    await establish_follow(database, here, ann, sam)
    assert await list_home(database, ann) == [boosted], "nor when its author is followed later"


async def test_undone_boost_makes_room_for_the_next(database: Database, here: NodeContext) -> None:
    ann, tom, eve, kim, bob = await start_world(database, here)
    post_id = await publish(database, here, bob, "hello")
    await boost(database, here, tom, post_id)
    second = await boost(database, here, eve, post_id)
    third = await boost(database, here, kim, post_id)
    async with database.write() as tx:
        await boosts.unboost(tx, tom, post_id)
    assert await list_home(database, ann) == [second]
    async with database.write() as tx:
        await mutes.mute(tx, ann, eve)
    assert await list_home(database, ann) == [third]
    async with database.write() as tx:
        await follows.unfollow(tx, here, ann, kim)
    assert await list_home(database, ann) == [], "who is muted or not followed takes no place"


async def test_boost_by_a_friend_stays_when_its_author_is_unfollowed(
    database: Database, here: NodeContext
) -> None:
    ann, tom, eve, _, _ = await start_world(database, here)
    post_id = await publish(database, here, tom, "hello")
    boosted = await boost(database, here, eve, post_id)
    async with database.write() as tx:
        await follows.unfollow(tx, here, ann, tom)
    assert await list_home(database, ann) == [boosted]


async def test_list_shows_a_post_and_its_boosts_once(database: Database, here: NodeContext) -> None:
    ann, tom, eve, kim, bob = await start_world(database, here)
    async with database.write() as tx:
        row = await lists.create(tx, ann, "friends")
        other = await lists.create(tx, ann, "Eve")
        await lists.add_accounts(tx, ann, row.id, [tom.id, eve.id, kim.id])
        await lists.add_accounts(tx, ann, other.id, [eve.id])
    own = await publish(database, here, tom, "hello")
    of_own = await boost(database, here, eve, own)
    post_id = await publish(database, here, bob, "hello")
    first = await boost(database, here, tom, post_id)
    second = await boost(database, here, eve, post_id)
    async with database.read() as tx:
        assert await timelines.list_by_list(tx, row.id, ann.id, "list", PAGE) == [first, own]
        assert await timelines.list_by_list(tx, row.id, ann.id, "list", Page(limit=1, max_id=first)) == [own]
        assert await timelines.list_by_list(tx, other.id, ann.id, "list", PAGE) == [second, of_own]
        for boost_id, shown_on in ((first, [row.id]), (second, [other.id]), (of_own, [other.id])):
            found = await streams.list_lists_with_post(tx, boost_id, [row.id, other.id])
            assert [list_id for list_id, _ in found] == shown_on
    for number in range(REPEAT_DISTANCE):
        await publish(database, here, kim, f"post {number}")
    third = await boost(database, here, kim, post_id)
    async with database.read() as tx:
        assert (await timelines.list_by_list(tx, row.id, ann.id, "list", PAGE))[0] == third


async def test_post_that_names_a_hidden_account_stays_away_from_home(
    database: Database, here: NodeContext
) -> None:
    ann, tom, eve, kim, bob = await start_world(database, here)
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        await mutes.mute(tx, ann, kim)
    for name in ("bob", "kim"):
        post_id = await publish(database, here, tom, f"hello @{name}")
        await boost(database, here, eve, post_id)
    fine = await publish(database, here, tom, "hello @ann")
    assert await list_home(database, ann) == [fine]
