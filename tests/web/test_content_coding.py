"""Compressed bodies: refused at once, whatever they hold, and never inflated."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from typing import Any

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

JSON, ACTIVITY = "application/json", "application/activity+json"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BLOCK_BYTES = 1 << 20
# Pages, forms, JSON, uploads, inboxes, static files, the self check, and what is not there at all.
TARGETS = [
    ("POST", "/api/v1/apps", JSON),
    ("POST", "/api/v1/apps", FORM),
    ("POST", "/api/v1/statuses", JSON),
    ("PUT", "/api/v1/statuses/1", FORM),
    ("PATCH", "/api/v1/accounts/update_credentials", MULTIPART),
    ("POST", "/api/v2/media", MULTIPART),
    ("DELETE", "/api/v1/push/subscription", JSON),
    ("GET", "/api/v1/timelines/public", JSON),
    ("POST", "/oauth/token", FORM),
    ("POST", "/login", FORM),
    ("POST", "/compose", MULTIPART),
    ("POST", "/inbox", ACTIVITY),
    ("POST", "/users/ann/inbox", ACTIVITY),
    ("POST", "/users/nobody/inbox", ACTIVITY),
    ("GET", "/static/avatar.png", JSON),
    ("POST", "/nothing", "text/plain"),
    ("POST", "/livez", "text/plain"),
]


async def send(node: TestNode, method: str, path: str, coding: str, content_type: str, body: bytes) -> bytes:
    """Return the first part of the answer to a request, with its headers."""
    host, port = node.domain.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: {content_type}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()


def get_status(answer: bytes) -> int:
    return int(answer.split()[1])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip", "unheard-of"])
async def test_coded_body_is_refused_everywhere_and_says_how_to_send_it(
    start: Start, coding: str, caplog: pytest.LogCaptureFixture
) -> None:
    node = await start("localhost")
    await node.create_member("ann")
    for method, path, content_type in TARGETS:
        for body in (b"abcde", gzip.compress(b"{}")):
            answer = await send(node, method, path, coding, content_type, body)
            assert get_status(answer) == 415, (method, path)
            assert b"\r\nAccept-Encoding: identity\r\n" in answer
    assert [record for record in caplog.records if record.exc_info] == [], "no traceback"


async def test_body_that_says_identity_is_read(start: Start) -> None:
    node = await start("localhost")
    app = b'{"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}'
    for coding in ("identity", "Identity", ""):
        answer = await send(node, "POST", "/api/v1/apps", coding, JSON, app)
        assert get_status(answer) == 200, answer
    async with node.http.get("/api/v2/instance", headers={"Content-Encoding": "gzip"}) as response:
        assert response.status == 200, "there is no body to decode"


def make_bomb(mebibytes: int) -> bytes:
    """Return a body that inflates to as many mebibytes of blanks."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = compressor.compress(b"") + compressor.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the next block refers to nothing before, so that it can be repeated.
    compressor.compress(b" " * BLOCK_BYTES)
    first = compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(b" " * BLOCK_BYTES) + compressor.flush(zlib.Z_FULL_FLUSH)
    return head + first + block * (mebibytes - 1)


async def test_refused_body_is_never_inflated(start: Start) -> None:
    node = await start("localhost")
    bomb = make_bomb(3_000)
    assert len(bomb) < 8 * BLOCK_BYTES
    for path, content_type in (("/api/v1/statuses", JSON), ("/inbox", ACTIVITY), ("/nothing", "text/plain")):
        began = time.process_time()
        answer = await send(node, "POST", path, "gzip", content_type, bomb)
        assert get_status(answer) == 415
        # Three gigabytes take some seconds.
        assert time.process_time() - began < 1.0, path


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "punycode", "hex", "utf-16", "nothing", '"', "a\\0"]
)
async def test_form_in_an_odd_encoding_is_no_server_error(start: Start, charset: str) -> None:
    node = await start("localhost")
    for body in (b"client_name=xn--a\xff", b"client_name=xn--99999999a", b"\xff" * 40):
        kind = f"{FORM}; charset={charset}"
        answer = await send(node, "POST", "/api/v1/apps", "identity", kind, body)
        assert get_status(answer) == 422, answer


@pytest.mark.parametrize(
    ("charset", "name"), [("utf-8", "Zoë"), ("ISO-8859-1", "Zoë"), ("windows-1252", "€")]
)
async def test_form_in_a_western_encoding_is_read(start: Start, charset: str, name: str) -> None:
    node = await start("alpha.test")
    body: Any = f"client_name={name}&redirect_uris=urn:ietf:wg:oauth:2.0:oob".encode(charset)
    headers = {"Content-Type": f"{FORM}; charset={charset}"}
    answer = await Api(node).request("POST", "/api/v1/apps", data=body, headers=headers)
    assert answer.status == 200
    assert answer.body["name"] == name
