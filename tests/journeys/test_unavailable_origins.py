"""What cannot be read for the moment is tried again: an activity that needs it is not lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from activitypub import activities
from activitypub.document import Document
from fedserver.domain.relationships import follows
from fedserver.jobs.inbox import MAX_ATTEMPTS
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, StubPeers, make_actor

EVE, FAR = "https://beta.test/users/eve", "https://far.test/users/joe"
TEMPORARY = [429, 500, 503]


class World:
    """A node with a member who follows Eve of a peer, whose documents the test changes."""

    def __init__(self, node: TestNode, beta: StubPeers) -> None:
        self.node, self.beta = node, beta
        self.resolver = node.node.services.resolver

    async def send(self, kind: str, thing: Any, **more: Any) -> None:
        activity = {"id": f"{EVE}#{kind}", "type": kind, "actor": EVE, "object": thing, "to": [PUBLIC]}
        assert await self.beta.deliver(self.node, EVE, {**activity, **more}) == 202
        await self.node.settle()

    async def pass_time(self, seconds: int = 60) -> None:
        self.node.clock.forward(seconds=seconds)
        await self.node.settle()

    async def find_account(self, uri: str = EVE) -> AccountRow:
        account = await self.resolver.resolve_actor(uri)
        assert account is not None
        return account

    async def find_post(self, uri: str) -> PostRow | None:
        async with self.node.db.read() as tx:
            return await post_queries.find_by_uri(tx, uri)

    async def count_pending(self) -> int:
        async with self.node.db.read() as tx:
            return await inbox_queries.count_pending(tx)


def note(uri: str, author: str, text: str, **more: Any) -> Document:
    return {
        "id": uri, "type": "Note", "attributedTo": author, "content": f"<p>{text}</p>", "to": [PUBLIC],
        "published": "2026-11-01T00:00:00Z", **more,
    }  # fmt: skip


@pytest.fixture
async def world(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[World]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeers(names, "beta.test", "far.test") as beta:
        beta.serve(make_actor(EVE, "eve"), make_actor(FAR, "joe"))
        world = World(alpha, beta)
        eve = await world.find_account()
        async with alpha.db.write() as tx:
            await follows.follow(tx, alpha.site, ann, eve)
            await follows.receive_answer(tx, eve, ann.id, None, accepted=True)
        await alpha.settle()
        yield world


@pytest.mark.parametrize("status", TEMPORARY)
async def test_update_of_an_actor_is_tried_again(world: World, status: int) -> None:
    world.beta.documents[EVE] = status
    await world.send("Update", EVE)
    await world.pass_time()
    assert await world.count_pending() == 1
    world.beta.serve(make_actor(EVE, "eve", name="Eve the Second"))
    await world.pass_time()
    assert (await world.find_account()).display_name == "Eve the Second"
    assert await world.count_pending() == 0


@pytest.mark.parametrize("status", [403, 404])
async def test_update_that_is_refused_is_not_tried_again(world: World, status: int) -> None:
    world.beta.documents[EVE] = status
    await world.send("Update", EVE)
    assert await world.count_pending() == 0


@pytest.mark.parametrize("status", TEMPORARY)
async def test_update_of_a_post_that_is_only_named_is_tried_again(world: World, status: int) -> None:
    uri = f"{EVE}/1"
    await world.send("Create", note(uri, EVE, "old"))
    world.beta.documents[uri] = status
    await world.send("Update", uri)
    world.beta.serve(note(uri, EVE, "new", updated="2026-11-18T00:00:00Z"))
    await world.pass_time()
    post = await world.find_post(uri)
    assert post is not None
    assert "new" in post.html
    assert await world.count_pending() == 0


@pytest.mark.parametrize("kind", ["Create", "Announce"])
async def test_post_that_cannot_be_read_yet_is_shown_later(world: World, kind: str) -> None:
    uri = f"{FAR}/1"
    world.beta.documents[uri] = 503
    more = {"cc": [f"{EVE}/followers"]}
    await world.send(kind, uri, **more)
    assert await world.find_post(uri) is None
    world.beta.serve(note(uri, FAR, "far"))
    await world.pass_time()
    assert await world.find_post(uri) is not None
    assert (await world.find_post(f"{EVE}#Announce") is not None) == (kind == "Announce")
    assert await world.count_pending() == 0


async def test_author_that_cannot_be_read_yet_is_asked_again(world: World) -> None:
    uri = f"{FAR}/1"
    world.beta.serve(note(uri, FAR, "far"))
    world.beta.documents[FAR] = 500
    await world.send("Announce", uri)
    world.beta.serve(make_actor(FAR, "joe"))
    await world.pass_time()
    assert await world.find_post(uri) is not None


async def test_boost_that_was_undone_meanwhile_does_not_come_back(world: World) -> None:
    uri = f"{FAR}/1"
    world.beta.documents[uri] = 503
    await world.send("Announce", uri)
    announce = activities.announce(f"{EVE}#Announce", EVE, uri, [PUBLIC], [], world.node.clock())
    await world.send("Undo", announce)
    assert await world.count_pending() == 0
    world.beta.serve(note(uri, FAR, "far"))
    await world.pass_time()
    assert await world.find_post(f"{EVE}#Announce") is None


async def test_retries_end_and_an_address_is_asked_once_for_many(world: World) -> None:
    uri = f"{FAR}/1"
    world.beta.documents[uri] = 503
    for number in range(5):
        await world.send("Announce", uri, id=f"{EVE}#Announce{number}")
    assert world.beta.requested_uris.count(uri) == 1
    for _ in range(MAX_ATTEMPTS + 2):
        await world.pass_time(86_400)
    assert await world.count_pending() == 0
    assert world.beta.requested_uris.count(uri) <= MAX_ATTEMPTS
