"""A person in a real browser: the first owner, an article, a like; with JavaScript and without.

Needs Chromium on the machine; skipped, and said so, where there is none.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.kit.nodes import PASSWORD, Start, TestNode


async def make_owner(page: Page, node: TestNode) -> None:
    link = await node.node.create_setup_link()
    assert link is not None
    await page.goto(link)
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=email]", "ann@mail.example")
    await page.fill("input[name=password]", "correct horse battery")
    await page.click("main button")
    await page.wait_for_url("**/welcome/profile")


async def write_article(page: Page, node: TestNode) -> None:
    await page.goto(node.base + "/write/article")
    await page.fill("input[name=title]", "How to mend a lamp")
    await page.fill("textarea[name=text]", "## First\n\nUnplug **it**.")
    await page.click("button[value=publish]")
    await page.wait_for_url("**/@ann/how-to-mend-a-lamp")
    assert await page.inner_text("main h1") == "How to mend a lamp"
    assert await page.inner_text("main h2 >> nth=0") == "First"


@pytest.mark.surface
@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_browser_from_set_up_link_to_liked_article_works(
    start: Start, browser: Browser, script: bool
) -> None:
    node = await start("localhost")
    context = await browser.new_context(java_script_enabled=script, viewport={"width": 390, "height": 800})
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await make_owner(page, node)
    await write_article(page, node)

    helpful = page.locator("button", has_text="Helpful")
    assert await helpful.get_attribute("aria-pressed") == "false"
    await helpful.click()
    await page.locator("button[aria-pressed=true]", has_text="Helpful").wait_for()

    await page.goto(node.base + "/home")
    assert "How to mend a lamp" in await page.inner_text("main")
    wide = await page.evaluate("document.documentElement.scrollWidth") if script else 390
    assert wide <= 390, "the page is wider than the screen"
    assert await node.node.create_setup_link() is None
    assert problems == []
    await context.close()


@pytest.mark.surface
@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_poll_in_a_browser_is_written_and_answered(
    start: Start, browser: Browser, script: bool
) -> None:
    node = await start("localhost")
    await node.create_member("bob")
    context = await browser.new_context(java_script_enabled=script, viewport={"width": 360, "height": 700})
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    async def log_in(name: str) -> None:
        await context.clear_cookies()
        await page.goto(node.base + "/login")
        await page.fill("input[name=username]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/home")

    await node.create_member("ann")
    await log_in("ann")
    await page.goto(node.base + "/write")
    await page.fill("textarea[name=text]", "What shall we drink?")
    await page.click("summary:has-text('Poll')")
    for place, choice in enumerate(("Tea", "Coffee")):
        await page.locator("input[name='options[]']").nth(place).fill(choice)
    await page.click("button:has-text('Publish')")
    await page.locator(".bars", has_text="Coffee").wait_for()

    await log_in("bob")
    await page.goto(node.base + "/local")
    await page.get_by_label("Coffee").check()
    await page.click("button:has-text('Vote')")
    await page.locator(".bars li", has_text="Coffee").get_by_text("100%").wait_for()
    assert await page.locator(".poll form").count() == 0
    if script:
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert problems == []
    await context.close()
