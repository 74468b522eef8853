"""Mastodon.py listens to a real node: server-sent events, and push messages that it decrypts itself."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import requests
from mastodon import Mastodon, StreamListener

from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.push import HOST, PushService

Join = Callable[[TestNode, str], Awaitable[Mastodon]]


@pytest.fixture
def join(names: tls.LoopbackResolver, monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Join]:
    """`ann = await join(node, "ann")`: a new member with a client, which looks names up by itself.

    Asks for `start` so that the clients' connections are closed before the nodes are.
    """
    lookup, sessions = socket.getaddrinfo, []

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        found = names.ports.get(host)
        return lookup("127.0.0.1" if found else host, found or port, *args, **kwargs)

    async def log_in(node: TestNode, username: str) -> Mastodon:
        token = await node.create_token(await node.create_member(username))
        sessions.append(requests.Session())
        return Mastodon(access_token=token, api_base_url=node.base, session=sessions[-1])

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls.write_ca_file())
    yield log_in
    for session in sessions:
        session.close()


class Ear(StreamListener):  # type: ignore[misc]
    """Gives what it hears to the loop of the test."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.ended = threading.Event()

    def _push(self, word: str, what: Any) -> None:
        self.loop.call_soon_threadsafe(self.heard.put_nowait, (word, what))

    def on_update(self, status: Any) -> None:
        self._push("update", status)

    def on_status_update(self, status: Any) -> None:
        self._push("status.update", status)

    def on_delete(self, status_id: Any) -> None:
        self._push("delete", status_id)

    def on_notification(self, notification: Any) -> None:
        self._push("notification", notification)

    def handle_heartbeat(self) -> None:
        self._push("beat", None)

    def on_abort(self, err: Exception) -> None:
        self.ended.set()

    async def next(self, *, beats: bool = False) -> tuple[str, Any]:
        async with asyncio.timeout(10):
            while True:
                word, what = await self.heard.get()
                if beats or word != "beat":
                    return word, what


async def test_server_sent_events_reach_a_listening_client(start: Start, join: Join) -> None:
    node = await start("alpha.test")
    node.node.hub.heartbeat_seconds = 0.05
    ann, bob = await join(node, "ann"), await join(node, "bob")
    assert await asyncio.to_thread(ann.stream_healthy)
    user, tag = Ear(), Ear()
    handles = [
        await asyncio.to_thread(lambda: ann.stream_user(user, run_async=True)),
        await asyncio.to_thread(lambda: ann.stream_hashtag("fox", tag, run_async=True)),
    ]
    for ear in (user, tag):
        assert (await ear.next(beats=True))[0] == "beat"
    posted = await asyncio.to_thread(lambda: bob.status_post("@ann a #fox"))
    word, payload = await user.next()
    assert (word, payload.type, payload.status.id) == ("notification", "mention", posted.id)
    assert (await tag.next())[1].id == posted.id
    edited = await asyncio.to_thread(lambda: bob.status_update(posted, status="a red #fox"))
    word, payload = await tag.next()
    assert word == "status.update"
    assert payload.content == edited.content
    await asyncio.to_thread(lambda: bob.status_delete(posted))
    word, payload = await tag.next()
    assert (word, str(payload)) == ("delete", str(posted.id))
    for handle in handles:
        await asyncio.to_thread(handle.close)


async def test_push_messages_reach_a_listening_client(
    start: Start, join: Join, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    service = PushService(names)
    await service.start()
    ann, bob = await join(node, "ann"), await join(node, "bob")
    private, public = ann.push_subscription_generate_keys()
    log_in = await asyncio.to_thread(
        lambda: ann.push_subscription_set(f"https://{HOST}/py", public, mention_events=True, policy="all")
    )
    assert log_in.alerts.mention
    assert not log_in.alerts.follow
    assert not log_in.standard
    assert await asyncio.to_thread(ann.push_subscription) == log_in
    await asyncio.to_thread(lambda: bob.status_post("@ann hello"))
    await node.settle()
    [message] = service.take_received()
    read = ann.push_subscription_decrypt_push(
        message.body, private, message.headers["Encryption"], message.headers["Crypto-Key"]
    )
    assert read.notification_type == "mention"
    assert read.access_token == ann.access_token
    found = await asyncio.to_thread(lambda: ann.notifications(read.notification_id))
    assert found.status.content.endswith("hello</p>")
    await asyncio.to_thread(ann.push_subscription_delete)
    await service.stop()
