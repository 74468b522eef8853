"""Followed tags bring public posts to the home timeline; featured tags count their use."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import account_removal, accounts, endorsements, featured_tags, relations
from fedserver.domain.content import tags
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import post_removal, posts, remote_posts
from fedserver.domain.relationships import blocks, domain_mutes, followers, follows, lists, mutes
from fedserver.domain.timelines import timelines
from storage.engine import Database, Page
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish
from tests.kit.remote_posts import build_remote_post


async def list_home(database: Database, account: AccountRow) -> list[int]:
    async with database.read() as tx:
        return await timelines.list_home(tx, account.id, Page())


async def follow_tags(database: Database, follower: AccountRow, *names: str) -> None:
    async with database.write() as tx:
        for name in names:
            await tags.follow(tx, follower, name)


async def receive_remote_post(database: Database, author: AccountRow, number: int, **changes: Any) -> int:
    """Receive a post of a remote account with the tag #Fox; return its id."""
    uri = f"https://{author.domain}/posts/{number}"
    values: dict[str, Any] = {"language": "en", "html": "<p>#Fox</p>", "tags": ("#Fox",)}
    async with database.write() as tx:
        row = await remote_posts.receive(
            tx, author, build_remote_post(uri, author.uri, **{**values, **changes})
        )
    assert row is not None
    return row.id


async def test_public_posts_with_a_followed_tag_appear_at_home(database: Database, here: NodeContext) -> None:
    ann, bob, fay = await create_accounts(database, here, "ann", "bob", "fay@beta.test")
    old = await publish(database, here, bob, "an old #fox")
    await follow_tags(database, ann, "#FOX")
    assert await list_home(database, ann) == [old]
    new = await publish(database, here, bob, "a #Fox and a #bear")
    for visibility in ("unlisted", "followers", "direct", "local"):
        await publish(database, here, bob, "a #fox", visibility=visibility)
    await publish(database, here, bob, "no animal")
    remote = await receive_remote_post(database, fay, 1)
    await receive_remote_post(database, fay, 2, visibility="unlisted")
    await receive_remote_post(database, fay, 3, tags=("#bear",))
    assert await list_home(database, ann) == [remote, new, old]
    async with database.write() as tx:
        await post_removal.delete(tx, bob, new)
    assert await list_home(database, ann) == [remote, old]


