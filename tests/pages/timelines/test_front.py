"""What the pages offer to devices."""

from __future__ import annotations

import io
from urllib.robotparser import RobotFileParser

import pytest
from PIL import Image

from tests.kit.nodes import Start


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
