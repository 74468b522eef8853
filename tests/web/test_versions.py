"""No answer tells the versions of Python and of libraries; the source code is where answers say it is."""

from __future__ import annotations

import asyncio
import io
import ssl
import tarfile

import pytest

from tests.architecture.source_tree import PACKAGES
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

BROKEN = {
    "no HTTP at all": b"\x16\x03\x01 hello\r\n\r\n",
    "a header too long": b"GET / HTTP/1.1\r\nHost: alpha.test\r\nX: " + b"x" * 12_000 + b"\r\n\r\n",
    "a broken header": b"GET / HTTP/1.1\r\nHost: alpha.test\r\n: \r\n\r\n",
    "an unknown method": b"G\x00T / HTTP/1.1\r\nHost: alpha.test\r\n\r\n",
    "a broken length": b"POST /inbox HTTP/1.1\r\nHost: alpha.test\r\nContent-Length: x\r\n\r\n",
    "a wrong expectation": b"POST /inbox HTTP/1.1\r\nHost: a.test\r\nExpect: x\r\nContent-Length: 0\r\n\r\n",
}


async def send_raw(node: TestNode, data: bytes) -> bytes:
    """Send bytes and return everything that is answered."""
    context: ssl.SSLContext = tls.client_context()
    port = node.node.addresses[0][1]
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname=node.domain
    )
    writer.write(data)
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()
    return answer


@pytest.mark.parametrize("what", BROKEN)
async def test_request_that_cannot_be_read_learns_no_version(start: Start, what: str) -> None:
    node = await start("alpha.test")
    answer = await send_raw(node, BROKEN[what])
    assert answer.split(b" ")[1].startswith(b"4"), answer
    assert b"Server: fedserver\r\n" in answer
    assert b"Python" not in answer
    assert b"aiohttp" not in answer


async def test_responses_of_every_kind_name_no_version(start: Start) -> None:
    node = await start("alpha.test")
    for path in (
        "/", "/nowhere", "/api/v1/nowhere", "/api/v1/instance", "/static/icon.svg", "/livez", "/nodeinfo/2.1",
        "/api/v1/streaming/health", "/users/nobody",
    ):  # fmt: skip
        async with node.http.get(path) as answer:
            assert answer.headers["Server"] == "fedserver", path
            assert "X-Powered-By" not in answer.headers


async def test_source_url_is_the_same_everywhere_and_leads_to_the_source(start: Start) -> None:
    node = await start("alpha.test")
    api, address = Api(node), "https://alpha.test/source"
    assert (await api.get("/api/v2/instance"))["source_url"] == address
    assert (await api.get("/api/v1/instance"))["source_url"] == address
    for version, repository in (("2.1", address), ("2.0", None)):
        async with node.http.get(f"/nodeinfo/{version}") as answer:
            software = (await answer.json(content_type=None))["software"]
        assert software.get("repository") == repository
    async with node.http.get("/about") as answer:
        assert f'href="{address}"' in await answer.text()
    async with node.http.get("/source") as answer:
        assert answer.content_type == "application/gzip"
        data = await answer.read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {"fedserver/node.py", "storage/schema.py", "fedserver/web/templates/base.html"} <= files
    assert {name.partition("/")[0] for name in files if "/" in name} >= set(PACKAGES)
    assert not [name for name in files if "__pycache__" in name or name.endswith((".sqlite3", ".pyc"))]
