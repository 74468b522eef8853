"""Reading in a real browser: new posts are announced, and wide tables scroll inside of an article."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from fedserver.domain.posts import votes
from fedserver.domain.posts.polls import NewPoll
from tests.kit.nodes import Start
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface


async def test_new_posts_are_offered_and_not_inserted(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser)
    await node.publish(ann, "First")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.clock.install()
    await page.goto(node.base + "/local")
    offer = page.locator("[data-newer] a")
    async with page.expect_response("**/local/new?*"):
        await page.clock.run_for(60_000)
    assert not await offer.is_visible()
    await node.publish(ann, "Second")
    async with page.expect_response("**/local/new?*"):
        await page.clock.run_for(60_000)
    await offer.get_by_text("Show 1 new post").wait_for()
    assert "Second" not in await page.inner_text("main")
    await offer.click()
    await page.locator("article.post", has_text="Second").wait_for()
    assert not await offer.is_visible()
    await page.context.clear_cookies()
    await page.context.set_offline(True)
    await page.clock.run_for(120_000)
    assert await page.locator("[role=alert]").inner_text() == "", "nobody asked, so nothing is said"
    assert problems == []


async def test_text_of_the_short_form_survives_a_closed_page(start: Start, browser: Browser) -> None:
    node, page, _ = await open_member(start, browser)
    await page.goto(node.base + "/home")
    await page.fill("textarea[name=text]", "Half a thought")
    await page.goto(node.base + "/local")
    await page.goto(node.base + "/home")
    assert await page.input_value("textarea[name=text]") == "Half a thought"
    await page.click("button:has-text('More options')")
    await page.wait_for_url("**/write")
    assert await page.input_value("textarea[name=text]") == "Half a thought"
    await page.click("button:has-text('Publish')")
    await page.locator("article.post", has_text="Half a thought").wait_for()
    await page.goto(node.base + "/home")
    assert await page.input_value("textarea[name=text]") == ""


@pytest.mark.parametrize("width", [390, 1280])
async def test_wide_tables_and_figures_stay_inside_the_article(
    start: Start, browser: Browser, width: int
) -> None:
    node, page, ann = await open_member(start, browser)
    await page.set_viewport_size({"width": width, "height": 800})
    cells = "|".join(f"column-number-{number}" for number in range(20))
    table = f"|{cells}|\n|{'---|' * 20}\n|{cells}|"
    text = f"## One\n\n{table}\n\n## Two\n\n```\n{'x' * 400}\n```\n\n## Three\n\nEnd"
    post_id = await node.publish(ann, text, kind="Article", title="Wide", content_type="text/markdown")
    await page.goto(f"{node.base}/@ann/{post_id}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(
        "(() => { const t = document.querySelector('.scroll'); return t.scrollWidth > t.clientWidth; })()"
    )
    await page.click(".contents summary")
    await page.click(".contents a:has-text('Three')")
    assert await page.evaluate("location.hash") != ""
    assert await page.locator(":target").inner_text() == "Three"


async def test_pages_in_arabic_are_as_wide_as_the_screen(start: Start, browser: Browser) -> None:
    """What stands before the start of a line in English is on their left, where it widens them."""
    node, page, ann = await open_member(start, browser)
    bob = await node.create_member("bob")
    poll = await node.publish(bob, "When?", poll=NewPoll(("In the morning", "In the evening"), 3_600))
    async with node.db.write() as tx:
        await votes.vote(tx, node.site, ann, poll, [1])
    note = await node.publish(ann, "Short and #clear")
    article = await node.publish(ann, "# One\n\nTwo", kind="Article", title="A", content_type="text/markdown")
    await page.set_extra_http_headers({"Accept-Language": "ar"})
    paths = (
        "/home",
        "/local",
        "/blog",
        f"/@ann/{note}",
        f"/@ann/{article}",
        "/@ann",
        "/notifications",
        "/write",
    )
    for width in (390, 1_280):
        await page.set_viewport_size({"width": width, "height": 800})
        for path in (*paths, "/write/article", "/settings", "/settings/profile", "/search?q=short"):
            await page.goto(node.base + path)
            assert await page.get_attribute("html", "dir") == "rtl"
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
