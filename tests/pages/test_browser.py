"""A person in a real browser: the first owner, an article, a like; with JavaScript and without.

Needs Chromium on the machine; skipped, and said so, where there is none.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.kit.nodes import Start, TestNode

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = (
    "/home",
    "/local",
    "/blog",
    "/blog?order=helpful",
    "/notifications",
    "/write",
    "/write/article",
    "/settings/profile",
    "/settings/invitations",
    "/drafts",
    "/about",
    "/apps",
    "/@ann",
    "/@ann/blog",
    "/search?q=ann",
    "/admin",
    "/admin/sign-ups",
    "/admin/reports",
    "/admin/accounts",
    "/admin/peers",
    "/admin/invitations",
    "/admin/announcements",
    "/admin/queue",
    "/admin/log",
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as started:
        opened = await started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


async def make_owner(page: Page, node: TestNode) -> None:
    link = await node.node.setup_link()
    assert link is not None
    await page.goto(link)
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=email]", "ann@mail.example")
    await page.fill("input[name=password]", "correct horse battery")
    await page.click("main button")
    await page.wait_for_url("**/settings/profile?welcome=1")


async def write_article(page: Page, node: TestNode) -> None:
    await page.goto(node.base + "/write/article")
    await page.fill("input[name=title]", "How to mend a lamp")
    await page.fill("textarea[name=text]", "## First\n\nUnplug **it**.")
    await page.click("button[value=publish]")
    await page.wait_for_url("**/@ann/how-to-mend-a-lamp")
    assert await page.inner_text("main h1") == "How to mend a lamp"
    assert await page.inner_text("main h2 >> nth=0") == "First"


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_from_the_setup_link_to_a_liked_article(start: Start, browser: Browser, script: bool) -> None:
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
    assert await node.node.setup_link() is None
    assert problems == []
    await context.close()


async def test_every_page_stands_on_a_narrow_screen(start: Start, browser: Browser) -> None:
    node = await start("localhost")
    page = await (await browser.new_context(viewport={"width": 360, "height": 700})).new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await make_owner(page, node)
    await write_article(page, node)
    for path in PAGES:
        answer = await page.goto(node.base + path)
        assert answer is not None and answer.status == 200, path
        assert await page.locator("h1").count() >= 1, path
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert problems == []
