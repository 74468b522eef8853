"""The client meets servers that answer badly."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from fedserver.net.client import Client
from fedserver.net.errors import (
    BadRedirectError,
    RequestRefusedError,
    ResponseTooLargeError,
    TimedOutError,
    UnreachableError,
)
from fedserver.net.guard import Guard
from tests.kit import tls

BASE = "https://alpha.test"


class Server:
    """A server that misbehaves on demand; `hits` are the paths asked for, in order."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.release = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hits.append(request.path)
        self.headers.append(dict(request.headers))
        match request.path:
            case "/big":
                return web.Response(body=b"x" * 5_000)
            case "/bomb":
                bomb = gzip.compress(b"\0" * 5_000_000)
                return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
            case "/slow":
                await self.release.wait()
                return web.Response()
            case "/loop":
                raise web.HTTPFound("/loop")
            case "/once":
                raise web.HTTPFound("/end")
            case "/down":
                raise web.HTTPFound("http://alpha.test/end")
            case "/inward":
                raise web.HTTPFound("https://10.0.0.1/end")
            case "/user":
                raise web.HTTPFound("https://user@alpha.test/end")
            case "/nonsense":
                return web.Response(status=302, headers={"Location": "https://[::1"})
            case "/wordy":
                return web.Response(body=b"x" * 200_000, status=202)
            case "/dripping":
                dripping = web.StreamResponse(status=202)
                await dripping.prepare(request)
                await dripping.write(b"more follows")
                await self.release.wait()
                return dripping
            case "/garbled":
                return web.Response(body=b"no gzip", status=202, headers={"Content-Encoding": "gzip"})
            case "/post":
                return web.Response(body=await request.read(), status=202)
        return web.json_response({"path": request.path})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", made.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.server_context("alpha.test"))
    await site.start()
    made.port = runner.addresses[0][1]  # type: ignore[attr-defined]
    yield made
    made.release.set()
    await runner.cleanup()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    names = tls.LoopbackResolver()
    names.ports["alpha.test"] = server.port  # type: ignore[attr-defined]
    made = Client(Guard(["127.0.0.0/8"]), user_agent="test", ca_file=tls.write_ca_file(), resolver=names)
    yield made
    await made.close()


async def test_get_follows_and_tells_the_final_address(client: Client, server: Server) -> None:
    signed: list[tuple[str, str]] = []

    def sign(method: str, url: str) -> dict[str, str]:
        signed.append((method, url))
        return {"X-Signed": url}

    response = await client.get(BASE + "/once", accept="application/json", sign=sign)
    assert (response.status, response.url, response.hops) == (200, BASE + "/end", (BASE + "/once",))
    assert signed == [("GET", BASE + "/once"), ("GET", BASE + "/end")]
    assert server.headers[1]["X-Signed"] == BASE + "/end"
    assert server.headers[1]["User-Agent"] == "test"


async def test_post_gives_the_answer(client: Client) -> None:
    response = await client.post(BASE + "/post", b"body", {"Content-Type": "text/plain"})
    assert (response.status, response.body) == (202, b"body")


async def test_the_status_of_a_post_counts_however_its_answer_goes(client: Client) -> None:
    wordy = await client.post(BASE + "/wordy", b"body", {})
    assert wordy.status == 202
    assert 0 < len(wordy.body) <= 4_096
    dripping = await client.post(BASE + "/dripping", b"body", {}, reply_seconds=0.2)
    assert (dripping.status, dripping.body) == (202, b"more follows")
    assert (await client.post(BASE + "/garbled", b"body", {})).status == 202


async def test_answers_are_cut(client: Client) -> None:
    with pytest.raises(ResponseTooLargeError):
        await client.get(BASE + "/big", max_bytes=1_000)
    with pytest.raises(ResponseTooLargeError):
        await client.get(BASE + "/bomb", max_bytes=100_000)
    with pytest.raises(TimedOutError):
        await client.get(BASE + "/slow", seconds=0.05)


