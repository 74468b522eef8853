"""Listening to streams in tests: a WebSocket whose messages are awaited, never slept for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.kit.nodes import TestNode

TIMEOUT_S = 10.0


class Stream:
    """One socket. `next` gives stream, event and payload, read as JSON unless it is a bare id."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send_request(self, kind: str, stream: str, **parameters: str) -> None:
        await self.socket.send_json({"type": kind, "stream": stream, **parameters})

    async def receive_raw(self) -> dict[str, Any]:
        """Return a message as it came."""
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.receive_str(), TIMEOUT_S))
        return found

    async def receive(self) -> tuple[list[str], str, Any]:
        message = await self.receive_raw()
        payload = message.get("payload")
        if payload is not None and payload[:1] in "{[":
            payload = json.loads(payload)
        return message["stream"], message["event"], payload

    async def receive_ids(self, count: int) -> list[tuple[str, str, str]]:
        """Stream, event and id of the next messages, sorted: streams of one event come in no order."""
        found = []
        for _ in range(count):
            stream, event, payload = await self.receive()
            found.append(("/".join(stream), event, payload["id"] if isinstance(payload, dict) else payload))
        return sorted(found)

    async def wait_closed(self) -> int | None:
        """Wait until the server closes it; the code."""
        async with asyncio.timeout(TIMEOUT_S):
            async for _ in self.socket:
                pass
        return self.socket.close_code


@asynccontextmanager
async def open_stream(node: TestNode, token: str, *streams: str, **options: Any) -> AsyncIterator[Stream]:
    """Open a socket and subscribe it to streams without parameters; later messages are handled in order."""
    headers = {"Authorization": f"Bearer {token}"}
    async with node.http.ws_connect("/api/v1/streaming", headers=headers, **options) as socket:
        stream = Stream(socket)
        for name in streams:
            await stream.send_request("subscribe", name)
        await wait_until_settled(stream)
        yield stream


async def wait_until_settled(stream: Stream) -> None:
    """Wait until the server has done all that the socket asked: it answers what is no stream, in order."""
    await stream.send_request("subscribe", "nowhere")
    assert (await stream.receive_raw())["error"] == "Unknown stream type"
