"""The pages without a network: what was read last, posts that wait, and nothing after the log-out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.kit.nodes import Start, TestNode
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface
STORED = "caches.keys().then((names) => names.sort().map((name) => name.split('-')[0]))"


async def open_with_worker(start: Start, browser: Browser) -> tuple[TestNode, Page, Any]:
    """Return a page of a member that the service worker serves, after home was kept."""
    node, page, ann = await open_member(start, browser)
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.goto(node.base + "/home")
    await page.wait_for_function("caches.match('/home', { cacheName: 'member' }).then(Boolean)")
    return node, page, ann


async def list_texts(node: TestNode, account: Any) -> list[str]:
    async with node.http.get(f"/@{account.username}.atom") as answer:
        feed = await answer.text()
    return [text for text in ("First", "Second") for _ in range(feed.count(f"{text} thought"))]


async def test_home_is_read_without_a_network_and_other_pages_say_so(start: Start, browser: Browser) -> None:
    node, page, ann = await open_with_worker(start, browser)
    await node.publish(ann, "Bring a lamp")
    await page.goto(node.base + "/home")
    await page.get_by_text("Bring a lamp").wait_for()
    await page.wait_for_function(
        "caches.match('/home', { cacheName: 'member' }).then((kept) => kept.text())"
        ".then((text) => text.includes('Bring a lamp'))"
    )
    await page.context.set_offline(True)
    await page.goto(node.base + "/home")
    assert "Bring a lamp" in await page.inner_text("main")
    await page.get_by_text("You are offline.").wait_for()
    styles = await page.evaluate("getComputedStyle(document.querySelector('.short')).borderTopWidth")
    assert styles == "1px", "the stylesheet is there"
    await page.goto(node.base + "/notifications")
    assert await page.inner_text("h1") == "There is no connection"
    await page.context.set_offline(False)
    await page.goto(node.base + "/notifications")
    assert await page.inner_text("h1") == "Notifications"


async def test_post_written_without_a_network_is_sent_once(start: Start, browser: Browser) -> None:
    node, page, ann = await open_with_worker(start, browser)
    await page.context.set_offline(True)
    for number, text in enumerate(("First thought", "Second thought")):
        await page.goto(node.base + "/home")
        await page.fill(".short textarea", text)
        await page.click(".short button[value=publish]")
        await page.wait_for_url("**/offline")
        await page.locator("#waiting li").nth(number).wait_for()
    assert await page.locator("#waiting q").all_inner_texts() == ["First thought", "Second thought"]
    await page.goto(node.base + "/home")
    await page.get_by_text("Posts that wait to be sent: 2").wait_for()
    assert await list_texts(node, ann) == []
    await page.context.set_offline(False)
    other = await page.context.new_page()
    await page.goto(node.base + "/home")
    await other.goto(node.base + "/local")
    for shown in (page, other):
        await shown.locator("#device").wait_for(state="hidden")
    await page.reload()
    assert await list_texts(node, ann) == ["First", "Second"]


async def test_logging_out_leaves_nothing_of_the_member_on_the_device(start: Start, browser: Browser) -> None:
    node, page, _ = await open_with_worker(start, browser)
    assert await page.evaluate(STORED) == ["member", "shell"]
    await page.locator(".me summary").click()
    await page.locator(".me form[action='/logout'] button").click()
    await page.wait_for_url(node.base + "/")
    assert "member" not in await page.evaluate(STORED)
    await page.wait_for_function("indexedDB.databases().then((all) => all.length === 0)")
    await page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        await page.goto(node.base + "/home")
