"""Pages by keyboard alone: the focus is seen everywhere, nothing holds it, and everything can be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.kit.nodes import Start
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface
SCRIPT = (Path(__file__).parents[1] / "kit" / "keyboard.js").read_text(encoding="utf-8")
WIDTHS = (1_280, 390)  # CSS pixels
MAX_STOPS = 150  # no page has as many: whoever needs more is in a trap
MIN_STOPS = 8
MENU = "#main details.menu"


async def _walk(page: Page) -> tuple[list[str], list[str]]:
    """Press Tab until the focus leaves the page; return where it was, and what was wrong there."""
    await page.evaluate("keyboard.start()")
    stops: list[str] = []
    problems: list[str] = []
    for _ in range(MAX_STOPS):
        await page.keyboard.press("Tab")
        seen = await page.evaluate("keyboard.look()")
        if seen is None:
            return stops, problems
        stops.append(seen[0])
        problems += [f"{seen[0]} {problem}" for problem in seen[1]]
    return stops, [*problems, f"the focus cannot leave: {stops[-3:]}"]


async def _press_until(page: Page, key: str, selector: str) -> None:
    """Press a key until the focus is on what is selected."""
    for _ in range(MAX_STOPS):
        await page.keyboard.press(key)
        if await page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{key} does not lead to {selector}")


async def test_focus_on_its_way_through_pages_is_seen(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser, "owner")
    first = await node.publish(ann, "Hello")
    for number in range(4):
        await node.publish(ann, f"Answer {number}", in_reply_to_id=first)
    await page.context.add_init_script(SCRIPT)
    found: dict[str, list[str]] = {}
    paths = (
        "/home",
        f"/@ann/{first}",
        "/write",
        "/write/article",
        "/settings",
        "/settings/profile",
        "/admin",
    )
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 700})
        for path in paths:
            await page.goto(node.base + path)
            stops, problems = await _walk(page)
            assert len(stops) >= MIN_STOPS, (path, stops)
            found |= {f"{path} {width}": problems} if problems else {}
    await page.context.clear_cookies()
    for path in ("/", "/login"):
        await page.goto(node.base + path)
        _, problems = await _walk(page)
        found |= {f"{path} of a guest": problems} if problems else {}
    assert found == {}


async def test_member_reads_likes_and_writes_by_keyboard_alone(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser)
    await node.publish(ann, "Hello")
    await page.goto(node.base + "/local")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.matches('a.skip')")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('main') !== null"), "the link skips nothing"

    await _press_until(page, "Tab", "[data-focus=like]")
    await page.keyboard.press("Enter")
    await page.locator("[data-focus=like][aria-pressed=true]").wait_for()
    await _press_until(page, "Tab", f"{MENU} > summary")
    await page.keyboard.press("Enter")
    await page.locator(f"{MENU}[open]").wait_for()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('details.menu[open]') !== null")
    await page.keyboard.press("Escape")
    assert await page.locator(f"{MENU}[open]").count() == 0
    assert await page.evaluate(f"document.activeElement.matches('{MENU} > summary')"), "the focus is back"
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('details.menu') === null"), "it goes on"

    await page.goto(node.base + "/home")
    await _press_until(page, "Tab", "main textarea")
    await page.keyboard.type("By keyboard")
    await _press_until(page, "Tab", "main button[value=publish]")
    await page.keyboard.press("Enter")
    await page.locator("article.post", has_text="By keyboard").wait_for()
