"""Activities of ours that a peer passes on to us: known here already, if they are ours."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from activitypub.signatures import proofs
from fedserver.domain.accounts import accounts
from fedserver.domain.posts import post_removal
from storage.queries.kernel import inbox as inbox_queries
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import Document, StubPeers, make_actor

CARRIER = "https://beta.test/users/carrier"


class Scene:
    """A node with a member, and a peer that got her Create and her Delete of a post."""

    def __init__(self, node: TestNode, peers: StubPeers) -> None:
        self.node, self.peers = node, peers

    def find_received(self, kind: str) -> Document:
        return next(document for document in self.peers.received if document["type"] == kind)

    async def forward(self, document: Document) -> int:
        return await self.peers.deliver(self.node, CARRIER, document)

    async def sign_as(self, username: str, document: Document) -> Document:
        """Return the document with a proof by the key of another member."""
        async with self.node.db.read() as tx:
            account = await accounts.find_by_handle(tx, username)
            assert account is not None
            uri, key = await self.node.node.services.keyring.get_ed25519(tx, account.id)
        return proofs.sign(document, key, uri, self.node.clock())

    async def count_pending(self) -> int:
        async with self.node.db.read() as tx:
            return await inbox_queries.count_pending(tx)


@pytest.fixture
async def scene(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[Scene]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    await alpha.create_member("bob")
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(make_actor(CARRIER, "carrier"))
        follow = {"id": f"{CARRIER}#follow", "type": "Follow", "actor": CARRIER, "object": ann.uri}
        assert await peers.deliver(alpha, CARRIER, follow) == 202
        await alpha.settle()
        post_id = await alpha.publish(ann, "Carry this")
        await alpha.settle()
        async with alpha.db.write() as tx:
            await post_removal.delete(tx, ann, post_id)
        await alpha.settle()
        yield Scene(alpha, peers)


@pytest.mark.parametrize("kind", ["Create", "Delete", "Accept"])
@pytest.mark.parametrize("hours", [0, 100])
async def test_own_activity_forwarded_by_a_peer_is_known(scene: Scene, kind: str, hours: int) -> None:
    document = scene.find_received(kind)
    assert "proof" in document
    scene.node.clock.forward(hours=hours)
    with capture_logs() as logs:
        assert await scene.forward(document) == 202
    assert await scene.count_pending() == 0
    reasons = [entry["reason"] for entry in logs if entry["event"] == "activity_dropped"]
    assert reasons == ["it is our own, forwarded to us"]


async def test_activity_that_only_claims_to_be_ours_is_refused(scene: Scene) -> None:
    document = scene.find_received("Create")
    changed = copy.deepcopy(document)
    changed["object"]["content"] = "<p>Forged</p>"
    other = {**document, "actor": "https://alpha.test/users/bob"}
    other_key = copy.deepcopy(document)
    other_key["proof"]["verificationMethod"] = "https://alpha.test/users/bob#ed25519-key"
    no_key = copy.deepcopy(document)
    no_key["proof"]["verificationMethod"] = f"{CARRIER}#main-key"
    by_bob = await scene.sign_as("bob", document)
    for forged in (changed, other, other_key, no_key, by_bob):
        assert await scene.forward(forged) == 401
    bare = {name: value for name, value in document.items() if name != "proof"}
    assert await scene.forward(bare) == 403
    assert await scene.forward({**document, "actor": "https://alpha.test/users/nobody"}) == 401
    assert await scene.count_pending() == 0
