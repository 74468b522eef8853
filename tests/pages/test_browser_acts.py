"""Acts in a real browser: the focus stays, failures are told, texts can be read."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from fedserver.domain.posts.polls import NewPoll
from tests.kit.nodes import PASSWORD, Start, TestNode

pytestmark = pytest.mark.surface
FOCUS = "document.activeElement.dataset.focus ?? document.activeElement.className"


async def open_member(start: Start, browser: Browser, role: str = "member") -> tuple[TestNode, Page, Any]:
    node = await start("localhost")
    account = await node.create_member("ann", role)
    page = await (await browser.new_context()).new_page()
    await page.goto(node.base + "/login")
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/home")
    return node, page, account


async def test_focus_after_each_act_is_on_the_control_that_replaced_it(
    start: Start, browser: Browser
) -> None:
    node, page, ann = await open_member(start, browser)
    await node.publish(ann, "Hello")
    await page.goto(node.base + "/local")
    for act in ("like", "boost", "bookmark"):
        for pressed in ("true", "false"):
            await page.focus(f"[data-focus={act}]")
            await page.keyboard.press("Enter")
            await page.locator(f"[data-focus={act}][aria-pressed={pressed}]").wait_for()
            assert await page.evaluate(FOCUS) == act


async def test_focus_after_a_vote_is_on_the_result(start: Start, browser: Browser) -> None:
    node, page, _ = await open_member(start, browser)
    bob = await node.create_member("bob")
    await node.publish(bob, "Which?", poll=NewPoll(("Tea", "Coffee"), 3600))
    await page.goto(node.base + "/local")
    await page.get_by_label("Tea").check()
    await page.focus("[data-focus=vote]")
    await page.keyboard.press("Enter")
    await page.locator(".poll .bars").wait_for()
    assert await page.evaluate(FOCUS) == "poll"


async def test_act_that_fails_says_what_happened_and_keeps_the_form(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser)
    post_id = await node.publish(ann, "Hello")
    await page.goto(node.base + "/local")
    region = page.locator("[role=alert]")
    assert await region.inner_text() == ""
    await page.context.set_offline(True)
    await page.click("[data-focus=like]")
    await region.get_by_text("There is no connection").wait_for()
    await page.context.set_offline(False)
    await page.click("[data-focus=like]")
    await page.locator("[data-focus=like][aria-pressed=true]").wait_for()
    assert await region.inner_text() == ""
    await page.evaluate(
        "document.querySelectorAll('.actions [name=csrf]').forEach((field) => field.value = 'x')"
    )
    await page.click("[data-focus=boost]")
    await region.get_by_text("The form is out of date").wait_for()
    await page.context.clear_cookies()
    await page.click("[data-focus=boost]")
    await region.get_by_text("You are logged out").wait_for()
    assert await region.locator("a").get_attribute("href") == "/login?next=%2Flocal"
    assert await page.locator("[data-focus=boost][aria-pressed=false]").count() == 1, post_id


async def test_text_that_was_refused_is_still_there_after_logging_in(start: Start, browser: Browser) -> None:
    node, page, _ = await open_member(start, browser)
    await page.goto(node.base + "/write")
    await page.fill("textarea[name=text]", "A long thought")
    await page.context.clear_cookies()
    await page.click("button:has-text('Publish')")
    await page.get_by_text("You are not logged in").wait_for()
    async with page.context.expect_page() as opened:
        await page.click("main a:has-text('Log in')")
    tab = await opened.value
    await tab.fill("input[name=username]", "ann")
    await tab.fill("input[name=password]", PASSWORD)
    await tab.click("main button")
    await tab.wait_for_url("**/home")
    await page.click("button:has-text('Continue')")
    assert "A long thought" in await page.inner_text("main")
    await page.click("main button:has-text('Send')")
    await page.locator("article.post", has_text="A long thought").wait_for()
    await page.goto(node.base + "/write")
    assert await page.input_value("textarea[name=text]") == ""


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_deleting_asks_first_and_is_undone(start: Start, browser: Browser, script: bool) -> None:
    node = await start("localhost")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    page = await (await browser.new_context(java_script_enabled=script)).new_page()
    await page.goto(f"{node.base}/login?next=/@ann/{post_id}")
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    menu = page.locator("#main details.menu > summary")
    is_first = True
    for answer in ("No, go back", "Yes", "Yes"):
        await menu.click()
        await page.click("text=Delete this post")
        assert "Delete this post?" in await page.inner_text("main h1")
        await page.click(f"text={answer} >> visible=true")
        if answer == "No, go back":
            await page.wait_for_url(f"**/@ann/{post_id}")
            continue
        await page.wait_for_url("**/@ann")
        await page.locator("article.leaving", has_text="Hello").wait_for()
        if is_first:
            await page.click("button:has-text('Undo')")
            await page.get_by_text("The post stays.").wait_for()
            await page.goto(f"{node.base}/@ann/{post_id}")
            is_first = False
    node.clock.forward(seconds=10)
    await node.settle()
    response = await page.goto(f"{node.base}/@ann/{post_id}")
    assert response is not None
    assert response.status == 404


async def test_reaction_from_the_menu_appears_below_the_post(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser)
    await node.publish(ann, "Hello")
    await page.goto(node.base + "/local")
    await page.focus("#main details.menu > summary")
    await page.keyboard.press("Enter")
    await page.focus(".emoji-row button[value='🎉']")
    await page.keyboard.press("Enter")
    await page.locator(".reactions button[aria-pressed=true]", has_text="🎉").wait_for()
    assert await page.locator("#main details.menu[open]").count() == 0
    assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert await page.locator("[data-focus=like][aria-pressed=true]").count() == 1
    assert await page.locator(".emoji-row [aria-pressed=true]").count() == 1
    await page.focus(".reactions button")
    await page.keyboard.press("Enter")
    await page.locator(".reactions:not(:has(form))").wait_for(state="attached")
    assert await page.locator(".emoji-row [aria-pressed=true]").count() == 0


async def test_headings_get_smaller_with_their_level(start: Start, browser: Browser) -> None:
    node, page, ann = await open_member(start, browser)
    text = "\n\n".join(f"{'#' * level} Heading" for level in range(1, 7))
    post_id = await node.publish(ann, text, kind="Article", title="Lamp", content_type="text/markdown")
    await page.goto(f"{node.base}/@ann/{post_id}")
    sizes = await page.evaluate(
        "[...document.querySelectorAll('article.long h1, .text h2, .text h3, .text h4, .text h5, .text h6')]"
        ".map((heading) => [heading.tagName, parseFloat(getComputedStyle(heading).fontSize)])"
    )
    assert len(sizes) >= 6
    distinct = list(dict(sizes).values())
    assert all(above > below for above, below in itertools.pairwise(distinct)), sizes
