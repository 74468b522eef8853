"""Files that come with the program, and compressed pages."""

from __future__ import annotations

import gzip
import re

import brotli
import pytest

from fedserver.web.html import choose_encoding
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

CODINGS = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


async def test_static_image_is_allowed_for_other_origins(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/static/avatar.png") as answer:
        assert answer.status == 200
        assert answer.content_type == "image/png"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("coding", CODINGS)
async def test_static_files_of_a_page_are_compressed_and_kept_for_a_year(start: Start, coding: str) -> None:
    node = await start("alpha.test")
    async with node.http.get("/about") as answer:
        addresses = re.findall(r'(?:href|src)="(/s[^"]+\\?v=[^"]+)"', await answer.text())
    assert len(addresses) >= 5
    assert [address for address in addresses if address.startswith("/style.css?")]
    for address in addresses:
        headers = {"Accept-Encoding": coding or "identity"}
        path = address.partition("?")[0]
        async with node.http.get(address, headers=headers, auto_decompress=False) as answer:
            data, tag = await answer.read(), answer.headers["ETag"]
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            used = answer.headers.get("Content-Encoding", "")
            assert used == ("" if path.endswith(".png") else coding), address
        async with node.http.get(path, headers={"Accept-Encoding": "identity"}) as plain:
            assert CODINGS[used](data) == await plain.read()
            assert plain.headers["Cache-Control"] == "public, max-age=3600"
        async with node.http.get(address, headers={**headers, "If-None-Match": tag}) as known:
            assert known.status == 304


@pytest.mark.parametrize("value", ["bytes=0-1,3-4", "bytes=0-1, -5", "bytes=5-2", "lines=1-2", "x", "bytes="])
async def test_static_file_is_sent_whole_for_ranges_that_are_not_served(start: Start, value: str) -> None:
    node = await start("alpha.test")
    for name in ("fedserver.js", "avatar.png"):
        async with node.http.get(f"/static/{name}") as answer:
            whole = await answer.read()
        async with node.http.get(f"/static/{name}", headers={"Range": value}) as answer:
            assert answer.status == 200
            assert "Content-Range" not in answer.headers
            assert await answer.read() == whole


@pytest.mark.parametrize("name", ["../html.py", "%2e%2e/html.py", "vendor", "nothing.css", "/etc/passwd"])
async def test_static_path_outside_of_the_folder_is_not_found(start: Start, name: str) -> None:
    node = await start("alpha.test")
    async with node.http.get(f"/static/{name}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("gzip;q=x", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_encoding_is_the_best_that_the_client_accepts(accepted: str, chosen: str) -> None:
    assert choose_encoding(accepted, ("br", "gzip")) == chosen


async def test_pages_are_compressed_but_not_what_attackers_could_measure(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    ann = await log_in_visitor(node, "ann")
    for browser, path, compressed in (
        (node.http, "/about", True),
        (node.http, "/login", True),
        (ann.http, "/home", True),
        (ann.http, "/search?q=secret", False),
        (ann.http, "/tags/secret", False),
        (ann.http, "/settings/two-step/app", False),
    ):
        async with browser.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status == 200, path
            assert ("Content-Encoding" in answer.headers) is compressed, path
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert "</html>" in await answer.text()
        async with browser.get(path, headers={"Accept-Encoding": "identity"}) as answer:
            assert "Content-Encoding" not in answer.headers


async def test_csrf_token_on_a_compressed_page_differs_each_time_and_works(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    ann = await log_in_visitor(node, "ann")
    tokens = set()
    for _ in range(3):
        page = await ann.open("/home")
        tokens |= set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    assert len(tokens) == 3
    for token in (*tokens, "", "00", "ab" * 86):
        form = {"csrf": token, "locale": "de", "back": "/home"}
        async with ann.http.post("/locale", data=form, allow_redirects=False) as answer:
            assert answer.status == (303 if token in tokens else 403)


async def test_guest_who_has_a_page_gets_it_again_only_when_it_has_changed(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    reader = await log_in_visitor(node, "ann")
    for path in ("/", "/about", "/@ann", "/blog"):
        async with node.http.get(path, headers={"Accept-Encoding": "identity"}) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache"), path
            known = {"If-None-Match": f'"other", {answer.headers["ETag"]}', "Accept-Encoding": "gzip"}
        async with node.http.get(path, headers=known) as answer:
            assert (answer.status, await answer.read()) == (304, b""), path
        async with reader.http.get(path, headers=known) as answer:
            assert answer.status == 200, "a member's page is theirs"
    async with node.http.get("/@ann", headers={"Accept-Language": "de", **known}) as answer:
        assert answer.status == 200
    async with node.http.get("/@ann.atom") as answer:
        known = {"If-None-Match": answer.headers["ETag"]}
    async with node.http.get("/@ann.atom", headers=known) as answer:
        assert answer.status == 304
    async with node.http.get("/@ann") as answer:
        known = {"If-None-Match": answer.headers["ETag"]}
    await node.publish(ann, "Something new")
    async with node.http.get("/@ann", headers=known) as answer:
        assert answer.status == 200
        assert "Something new" in await answer.text()
    async with node.http.get("/nothing/here", headers={"If-None-Match": "*"}) as answer:
        assert answer.status == 404
