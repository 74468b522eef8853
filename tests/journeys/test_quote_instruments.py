"""A QuoteRequest tells what its post quotes, though the post that came to followers left that out (Hollo)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.relationships import follows
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor

EVE, MALLORY = "https://beta.test/users/eve", "https://beta.test/users/mallory"
URI = f"{EVE}/posts/1"


class Scene:
    """A node with a post of a member, and a post of a peer that came to her without its quote."""

    def __init__(self, node: TestNode, peers: StubPeers, quoted: str) -> None:
        self.node, self.peers, self.quoted = node, peers, quoted

    def build_note(self, **more: Any) -> Document:
        return {
            "id": URI, "type": "Note", "attributedTo": EVE, "content": "<p>See</p>", "to": [PUBLIC],
            "published": "2026-11-02T10:00:00Z", **more,
        }  # fmt: skip

    async def request(self, instrument: Any) -> str | None:
        """Ask for the quote; return the state of the quote as it is stored then, None without one."""
        request = {"id": f"{EVE}#q", "type": "QuoteRequest", "actor": EVE, "object": self.quoted}
        assert await self.peers.deliver(self.node, EVE, {**request, "instrument": instrument}) == 202
        await self.node.settle()
        async with self.node.db.read() as tx:
            row = await post_queries.find_by_uri(tx, URI)
            quote = await quote_queries.find_by_post(tx, row.id) if row is not None else None
        return quote.state if quote is not None else None

    def find_answers(self) -> list[str]:
        return [doc["type"] for doc in self.peers.received if doc["type"] in ("Accept", "Reject")]


@pytest.fixture
async def scene(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[Scene]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeers(names, "beta.test", "gamma.test") as peers:
        peers.serve(make_actor(EVE, "eve"), make_actor(MALLORY, "mallory"))
        eve = await alpha.node.services.resolver.resolve_account("@eve@beta.test")
        assert isinstance(eve, AccountRow)
        async with alpha.db.write() as tx:
            await follows.follow(tx, alpha.site, ann, eve)
            await follows.receive_answer(tx, eve, ann.id, None, accepted=True)
        post_id = await alpha.publish(ann, "Quote me")
        scene = Scene(alpha, peers, f"{ann.uri}/statuses/{post_id}")
        create = {
            "id": f"{URI}#create",
            "type": "Create",
            "actor": EVE,
            "object": scene.build_note(),
            "to": [PUBLIC],
        }
        assert await peers.deliver(alpha, EVE, create) == 202
        await alpha.settle()
        yield scene


async def test_instrument_with_the_quote_is_granted(scene: Scene) -> None:
    assert await scene.request(scene.build_note(quote=scene.quoted)) == "accepted"
    assert scene.find_answers() == ["Accept"]


async def test_instrument_named_by_its_id_is_fetched(scene: Scene) -> None:
    scene.peers.serve(scene.build_note(quote=scene.quoted))
    assert await scene.request(URI) == "accepted"
    assert URI in scene.peers.requested_uris


async def test_instrument_that_names_no_quote_is_granted_as_its_author_asks(scene: Scene) -> None:
    assert await scene.request(scene.build_note()) == "accepted"


async def test_instrument_that_quotes_another_post_is_refused(scene: Scene) -> None:
    assert await scene.request(scene.build_note(quote=f"{scene.quoted}0")) is None
    assert scene.find_answers() == ["Reject"]


async def test_instrument_of_another_author_grants_nothing(scene: Scene) -> None:
    assert await scene.request(scene.build_note(attributedTo=MALLORY, quote=scene.quoted)) is None
    assert scene.find_answers() == []


async def test_instrument_of_another_origin_grants_nothing(scene: Scene) -> None:
    elsewhere = "https://gamma.test/posts/1"
    for instrument in (scene.build_note(id=elsewhere, quote=scene.quoted), elsewhere):
        assert await scene.request(instrument) is None
    assert scene.find_answers() == []
    assert elsewhere not in scene.peers.requested_uris
