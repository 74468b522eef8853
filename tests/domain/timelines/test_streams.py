"""A post for many listeners at once is what each of them would be shown alone."""

from __future__ import annotations

import asyncio

import pytest

from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import boosts, likes, post_removal, posts
from fedserver.domain.relationships import blocks, domain_mutes, follows, mutes, thread_mutes
from fedserver.domain.timelines import bookmarks, filters, post_views, streams
from storage.cache import CacheRegistry
from storage.engine import Database, Event
from storage.queries.posts import posts as post_queries
from tests.kit.people import create_accounts, publish

NAMES = (
    "ann", "plain", "fan", "likes", "boosts", "bookmarks", "mutes", "blocks", "blocked", "filters", "named",
    "quiet", "other",
)  # fmt: skip


@pytest.mark.parametrize("visibility", ["public", "unlisted", "followers", "direct", "local"])
@pytest.mark.parametrize("context", ["home", "public"])
async def test_the_same_at_once_as_alone(
    database: Database, here: NodeContext, visibility: str, context: str
) -> None:
    made = dict(zip(NAMES, await create_accounts(database, here, *NAMES), strict=True))
    ann = made["ann"]
    async with database.write() as tx:
        for name in ("fan", "likes", "boosts", "mutes", "quiet"):
            await follows.follow(tx, here, made[name], ann)
        await filters.create(
            tx, made["filters"], "x", [context], keywords=[filters.KeywordChange("fox", True)]
        )
    post_id = await publish(database, here, ann, "a fox, @named", visibility=visibility)
    async with database.write() as tx:
        if visibility in ("public", "unlisted", "local"):
            await boosts.boost(tx, here, made["boosts"], post_id)
            await bookmarks.add(tx, made["bookmarks"], post_id)
        if visibility != "direct":
            await likes.like(tx, here, made["likes"], post_id)
        await thread_mutes.mute(tx, ann, post_id)
        await mutes.mute(tx, made["mutes"], ann)
        await blocks.block(tx, here, made["blocks"], ann)
        await blocks.block(tx, here, ann, made["blocked"])
    ids = [each.id for each in made.values()]
    async with database.read() as tx:
        at_once = await streams.load_views(tx, post_id, ids, context)
        alone = {}
        for each in ids:
            for view in await post_views.load(tx, [post_id], each, context=context):
                alone[each] = view
    assert at_once == alone
    assert at_once


async def test_boosts_of_peers_too(database: Database, here: NodeContext) -> None:
    ann, bob, carl, far = await create_accounts(database, here, "ann", "bob", "carl", "far@beta.test")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        row = await posts.get(tx, post_id, ann.id)
        await boosts.receive(tx, far, f"{far.uri}/1", row, "public", tx.now)
        [(boost_id, _)] = await post_queries.list_boosts(tx, post_id)
        await domain_mutes.add(tx, here, bob, "beta.test")
        await mutes.mute(tx, carl, ann)
    async with database.read() as tx:
        found = await streams.load_views(tx, boost_id, [ann.id, bob.id, carl.id], "home")
    assert set(found) == {ann.id}
    assert found[ann.id].boost_of is not None


async def test_the_statements_do_not_grow_with_the_listeners(database: Database, here: NodeContext) -> None:
    made = await create_accounts(database, here, *[f"m{number}" for number in range(40)])
    post_id = await publish(database, here, made[0], "hello")
    taken = []
    for count in (3, 30):
        database.caches = CacheRegistry()
        async with database.read() as tx:
            found = await streams.load_views(tx, post_id, [each.id for each in made[1 : count + 1]], "public")
            assert len(found) == count
            taken.append(tx.statement_count)
    assert taken[0] == taken[1]


async def test_a_post_with_many_hashtags_is_withdrawn(database: Database, here: NodeContext) -> None:
    """Their names may not fit into one event of PostgreSQL."""
    [ann] = await create_accounts(database, here, "ann")
    text = " ".join(f"#{'x' * 80}{number}" for number in range(55))
    post_id = await publish(database, here, ann, text)
    heard: asyncio.Queue[Event] = asyncio.Queue()
    stop = database.listen(heard.put_nowait)
    async with database.write() as tx:
        await post_removal.delete(tx, ann, post_id)
    event = await asyncio.wait_for(heard.get(), 5)
    while event.kind != events.POST_WITHDRAWN:
        event = await asyncio.wait_for(heard.get(), 5)
    told = [tuple(each) for each in event.data["streams"]]
    assert ("public", "") in told
    assert ("hashtag", f"{'x' * 80}0") in told
    stop()