async def test_redirects_that_lead_astray(client: Client) -> None:
    with pytest.raises(BadRedirectError):
        await client.get(BASE + "/loop")
    with pytest.raises(BadRedirectError):
        await client.get(BASE + "/down")
    with pytest.raises(RequestRefusedError):
        await client.get(BASE + "/inward")
    with pytest.raises(RequestRefusedError):
        await client.get(BASE + "/user")
    with pytest.raises(BadRedirectError):
        await client.get(BASE + "/nonsense")


async def test_the_same_address_at_the_same_time_is_fetched_once(client: Client, server: Server) -> None:
    answers = await asyncio.gather(*(client.get(BASE + "/same") for _ in range(5)))
    assert len({answer.body for answer in answers}) == 1
    assert server.hits == ["/same"]


async def test_only_what_is_asked_alike_is_fetched_once(client: Client, server: Server) -> None:
    def sign(method: str, url: str) -> dict[str, str]:
        return {"X-Signed": url}

    plain, signed, again, _ = await asyncio.gather(
        client.get(BASE + "/same"),
        client.get(BASE + "/same", sign=sign),
        client.get(BASE + "/same", sign=sign),
        client.get(BASE + "/same", accept="text/html"),
    )
    assert plain.body == signed.body == again.body
    assert len(server.hits) == 3
    assert sorted("X-Signed" in each for each in server.headers) == [False, False, True]


async def test_each_size_is_held_to_by_whoever_asked_for_it(client: Client) -> None:
    small, large = await asyncio.gather(
        client.get(BASE + "/big", max_bytes=1_000),
        client.get(BASE + "/big", max_bytes=10_000),
        return_exceptions=True,
    )
    assert isinstance(small, ResponseTooLargeError)
    assert not isinstance(large, BaseException)
    assert len(large.body) == 5_000


async def test_loopback_is_refused_where_it_is_not_allowed(server: Server) -> None:
    names = tls.LoopbackResolver()
    names.ports["alpha.test"] = 443
    client = Client(Guard(), user_agent="test", ca_file=tls.write_ca_file(), resolver=names)
    for url in (BASE + "/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/"):
        with pytest.raises((RequestRefusedError, UnreachableError)):
            await client.get(url)
    with pytest.raises(RequestRefusedError):
        await client.get(BASE + "/")
    assert server.hits == []
    await client.close()


async def test_a_certificate_of_a_stranger_and_a_name_without_address(client: Client, server: Server) -> None:
    names = tls.LoopbackResolver()
    names.ports["alpha.test"] = server.port  # type: ignore[attr-defined]
    distrustful = Client(Guard(["127.0.0.0/8"]), user_agent="test", resolver=names)
    with pytest.raises(UnreachableError):
        await distrustful.get(BASE + "/")
    await distrustful.close()
    with pytest.raises(UnreachableError):
        await client.get("https://nowhere.test/")


class TwoAddresses(tls.LoopbackResolver):
    """A name that leads to this machine twice, as `localhost` does."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        (first,) = await super().resolve(host, port, family)
        second = {**first, "host": "::1", "family": socket.AF_INET6}
        return [first, second]  # type: ignore[list-item]


async def test_a_name_with_several_private_addresses_is_refused(server: Server) -> None:
    names = TwoAddresses()
    names.ports["alpha.test"] = 443
    client = Client(Guard(), user_agent="test", ca_file=tls.write_ca_file(), resolver=names)
    # Of several failures the connector keeps the words only, so it may count as not reached.
    with pytest.raises((RequestRefusedError, UnreachableError), match="private or reserved"):
        await client.get(BASE + "/")
    with pytest.raises((RequestRefusedError, UnreachableError), match="private or reserved"):
        await client.post(BASE + "/", b"", {})
    assert server.hits == []
    await client.close()
