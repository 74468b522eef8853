"""The pages as an app: what its manifest offers, and what its service worker keeps."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from fedserver.web.appearance.palette import build_light
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import log_in_visitor


async def read(node: TestNode, path: str, **headers: str) -> str:
    async with node.http.get(path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_manifest_makes_the_pages_installable(start: Start) -> None:
    node = await start("alpha.test")
    manifest = json.loads(await read(node, "/manifest.json"))
    assert manifest["name"] == "Node alpha.test"
    assert manifest["display"] == "standalone"
    sizes = {}
    for icon in manifest["icons"]:
        async with node.http.get(icon["src"]) as answer:
            assert (answer.status, answer.content_type) == (200, icon["type"])
            data = await answer.read()
        if icon["type"] == "image/png":
            picture = Image.open(io.BytesIO(data))
            sizes[icon["sizes"], icon["purpose"]] = f"{picture.width}x{picture.height}"
    assert set(sizes) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    assert all(icon[0] == size for icon, size in sizes.items())
    share = manifest["share_target"]["action"]
    for path in [manifest["start_url"], share, *(each["url"] for each in manifest["shortcuts"])]:
        async with node.http.get(path, allow_redirects=False) as answer:
            assert answer.status in (200, 303)
    assert 'rel="manifest" href="/manifest.json"' in await read(node, "/login")


async def test_manifest_has_the_colours_of_the_node_and_the_language_of_the_reader(start: Start) -> None:
    node = await start("alpha.test")
    manifest = json.loads(await read(node, "/manifest.json", **{"Accept-Language": "ar"}))
    assert manifest["theme_color"] == build_light(node.site.config.community.hue).accent.css
    assert (manifest["lang"], manifest["dir"]) == ("ar", "rtl")


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_service_worker_names_files_that_never_change(start: Start) -> None:
    node = await start("alpha.test", mode="closed")
    async with node.http.get("/service-worker.js") as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        assert answer.headers["Cache-Control"] == "no-cache"
        first_line = (await answer.text()).partition("\n")[0]
    shell = json.loads(first_line.removeprefix("const SHELL = ").removesuffix(";"))
    for address in shell["files"]:
        async with node.http.get(address) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
    page = await read(node, "/login")
    assert all(
        name in shell["files"] for name in (page.partition('stylesheet" href="')[2].partition('"')[0],)
    )


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_page_that_devices_keep_names_no_member(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.open("/offline")
    assert page.status == 200
    assert "ann" not in page.text.replace("channel", "")
    assert "csrf" not in page.text


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_logging_out_clears_what_the_browser_keeps(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    csrf = (await visitor.open("/home")).text.partition('name="csrf" value="')[2].partition('"')[0]
    async with visitor.http.post("/logout", data={"csrf": csrf}, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
