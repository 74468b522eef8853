"""What the home timeline and lists do not show twice: a post and its boosts, as with Mastodon."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import account_removal
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.peers import peers
from fedserver.domain.posts import boosts, remote_posts
from fedserver.domain.relationships import blocks, domain_mutes, follows, lists, mutes
from fedserver.domain.timelines import home, streams, timelines
from storage.engine import Database, Page
from storage.queries.posts import posts as post_queries
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


async def test_each_boost_that_was_kept_out_takes_its_place(database: Database, here: NodeContext) -> None:
    ann, tom, eve, _, bob = await start_world(database, here)
    post_ids = [await publish(database, here, bob, f"post {number}") for number in range(3)]
    for post_id in post_ids:
        await boost(database, here, tom, post_id)
    kept_out = [await boost(database, here, eve, post_id) for post_id in post_ids]
    async with database.write() as tx:
        await mutes.mute(tx, ann, tom)
    assert sorted(await list_home(database, ann)) == sorted(kept_out)


@pytest.mark.parametrize(
    "reason", ["deleted", "remote deleted", "suspended", "peer blocked", "exclusive list"]
)
async def test_boost_is_shown_when_what_kept_it_out_is_gone(
    database: Database, here: NodeContext, reason: str
) -> None:
    ann, tom, eve, _, bob = await start_world(database, here)
    [sam] = await create_accounts(database, here, "sam@beta.test")
    await establish_follow(database, here, ann, sam)
    post_ids = [await publish(database, here, bob, f"post {number}") for number in range(2)]
    local = reason in ("deleted", "exclusive list")
    async with database.write() as tx:
        for post_id in post_ids:
            post = await post_queries.find(tx, post_id)
            assert post is not None
            if local:
                await boosts.boost(tx, here, tom, post_id)
            else:
                await boosts.receive(tx, sam, f"{sam.uri}#{post_id}", post, "public", tx.now)
    kept_out = [await boost(database, here, eve, post_id) for post_id in post_ids]
    assert not set(kept_out) & set(await list_home(database, ann))
    async with database.write() as tx:
        match reason:
            case "deleted":
                await account_removal.delete_local(tx, tom)
            case "remote deleted":
                await account_removal.delete_remote(tx, sam)
            case "suspended":
                await moderation.apply(tx, here, None, sam.id, ModerationAction("suspend", "Spam"))
            case "peer blocked":
                await peers.decide(tx, None, "beta.test", peers.PeerDecision("block"))
            case _:
                row = await lists.create(tx, ann, "apart", exclusive=True)
                await lists.add_accounts(tx, ann, row.id, [tom.id])
    assert sorted(await list_home(database, ann)) == sorted(kept_out)


async def test_boosts_of_a_muted_domain_are_at_home_again_afterwards(
    database: Database, here: NodeContext
) -> None:
    ann, tom, _, _, _ = await start_world(database, here)
    [sam] = await create_accounts(database, here, "sam@beta.test")
    async with database.write() as tx:
        post = await remote_posts.receive(tx, sam, build_remote_post(f"{sam.uri}/1", sam.uri))
        assert post is not None
        await domain_mutes.add(tx, here, ann, "beta.test")
    boosted = await boost(database, here, tom, post.id)
    async with database.write() as tx:
        await domain_mutes.remove(tx, here, ann, "beta.test")
    assert await list_home(database, ann) == [boosted]


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
