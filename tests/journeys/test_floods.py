"""More than a node can want: what costs nothing is answered, what is too much is put off, for nobody else."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from aiohttp import web

from activitypub import activities
from fedserver.federation import authenticate, inbox
from fedserver.s2s import inbox as door
from tests.kit import tls
from tests.kit.metrics import read_value
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer, deliver, post_to_inbox, sign_headers

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


async def test_inbox_over_its_limits_asks_to_retry_later(
    start: Start, names: tls.LoopbackResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = await start("alpha.test", requests=1)  # so that an address may ask a hundred times as a peer
    async with StubPeer(names, "beta.test") as beta:
        # Accounts that we never knew are gone: nobody is asked for their keys, nothing is kept.
        async def delete_unknown(number: int) -> int:
            uri = f"{beta.base}/users/{number}"
            body = msgspec.json.encode(activities.delete_actor(f"{uri}#delete", uri))
            return (await post_to_inbox(alpha, body, sign_headers(alpha, body, f"{uri}#main-key")))[0]

        assert set(await asyncio.gather(*(delete_unknown(number) for number in range(90)))) == {202}
        assert beta.requested_paths == []
        assert await alpha.settle() == 0

        # A full queue says when to come again, and takes it then.
        eve = beta.serve_actor("eve")
        body = msgspec.json.encode(activities.like(f"{eve}/1", eve, f"{alpha.base}/x", alpha.base))
        headers = {
            **sign_headers(alpha, body, f"{eve}#main-key"),
            "Content-Type": "application/activity+json",
        }
        with monkeypatch.context() as full:
            full.setattr(inbox, "MAX_PENDING", 0)
            async with alpha.http.post("/inbox", data=body, headers=headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert (await post_to_inbox(alpha, body, headers))[0] == 202

        # One address has so many requests and no more; before its signature is looked at.
        for _ in range(9):
            status, _ = await post_to_inbox(alpha, body, headers)
        assert status == 429
        async with alpha.http.post("/inbox", data=body, headers=headers) as answer:
            assert 0 < int(answer.headers["Retry-After"]) <= 300
        alpha.clock.forward(seconds=300)
        assert (await post_to_inbox(alpha, body, headers))[0] == 202


class Mute(StubPeer):
    """A host that keeps each request waiting until it is released."""

    def __init__(self, names: tls.LoopbackResolver, host: str) -> None:
        super().__init__(names, host)
        self.was_asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        self.was_asked.set()
        await self.let_go.wait()
        return await super()._serve_page(request)


async def test_flooding_or_silent_peer_does_not_delay_others(
    start: Start, names: tls.LoopbackResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BACKLOG_CHECK_INTERVAL", 2)
    monkeypatch.setattr(inbox, "MAX_PENDING_PER_HOST", 3)
    monkeypatch.setattr(authenticate, "MAX_CONCURRENT_FETCHES_PER_HOST", 1)
    monkeypatch.setattr(door, "BODY_TIMEOUT_S", 0.01)
    alpha = await start("alpha.test")
    async with StubPeer(names, "beta.test") as beta, StubPeer(names, "gamma.test") as gamma:
        eve, zoe = beta.serve_actor("eve"), gamma.serve_actor("zoe")

        async def like(actor: str, number: int) -> int:
            return await deliver(alpha, activities.like(f"{actor}/{number}", actor, f"{alpha.base}/x", zoe))

        # What waits of one host is counted now and then; too much of it is put off, for that host only.
        assert [await like(eve, number) for number in range(6)] == [202, 202, 202, 429, 429, 429]
        body = msgspec.json.encode(activities.like(f"{eve}/9", eve, f"{alpha.base}/x", zoe))
        headers = {
            **sign_headers(alpha, body, f"{eve}#main-key"),
            "Content-Type": "application/activity+json",
        }
        async with alpha.http.post("/inbox", data=body, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
        assert await like(zoe, 1) == 202
        await alpha.settle()
        alpha.clock.forward(seconds=61)
        assert await like(eve, 7) == 202
        monkeypatch.setattr(inbox, "MAX_PENDING", 1)
        assert [await like(zoe, number) for number in (2, 3, 4)] == [503, 503, 503], (
            "together there is a limit"
        )

    # Keys of a host that does not answer are waited for in a few requests, not in all.
    monkeypatch.setattr(inbox, "MAX_PENDING", 100)
    alpha.clock.forward(seconds=61)
    async with Mute(names, "mute.test") as mute, StubPeer(names, "delta.test") as delta, asyncio.timeout(10):
        ned, joe = mute.serve_actor("ned"), mute.serve_actor("joe")
        waiting = asyncio.create_task(like(ned, 1))
        await mute.was_asked.wait()
        monkeypatch.setattr(authenticate, "MAX_PENDING_KEYS_PER_HOST", 1)
        assert await like(joe, 1) == 503
        # In a longer line joe would wait for his turn, but not for ever.
        monkeypatch.setattr(authenticate, "MAX_PENDING_KEYS_PER_HOST", 2)
        monkeypatch.setattr(authenticate, "QUEUE_TIMEOUT_S", 0.01)
        assert await like(joe, 1) == 503
        monkeypatch.setattr(authenticate, "QUEUE_TIMEOUT_S", 10)
        patient = asyncio.create_task(like(joe, 1))
        assert await like(delta.serve_actor("kim"), 1) == 202
        mute.let_go.set()
        assert await waiting == 202
        assert await patient == 202
    assert await trickle(alpha) == 408


async def trickle(node: TestNode) -> int:
    """Return the status for a body of which only the beginning comes."""
    port = node.names.ports[node.domain]
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls.client_context(), server_hostname=node.domain
    )
    head = "Content-Type: application/activity+json\r\nContent-Length: 100"
    writer.write(f"POST /inbox HTTP/1.1\r\nHost: {node.domain}\r\n{head}\r\n\r\n{{".encode())
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def test_inbox_with_a_known_actor_takes_four_statements(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test", metrics="127.0.0.1:0")
    ann = await alpha.create_member("ann")
    statements = alpha.node.services.metrics.request_statements
    async with StubPeer(names, "beta.test") as beta:
        eve = beta.serve_actor("eve")
        for number, path in enumerate(("/inbox", "/inbox", "/users/ann/inbox", "/inbox", "/users/ann/inbox")):
            body = msgspec.json.encode(activities.like(f"{eve}/{number}", eve, f"{alpha.base}/x", ann.uri))
            route = path.replace("ann", "{name}")
            before = read_value(statements, "POST", route)
            headers = sign_headers(alpha, body, f"{eve}#main-key", signed_url=alpha.base + path)
            assert (await post_to_inbox(alpha, body, headers, path))[0] == 202
            if number > 1:
                took = read_value(statements, "POST", route) - before
                assert 2 <= took <= 4, (path, took)
