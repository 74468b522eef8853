"""The job that copies a custom emoji of a peer, as `fedserver emoji copy` enqueues it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from fedserver.domain.content import emojis
from fedserver.domain.kernel import jobs
from fedserver.domain.peers import peers as peer_rules
from tests.console.test_emojis import BLOB, BOB, PNG, SVG, list_files, make_peer
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers
from tests.kit.pictures import make_picture


async def enqueue(node: TestNode, source: str = f"{BOB}/1", code: str = "blob", name: str = "drop") -> None:
    async with node.db.write() as tx:
        await jobs.enqueue(tx, jobs.CopyEmoji(source, code, name, "Blobs"))


async def list_shortcodes(node: TestNode) -> list[str]:
    async with node.db.read() as tx:
        return [row.shortcode for row in await emojis.list_all(tx)]


async def test_emoji_is_copied_once(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer())
        peers.serve_picture(BLOB, PNG)
        await enqueue(node)
        await enqueue(node)
        with capture_logs() as logs:
            await node.settle()
    (listed,) = await Api(node).get("/api/v1/custom_emojis")
    assert (listed["shortcode"], listed["category"]) == ("drop", "Blobs")
    async with node.http.get(listed["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
    [told] = [entry for entry in logs if entry["event"] == "emoji_not_copied"]
    assert told["shortcode"] == "drop"
    assert await node.node.runner.count_backlog() == 0


@pytest.mark.parametrize("case", ["svg", "no file", "another code", "taken", "wrong code", "no post"])
async def test_emoji_that_cannot_be_copied_is_told_in_the_log_and_leaves_nothing(
    start: Start, names: tls.LoopbackResolver, case: str
) -> None:
    node = await start("alpha.test")
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer())
        if case != "no file":
            peers.serve_picture(BLOB, SVG if case == "svg" else make_picture("red"))
        if case == "taken":
            await enqueue(node)
            await node.settle()
        taken, files = await list_shortcodes(node), list_files(node)
        if case == "no post":
            await enqueue(node, source=f"{BOB}/2")
        else:
            code = "cat" if case == "another code" else "blob"
            await enqueue(node, code=code, name="a b" if case == "wrong code" else "drop")
        with capture_logs() as logs:
            await node.settle()
    [told] = [entry for entry in logs if entry["event"] == "emoji_not_copied"]
    assert told["reason"]
    assert await list_shortcodes(node) == taken
    assert list_files(node) == files
    assert await node.node.runner.count_backlog() == 0, "nothing is tried again"


async def test_emoji_of_a_blocked_peer_is_not_copied(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    async with node.db.write() as tx:
        await peer_rules.decide(tx, None, "beta.test", peer_rules.PeerDecision("block", reason="spam"))
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer())
        peers.serve_picture(BLOB, PNG)
        await enqueue(node)
        await node.settle()
        assert peers.requested_uris == []
    assert await list_shortcodes(node) == []