async def test_posts_of_hidden_accounts_do_not_appear_through_tags(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve, fay, gus, hal, ian = await create_accounts(
        database, here, "ann", "bob", "eve", "fay@beta.test", "gus", "hal@low.test", "ian"
    )
    await establish_follow(database, here, ann, gus)
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        await blocks.block(tx, here, eve, ann)
        await domain_mutes.add(tx, here, ann, "beta.test")
        row = await lists.create(tx, ann, "Apart", exclusive=True)
        await lists.add_accounts(tx, ann, row.id, [gus.id])
        await account_queries.set_limits(tx, hal.id, suspended_at=None, silenced_at=tx.now)
        await mutes.mute(tx, ann, ian)
    before = [await publish(database, here, author, "#fox before") for author in (bob, eve, gus, ian)]
    await follow_tags(database, ann, "fox")
    for author in (bob, eve, gus, ian):
        await publish(database, here, author, "#fox after")
    for number, author in enumerate((fay, hal)):
        await receive_remote_post(database, author, number)
    assert await list_home(database, ann) == []
    assert len(before) == 4
    own = await publish(database, here, ann, "my own #fox")
    assert await list_home(database, ann) == [own]


async def test_unfollow_removes_posts_that_only_the_tag_brought(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, ann, bob)
    await follow_tags(database, ann, "fox", "bear")
    followed = await publish(database, here, bob, "#fox of a friend")
    own = await publish(database, here, ann, "#fox of mine")
    both = await publish(database, here, eve, "#fox and #bear")
    only = await publish(database, here, eve, "#fox")
    assert await list_home(database, ann) == [only, both, own, followed]
    async with database.write() as tx:
        await tags.unfollow(tx, ann, "fox")
        assert [row.name for _, row in await tags.list_followed(tx, ann, Page())] == ["bear"]
        await tags.unfollow(tx, ann, "never")
    assert await list_home(database, ann) == [both, own, followed]
    await publish(database, here, eve, "#fox again")
    assert await list_home(database, ann) == [both, own, followed]


async def test_followed_tags_are_paged_and_each_is_followed_once(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await follow_tags(database, ann, "one", "two", "three", "TWO")
    async with database.read() as tx:
        followed = await tags.list_followed(tx, ann, Page())
        assert [row.name for _, row in followed] == ["three", "two", "one"]
        older = await tags.list_followed(tx, ann, Page(limit=1, max_id=followed[0][0]))
        assert older == followed[1:2]
        assert await tags.list_followed(tx, bob, Page()) == []
        rows = [row for _, row in followed]
        views = await tags.load_views(tx, rows, ann.id)
        assert all(view.follows and not view.features for view in views)
        assert not any(view.follows for view in await tags.load_views(tx, rows, bob.id))
        assert (await tags.load_views(tx, rows, None))[0].follows is None


@pytest.mark.parametrize("name", ["", "#", "two words", "a/b", "123", "x" * 101, "fox!"])
async def test_invalid_tag_names_are_not_found(database: Database, here: NodeContext, name: str) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        for attempt in (
            tags.get(tx, name),
            tags.follow(tx, ann, name),
            tags.unfollow(tx, ann, name),
            featured_tags.feature(tx, ann, name),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        with pytest.raises(InvalidError):
            await featured_tags.add(tx, ann, name)


async def test_fan_out_to_tag_followers_takes_a_fixed_number_of_statements(
    database: Database, here: NodeContext
) -> None:
    everybody = await create_accounts(database, here, *[f"reader{number}" for number in range(12)])
    (ann,) = await create_accounts(database, here, "ann")
    counts = []
    for reader in (everybody[:1], everybody[1:]):
        for account in reader:
            await follow_tags(database, account, "fox")
        async with database.write() as tx:
            post = await posts.publish(tx, here, ann, posts.Draft(text="a #fox"))
            counts.append(tx.statement_count)
        assert all([(await list_home(database, account))[0] == post for account in reader])
    assert counts[0] == counts[1]


async def test_featured_tags_are_counted_and_belong_to_their_owner(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    for visibility in ("public", "unlisted", "followers", "direct"):
        await publish(database, here, ann, "a #fox", visibility=visibility)
    await publish(database, here, bob, "a #fox")
    await publish(database, here, ann, "a #bear")
    async with database.write() as tx:
        suggested = [row.name for row in await featured_tags.list_suggestions(tx, ann)]
        assert suggested == ["fox", "bear"]
        row = await featured_tags.add(tx, ann, "#Fox")
        assert (row.name, row.folded, row.uses) == ("Fox", "fox", 2)
        assert row.last_at is not None
        unused = await featured_tags.add(tx, ann, "Unused")
        assert (unused.uses, unused.last_at) == (0, None)
        assert await featured_tags.list_by_account(tx, ann) == [row, unused]
        assert [tag.name for tag in await featured_tags.list_suggestions(tx, ann)] == ["bear"]
        with pytest.raises(InvalidError):
            await featured_tags.add(tx, ann, "fox")
        with pytest.raises(NotFoundError):
            await featured_tags.remove(tx, bob, row.id)
        assert (await tags.load_views(tx, [await tags.get(tx, "fox")], ann.id))[0].features
        await featured_tags.remove(tx, ann, row.id)
        await featured_tags.unfeature(tx, ann, "unused")
        assert await featured_tags.list_by_account(tx, ann) == []
        for number in range(featured_tags.MAX_TAGS):
            await featured_tags.feature(tx, ann, f"tag{number}")
        with pytest.raises(InvalidError):
            await featured_tags.feature(tx, ann, "onemore")
        await featured_tags.feature(tx, ann, "tag0")
        again = await accounts.get(tx, ann.id)
        assert again.updated_at == tx.now
        assert again.version > ann.version
        await account_removal.delete_local(tx, again)
        assert await featured_tags.list_by_account(tx, again) == []


async def test_statement_count_does_not_depend_on_the_number_of_rows(
    database: Database, here: NodeContext
) -> None:
    ann, *others = await create_accounts(database, here, "ann", *[f"friend{number}" for number in range(6)])
    names = [f"tag{number}" for number in range(10)]
    await follow_tags(database, ann, *names)
    async with database.write() as tx:
        for name in names:
            await featured_tags.feature(tx, ann, name)
        for other in others:
            await follows.follow(tx, here, ann, other)
            await endorsements.add(tx, ann, other)
    ids = [each.id for each in others]
    counts = []
    for limit in (1, 40):
        async with database.read() as tx:
            rows = [row for _, row in await tags.list_followed(tx, ann, Page(limit=limit))]
            assert len(await tags.load_views(tx, rows, ann.id)) == min(limit, 10)
            assert len(await featured_tags.list_by_account(tx, ann)) == 10
            await followers.load_familiar_followers(tx, ann.id, ids[:limit])
            assert len(await endorsements.list_by_account(tx, ann, Page(limit=limit))) == min(limit, 6)
            assert all(each.endorsed for each in await relations.load(tx, ann.id, ids[:limit]))
            counts.append(tx.statement_count)
    assert counts == [6, 6]
