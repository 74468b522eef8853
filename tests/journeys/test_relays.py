"""Relays: followed as Mastodon does it; what they pass on is read from its origin, while they are on."""

from __future__ import annotations

from typing import Any

from fedserver.domain.peers import relays
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.posts import PostRow
from tests.console.test_console import log_in, read, submit
from tests.journeys.test_federation import settle
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, StubPeers, make_actor

PAGE = "/admin/relays"
RELAY, EVIL = "https://relay.test/actor", "https://evil.test/actor"
BOB = "https://beta.test/users/bob"


async def state(node: TestNode) -> list[str]:
    async with node.db.read() as tx:
        return [row.state for row in await relays.list_all(tx)]


async def find_post(node: TestNode, uri: str) -> PostRow | None:
    async with node.db.read() as tx:
        return await post_queries.find_by_uri(tx, uri)


async def csrf(node: TestNode) -> str:
    return (await read(node, PAGE)).partition('name="csrf" value="')[2].partition('"')[0]


class Story:
    """Activities of the relay and of an unrelated actor, each with an id of its own."""

    def __init__(self, peers: StubPeers, node: TestNode) -> None:
        self.peers, self.node, self.count = peers, node, 0

    async def say(self, by: str, kind: str, object_: Any, actor_: str = "") -> int:
        """Deliver an activity signed by `by`, in the name of `actor_` if given, and return the status."""
        self.count += 1
        host = (actor_ or by).rpartition("/")[0]
        said = {"id": f"{host}/activities/{self.count}", "type": kind, "actor": actor_ or by}
        status = await self.peers.deliver(self.node, by, {**said, "object": object_, "to": [PUBLIC]})
        await settle(self.node)
        return status

    def received(self, kind: str) -> list[dict[str, Any]]:
        return [activity for activity in self.peers.received if activity["type"] == kind]


async def test_relay_followed_forwards_pointers_to_posts_only(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await alpha.create_member("ada", "admin")
    await log_in(alpha, "ada")
    uris = [f"{BOB}/statuses/{await beta.publish(bob, f'Post {number}')}" for number in range(4)]
    async with StubPeers(names, "relay.test", "evil.test") as peers:
        peers.serve(make_actor(RELAY, "relay", "Application"), make_actor(EVIL, "evil", "Application"))
        story = Story(peers, alpha)
        await submit(alpha, PAGE, PAGE, address="https://relay.test/inbox")
        await settle(alpha)
        (follow,) = story.received("Follow")
        assert follow["object"] == PUBLIC
        assert follow["actor"] == "https://alpha.test/actor"
        await alpha.publish(ann, "Nobody hears it yet")
        await story.say(EVIL, "Accept", follow)
        await story.say(RELAY, "Announce", uris[0])
        assert await state(alpha) == ["pending"]
        assert await find_post(alpha, uris[0]) is None
        await story.say(RELAY, "Accept", follow)
        assert await state(alpha) == ["accepted"]
        assert ">On<" in await read(alpha, PAGE)

        shown = await alpha.publish(ann, "For all")
        for visibility in ("unlisted", "followers", "local"):
            await alpha.publish(ann, "Not for all", visibility=visibility)
        await settle(alpha)
        (created,) = story.received("Create")
        assert created["object"]["id"] == f"https://alpha.test/users/ann/statuses/{shown}"
        await it_only_points(story, uris, ann.id)
        await it_is_turned_off(story, follow, uris[3])
        async with alpha.db.read() as tx:
            assert await relays.list_all(tx) == []


async def test_relay_of_litepub_receives_boosts(start: Start, names: tls.LoopbackResolver) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    await alpha.create_member("ada", "admin")
    await log_in(alpha, "ada")
    async with StubPeers(names, "relay.test") as peers:
        peers.serve(make_actor(RELAY, "relay", "Application"))
        story = Story(peers, alpha)
        await submit(alpha, PAGE, PAGE, address=RELAY)
        await settle(alpha)
        (follow,) = story.received("Follow")
        assert (follow["object"], follow["to"]) == (RELAY, [RELAY])
        await story.say(RELAY, "Accept", follow)
        await story.say(RELAY, "Follow", "https://alpha.test/actor")
        assert await state(alpha) == ["accepted"]
        assert len(story.received("Accept")) == 1
        shown = await alpha.publish(ann, "For all")
        await alpha.publish(ann, "Not for all", visibility="unlisted")
        await settle(alpha)
        (boost,) = story.received("Announce")
        assert boost["object"] == f"https://alpha.test/users/ann/statuses/{shown}"
        assert boost["actor"] == "https://alpha.test/actor"
        assert story.received("Create") == []


async def it_only_points(story: Story, uris: list[str], ann_id: int) -> None:
    """Check that what a relay names or forwards is read from its origin, and that nobody else may forward."""
    node = story.node
    await story.say(RELAY, "Announce", uris[0])
    found = await find_post(node, uris[0])
    assert found is not None
    assert found.visibility == "public"
    assert "Post 0" in found.html
    async with node.db.read() as tx:
        assert await post_queries.list_boosts(tx, found.id) == [], "it is no boost"
    forged = {"id": uris[1], "type": "Note", "attributedTo": BOB, "content": "Forged", "to": [PUBLIC]}
    assert await story.say(RELAY, "Create", forged, BOB) == 202
    found = await find_post(node, uris[1])
    assert found is not None
    assert "Post 1" in found.html, "as its origin has it"
    assert await story.say(RELAY, "Update", {**forged, "updated": "2040-01-01T00:00:00Z"}, BOB) == 202
    assert await story.say(RELAY, "Delete", uris[1], BOB) == 202
    assert await find_post(node, uris[1]) == found
    assert await story.say(RELAY, "Follow", "https://alpha.test/users/ann", BOB) == 202
    async with node.db.read() as tx:
        assert await follow_queries.list_inboxes(tx, ann_id) == [], "it follows for nobody"
    assert await story.say(EVIL, "Create", {**forged, "id": uris[2]}, BOB) == 403
    await story.say(EVIL, "Announce", uris[2])
    assert await find_post(node, uris[2]) is None


async def it_is_turned_off(story: Story, follow: dict[str, Any], uri: str) -> None:
    """Then nothing goes either way."""
    node = story.node
    off = next(part for part in (await read(node, PAGE)).split('"') if part.endswith("/off"))
    await submit(node, PAGE, off)
    await settle(node)
    (undone,) = story.received("Undo")
    assert undone["object"]["id"] == follow["id"]
    assert undone["object"]["object"] == PUBLIC
    await story.say(RELAY, "Announce", uri)
    assert await story.say(RELAY, "Create", {"id": uri, "type": "Note", "attributedTo": BOB}, BOB) == 403
    async with node.db.read() as tx:
        ann = await account_queries.find_by_handle(tx, "ann", "")
    assert ann is not None
    await node.publish(ann, "Nobody hears it any more")
    await settle(node)
    assert await find_post(node, uri) is None
    assert len(story.received("Create")) == 1
    await submit(node, PAGE, off.replace("/off", "/on"))
    await settle(node)
    await story.say(RELAY, "Reject", story.received("Follow")[-1]["id"])
    assert await state(node) == ["rejected"]
    assert ">Rejected<" in await read(node, PAGE)
    await submit(node, PAGE, off.replace("/off", "/remove"))
    assert "Relay rejected the request" in await read(node, "/admin/log")
    for wrong in ("relay.test", "https://relay.test/nobody", "https://alpha.test/inbox", "ftp://x/inbox"):
        async with node.http.post(PAGE, data={"csrf": await csrf(node), "address": wrong}) as answer:
            assert answer.status == 422, wrong
