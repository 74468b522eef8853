"""What the pages offer to devices."""

from __future__ import annotations

import io
from urllib.robotparser import RobotFileParser

import pytest
from PIL import Image

from tests.kit.nodes import Start


async def test_manifest_makes_the_pages_installable(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/manifest.json") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/manifest+json"
        found = await answer.json(content_type=None)
    assert found["name"] == "Node alpha.test"
    assert found["display"] == "standalone"
    sizes = {}
    for icon in found["icons"]:
        async with node.http.get(icon["src"]) as answer:
            assert answer.status == 200
            assert answer.content_type == icon["type"]
            data = await answer.read()
        if icon["type"] == "image/png":
            picture = Image.open(io.BytesIO(data))
            sizes[icon["sizes"]] = f"{picture.width}x{picture.height}"
    assert sizes == {"192x192": "192x192", "512x512": "512x512"}
    for shortcut in [found["start_url"], *(each["url"] for each in found["shortcuts"])]:
        async with node.http.get(shortcut, allow_redirects=False) as answer:
            assert answer.status in (200, 303)
    async with node.http.get("/login") as answer:
        assert '<link rel="manifest" href="/manifest.json">' in await answer.text()


@pytest.mark.parametrize(
    "path", ["/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"]
)
async def test_icon_is_found_by_those_who_look_at_no_page(start: Start, path: str) -> None:
    node = await start("alpha.test", mode="allowlist")
    async with node.http.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        picture = Image.open(io.BytesIO(await answer.read()))
    assert picture.size == (192, 192)


@pytest.mark.parametrize(("mode", "closes_all"), [("open", False), ("allowlist", True), ("closed", True)])
async def test_crawlers_are_told_what_they_may_read(start: Start, mode: str, closes_all: bool) -> None:
    node = await start("alpha.test", mode=mode)
    async with node.http.get("/robots.txt") as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        robots = RobotFileParser()
        robots.parse((await answer.text()).splitlines())
    assert robots.can_fetch("Crawler", "https://alpha.test/@ann") is not closes_all
    assert not robots.can_fetch("Crawler", "https://alpha.test/media/proxy/1/original")
