"""Bytes that are no text, and characters that no column takes, in every part of a request."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest

from tests.kit.nodes import PASSWORD, Start, TestNode

HOSTILE = [b"\xff\xfe", b"\xed\xa0\x80", b"%ff", b"%ED%A0%80", b"%00", b"%01", b"%EF%BF%BF"]
FORM = urlencode({"username": "ann", "password": PASSWORD}).encode()


async def send(node: TestNode, request: bytes) -> int:
    """Return the status of the answer to the bytes of a request."""
    host, port = node.domain.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        await writer.wait_closed()


def make_get(path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join(
        [b"GET " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers, b"", b""]
    )


def make_post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    head = [b"POST " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", length, *headers]
    return b"\r\n".join([*head, b"", body])


@pytest.mark.parametrize("start", ["sqlite", "postgresql"], indirect=True)
async def test_hostile_bytes_are_no_server_error(start: Start) -> None:
    node = await start("localhost")
    ann = await node.create_member("ann")
    await node.publish(ann, "x")
    token = f"Authorization: Bearer {await node.create_token(ann)}".encode()
    json, form = b"Content-Type: application/json", b"Content-Type: application/x-www-form-urlencoded"
    statuses = {}
    for bad in HOSTILE:
        paths = (
            b"/@%s", b"/@ann/%s", b"/tags/%s", b"/@ann@%s", b"/api/v1/accounts/lookup?acct=%s",
            b"/api/v2/search?q=%s", b"/api/v1/tags/%s", b"/api/v1/timelines/tag/%s", b"/users/%s",
            b"/.well-known/webfinger?resource=acct:%s@localhost", b"/media/%s",
            b"/media/proxy/emoji/small?u=%s&v=%s",
            b"/media/proxy/posts/1/image?u=%s&v=%s", b"/api/oembed?url=%s", b"/login?next=/%s",
            b"/about?%s=%s",
            b"/api/v1/statuses/%s",
        )  # fmt: skip
        for path in paths:
            request = make_get(path.replace(b"%s", bad), token)
            statuses[path, bad] = await send(node, request)
        for header in (b"User-Agent", b"Authorization", b"Cookie", b"Accept-Language", b"Referer", b"Origin",
                       b"If-None-Match", b"Accept", b"X-Forwarded-For", b"Signature", b"Range"):  # fmt: skip
            value = b"Bearer " if header == b"Authorization" else b"session=" if header == b"Cookie" else b""
            statuses[header, bad] = await send(node, make_get(b"/@ann", header + b": " + value + bad))
        agent, key = b"User-Agent: x" + bad, b"Idempotency-Key: k" + bad
        statuses[b"login", bad] = await send(node, make_post(b"/login", FORM, form, agent))
        statuses[b"idempotency key", bad] = await send(
            node, make_post(b"/api/v1/statuses", b'{"status": "a"}', json, token, key)
        )
        statuses[b"form", bad] = await send(
            node, make_post(b"/api/v1/statuses", b"status=a" + bad + b"&spoiler_text=" + bad, form, token)
        )
    for escape in (r"\u0000", r"\u0001", r"\ud800", r"\uffff"):
        body = b'{"status": "a%s", "spoiler_text": "%s"}' % (escape.encode(), escape.encode())
        statuses[b"json", body] = await send(node, make_post(b"/api/v1/statuses", body, json, token))
    assert {where: status for where, status in statuses.items() if status >= 500} == {}
    assert {statuses[b"login", bad] for bad in HOSTILE} == {303}, "whatever the name of the browser"
