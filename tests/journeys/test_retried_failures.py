"""What failed a moment ago is not asked for again, unless a person asks, or decides about the peer."""

from __future__ import annotations

from typing import Any

from fedserver.domain.peers import peers
from fedserver.federation import documents
from storage.queries.peers import peers as peer_queries
from tests.journeys.test_remote_files import begin, read
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, StubPeers, make_actor
from tests.media.test_images import with_gps

EVE = "https://beta.test/users/eve"
NOTE = f"{EVE}/posts/1"


async def search(api: Api, text: str, kind: str = "statuses") -> list[Any]:
    found: list[Any] = (await api.get(f"/api/v2/search?resolve=true&q={text}"))[kind]
    return found


async def open_scene(start: Start, names: tls.LoopbackResolver) -> tuple[TestNode, Api]:
    node = await start("alpha.test")
    return node, Api(node, await node.create_token(await node.create_member("ann")))


async def test_search_after_a_refusal_asks_the_peer_again(start: Start, names: tls.LoopbackResolver) -> None:
    """The post, its author and the document behind the handle: each was refused a moment ago."""
    _, api = await open_scene(start, names)
    async with StubPeers(names, "beta.test") as beta:
        note = {"id": NOTE, "type": "Note", "attributedTo": EVE, "content": "x", "to": [PUBLIC],
                "published": "2026-11-02T10:00:00Z"}  # fmt: skip
        beta.documents[NOTE] = 403
        assert await search(api, NOTE) == []
        beta.documents[NOTE], beta.documents[EVE] = note, 403
        assert await search(api, NOTE) == []
        assert await search(api, EVE, "accounts") == []
        beta.serve(make_actor(EVE, "eve"))
        assert [status["uri"] for status in await search(api, NOTE)] == [NOTE]
        assert [account["acct"] for account in await search(api, "@eve@beta.test", "accounts")] == [
            "eve@beta.test"
        ]


async def test_mention_after_a_refusal_asks_the_peer_again(start: Start, names: tls.LoopbackResolver) -> None:
    _, api = await open_scene(start, names)
    async with StubPeers(names, "beta.test") as beta:
        actor = make_actor(EVE, "eve")
        beta.serve(actor)
        beta.documents[EVE] = {**actor, "inbox": "https://gamma.test/inbox"}  # refused: it is not its own
        assert (await api.post("/api/v1/statuses", status="@eve@beta.test one"))["mentions"] == []
        beta.serve(actor)
        mentions = (await api.post("/api/v1/statuses", status="@eve@beta.test two"))["mentions"]
        assert [mention["acct"] for mention in mentions] == ["eve@beta.test"]


async def test_failure_is_remembered_where_nobody_asks(start: Start, names: tls.LoopbackResolver) -> None:
    node, _ = await open_scene(start, names)
    resolver: documents.DocumentReader = node.node.services.resolver
    async with StubPeers(names, "beta.test") as beta:
        beta.documents[NOTE] = 403
        for _ in range(2):
            assert await resolver.fetch_collection(NOTE) is None
        assert beta.requested_uris == [NOTE]
        async with node.db.write() as tx:
            await peers.decide(tx, None, "beta.test", peers.PeerDecision("allow"), role="operator")
        await node.settle()
        assert await resolver.fetch_collection(NOTE) is None
        assert beta.requested_uris == [NOTE] * 2, "a decision about peers forgets failures"


async def test_signed_request_shows_that_its_actor_can_be_read(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node, _ = await open_scene(start, names)
    async with StubPeers(names, "beta.test") as beta:
        beta.serve(make_actor(EVE, "eve"))
        resolver = node.node.services.resolver
        assert await resolver.fetch_actor(EVE) is not None
        beta.documents[EVE] = 500
        assert await resolver.fetch_actor(EVE) is None
        beta.serve(make_actor(EVE, "eve", name="Eve the Second"))
        update = {"id": f"{EVE}#u", "type": "Update", "actor": EVE, "object": {"id": EVE, "type": "Person"}}
        assert await beta.deliver(node, EVE, update) == 202
        await node.settle()
        assert (await resolver.resolve_actor(EVE)).display_name == "Eve the Second"


async def test_search_that_reaches_a_peer_ends_its_pause(start: Start, names: tls.LoopbackResolver) -> None:
    node, api = await open_scene(start, names)
    async with StubPeers(names, "beta.test") as beta:
        beta.serve(make_actor(EVE, "eve"))
        async with node.db.write() as tx:
            await peers.ensure(tx, "beta.test")
            await peer_queries.mark_failed(tx, "beta.test", 9, tx.now, tx.now + 86_400_000)
        account = (await search(api, "@eve@beta.test", "accounts"))[0]
        await api.post(f"/api/v1/accounts/{account['id']}/follow")
        await node.settle()
        assert [document["type"] for document in beta.received] == ["Follow"]


async def test_files_of_a_peer_that_is_allowed_again_are_fetched_at_once(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps())
    files = two.alpha.node.services.remote_files
    folder = two.beta.node.services.store.root
    folder.rename(folder.with_name("away"))
    assert (await read(two.alpha, file["url"]))[0] == 404
    folder.with_name("away").rename(folder)
    assert (await read(two.alpha, file["url"]))[0] == 404
    assert len(files._failed) == 1
    async with two.alpha.db.write() as tx:
        await peers.decide(tx, None, "beta.test", peers.PeerDecision("allow"), role="operator")
    assert (await read(two.alpha, file["url"]))[0] == 200
