"""Controls, states and icons where the system sets the colours (WCAG 2.2, 1.4.11, 2.4.7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from fedserver.domain.posts.polls import NewPoll
from tests.kit.nodes import Start
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface
SCRIPT = (Path(__file__).parents[1] / "kit" / "forced_colours.js").read_text(encoding="utf-8")
PATHS = (
    "/home",
    "/local",
    "/notifications",
    "/write",
    "/write/article",
    "/settings",
    "/settings/notifications",
    "/settings/profile",
    "/explore",
    "/admin",
    "/admin/peers",
)


async def test_controls_without_colours_are_recognized(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser, "owner")
    await node.publish(ann, "Which?", poll=NewPoll(("Tea", "Coffee"), 3_600))
    await page.goto(node.base + "/local")
    await page.click("[data-focus=like]")
    await page.locator("[data-focus=like][aria-pressed=true]").wait_for()
    await page.emulate_media(forced_colors="active", color_scheme="light", reduced_motion="reduce")
    await page.context.add_init_script(SCRIPT)
    found: dict[str, list[str]] = {}
    for width in (1_280, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        for path in (*PATHS, "/@ann"):
            await page.goto(node.base + path)
            lost = await page.evaluate("listLost()")
            found |= {f"{path} {width}": lost} if lost else {}
    assert found == {}
