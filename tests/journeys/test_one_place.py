"""Posts of peers whose readers, author or date stand in the activity only, as a member then sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.relationships import follows
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer, deliver, post_to_inbox, sign_headers


class World:
    """A node with a member who follows an actor of a peer."""

    def __init__(self, node: TestNode, beta: StubPeer, eve: str, ann: AccountRow, api: Api) -> None:
        self.node, self.beta, self.eve, self.ann, self.api = node, beta, eve, ann, api

    async def send(self, activity: Document) -> None:
        assert await deliver(self.node, activity) == 202
        await self.node.settle()

    def create(self, note: Document, **more: Any) -> Document:
        note = {"id": f"{self.eve}/1", "type": "Note", "content": "<p>x</p>", **note}
        return {"id": f"{self.eve}#c", "type": "Create", "actor": self.eve, "object": note, **more}

    async def load_status(self, uri: str, api: Api | None = None) -> dict[str, Any]:
        async with self.node.db.read() as tx:
            row = await post_queries.find_by_uri(tx, uri)
        assert row is not None
        status: dict[str, Any] = await (api or self.api).get(f"/api/v1/statuses/{row.id}")
        return status


@pytest.fixture
async def world(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[World]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta:
        eve = beta.serve_actor("eve")
        account = await alpha.node.services.resolver.resolve_account("@eve@beta.test")
        assert account is not None
        async with alpha.db.write() as tx:
            await follows.follow(tx, alpha.site, ann, account)
            await follows.receive_answer(tx, account, ann.id, None, accepted=True)
        yield World(alpha, beta, eve, ann, Api(alpha, await alpha.create_token(ann)))


async def test_post_described_by_its_activity_alone_is_public(world: World) -> None:
    await world.send(
        world.create({}, to=[PUBLIC], cc=[f"{world.eve}/followers"], published="2026-11-02T10:00:00Z")
    )
    status = await world.load_status(f"{world.eve}/1", Api(world.node))
    assert (status["visibility"], status["created_at"]) == ("public", "2026-11-02T10:00:00.000Z")
    assert status["account"]["acct"] == "eve@beta.test"


async def test_post_delivered_to_one_inbox_without_addresses_is_for_its_owner(world: World) -> None:
    bob = await world.node.create_member("bob")
    activity = world.create({"attributedTo": world.eve})
    body, path = msgspec.json.encode(activity), "/users/bob/inbox"
    headers = sign_headers(world.node, body, f"{world.eve}#main-key", signed_url=world.node.base + path)
    assert (await post_to_inbox(world.node, body, headers, path))[0] == 202
    await world.node.settle()
    api = Api(world.node, await world.node.create_token(bob))
    assert (await world.load_status(f"{world.eve}/1", api))["visibility"] == "direct"
    row_id = (await world.load_status(f"{world.eve}/1", api))["id"]
    assert (await world.api.request("GET", f"/api/v1/statuses/{row_id}")).status == 404


async def test_post_without_addresses_is_for_each_member_to_whom_it_is_delivered(world: World) -> None:
    bob, cora = [await world.node.create_member(name) for name in ("bob", "cora")]
    activity = world.create({"attributedTo": world.eve})
    body = msgspec.json.encode(activity)
    for name in ("bob", "ann", "bob"):
        path = f"/users/{name}/inbox"
        headers = sign_headers(world.node, body, f"{world.eve}#main-key", signed_url=world.node.base + path)
        assert (await post_to_inbox(world.node, body, headers, path))[0] == 202
        await world.node.settle()
    apis = {row.username: Api(world.node, await world.node.create_token(row)) for row in (bob, cora)}
    status = await world.load_status(f"{world.eve}/1", apis["bob"])
    assert (await world.load_status(f"{world.eve}/1"))["visibility"] == "direct"
    assert (await apis["cora"].request("GET", f"/api/v1/statuses/{status['id']}")).status == 404
    assert status["mentions"] == [], "no reader learns of the others"
    assert [post["id"] for post in await world.api.get("/api/v1/timelines/home")] == [status["id"]]


async def test_reader_is_added_to_a_post_that_came_with_addresses_first(world: World) -> None:
    bob = await world.node.create_member("bob")
    note = {"id": f"{world.eve}/1", "attributedTo": world.eve, "to": [world.ann.uri]}
    await world.send(world.create(note))
    bare = {name: value for name, value in world.create(note).items() if name != "to"}
    bare["object"] = {name: value for name, value in bare["object"].items() if name != "to"}
    path, body = "/users/bob/inbox", msgspec.json.encode({**bare, "id": f"{world.eve}#c2"})
    headers = sign_headers(world.node, body, f"{world.eve}#main-key", signed_url=world.node.base + path)
    assert (await post_to_inbox(world.node, body, headers, path))[0] == 202
    await world.node.settle()
    async with world.node.db.read() as tx:
        row = await post_queries.find_by_uri(tx, f"{world.eve}/1")
        assert row is not None
        readers = await mention_queries.list_by_post(tx, row.id)
    assert sorted(readers) == [world.ann.id, bob.id], "its author sent it to both"


async def test_author_is_the_actor_among_several(world: World) -> None:
    channel = {"type": "Group", "id": f"{world.beta.base}/channels/films"}
    note = {"attributedTo": [channel, {"type": "Person", "id": world.eve}], "to": [PUBLIC]}
    await world.send(world.create(note))
    assert (await world.load_status(f"{world.eve}/1"))["account"]["acct"] == "eve@beta.test"


async def test_post_in_a_list_of_objects_is_read(world: World) -> None:
    notes = [
        {"id": f"{world.eve}/{number}", "type": "Note", "content": f"<p>{number}</p>", "to": [PUBLIC]}
        for number in (1, 2)
    ]
    await world.send({"id": f"{world.eve}#c", "type": "Create", "actor": world.eve, "object": notes})
    for number in (1, 2):
        assert (await world.load_status(f"{world.eve}/{number}"))["content"] == f"<p>{number}</p>"
    deleted = [note["id"] for note in notes]
    await world.send({"id": f"{world.eve}#d", "type": "Delete", "actor": world.eve, "object": deleted})
    async with world.node.db.read() as tx:
        assert [await post_queries.find_by_uri(tx, uri) for uri in deleted] == [None, None]


async def test_update_that_only_names_its_post_has_it_read(world: World) -> None:
    await world.send(world.create({"to": [PUBLIC]}))
    note = {
        "id": f"{world.eve}/1", "type": "Note", "attributedTo": world.eve, "content": "<p>new</p>",
        "to": [PUBLIC], "updated": "2026-11-19T00:00:00Z", "published": "2026-11-02T10:00:00Z",
    }  # fmt: skip
    world.beta.serve("/users/eve/1", note)
    world.node.clock.forward(days=12)
    await world.send({"id": f"{world.eve}#u", "type": "Update", "actor": world.eve, "object": note["id"]})
    assert (await world.load_status(f"{world.eve}/1"))["content"] == "<p>new</p>"
