"""The form of a post in a real browser: files by script, and text that no accident loses."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from fedserver.domain.content import autosaves
from storage.rows.accounts import AccountRow
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.pictures import make_picture

DROP = """async ([selector, bytes, event]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
  const target = document.querySelector(selector);
  const options = { bubbles: true, cancelable: true };
  target.dispatchEvent(event === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent(event, { ...options, dataTransfer: data }));
}"""


async def open_composer(start: Start, browser: Browser) -> tuple[TestNode, AccountRow, Page, list[str]]:
    node = await start("localhost")
    ann = await node.create_member("ann")
    page = await (await browser.new_context(viewport={"width": 390, "height": 800})).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await log_in(page, node)
    await page.goto(node.base + "/write")
    return node, ann, page, problems


async def log_in(page: Page, node: TestNode) -> None:
    await page.goto(node.base + "/login")
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/home")


async def load_saved(node: TestNode, author: AccountRow) -> Any:
    async with node.db.read() as tx:
        saved = await autosaves.find(tx, author, "note")
    return saved.fields if saved else None


@pytest.mark.surface
async def test_files_are_chosen_pasted_dropped_ordered_and_described(start: Start, browser: Browser) -> None:
    _, _, page, problems = await open_composer(start, browser)
    await page.fill("#text", "Three files")
    chosen: list[FilePayload] = [
        {"name": "chosen.png", "mimeType": "image/png", "buffer": make_picture("teal")},
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"},
    ]
    await page.set_input_files("#new-files", chosen)
    await page.locator(".uploads .field-problem", has_text="broken.png").wait_for()
    for event, selector in (("paste", "#text"), ("drop", "#composer")):
        await page.evaluate(DROP, [selector, list(make_picture("red")), event])
    items = page.locator(".attachment")
    await items.nth(2).wait_for()
    first = await items.nth(0).locator("[name='media_ids[]']").input_value()
    await items.nth(0).locator("button", has_text="Move down").click()
    assert await items.nth(1).locator("[name='media_ids[]']").input_value() == first
    await items.nth(2).locator("button", has_text="Remove").click()
    await expect(items).to_have_count(2)
    await items.nth(1).locator("textarea").fill("A teal field")
    await items.nth(1).locator("summary").click()
    box = await items.nth(1).locator(".thumb").bounding_box()
    assert box is not None
    await items.nth(1).locator(".thumb").click(position={"x": box["width"] / 4, "y": box["height"] / 4})
    await page.click("#composer .send button[value=publish]")
    await page.locator("text=Some files have no description").wait_for()
    await page.click("text=Publish without a description")
    await page.wait_for_url("**/@ann/*")
    assert await page.locator(".pictures img").count() == 2
    assert await page.locator(".pictures img").nth(1).get_attribute("alt") == "A teal field"
    await page.click(".acts details.menu summary")
    await page.click(".acts details.menu a:has-text('Edit')")
    assert abs(float(await items.nth(1).locator("[name='focus_x[]']").input_value()) + 0.5) < 0.05
    assert abs(float(await items.nth(1).locator("[name='focus_y[]']").input_value()) - 0.5) < 0.05
    assert problems == []


@pytest.mark.surface
async def test_text_is_saved_and_survives_a_crash_no_network_and_a_lost_session(
    start: Start, browser: Browser
) -> None:
    node, ann, page, problems = await open_composer(start, browser)
    await page.fill("#text", "First")
    await page.locator(".autosave-state", has_text="Draft saved").wait_for()
    assert (await load_saved(node, ann))["text"] == "First"
    # Without a network it stays in the browser, also for the next page, and nothing can be sent.
    await page.context.set_offline(True)
    await page.fill("#text", "First, second")
    await page.click("#composer .send button[value=publish]")
    await page.locator(".autosave-state", has_text="No connection").wait_for()
    # The page that is left does not save it when the network is back, as it would at some time.
    await page.route("**/write/autosave", lambda route: route.abort())
    await page.context.set_offline(False)
    await page.goto(node.base + "/write")
    assert await page.input_value("#text") == "First, second"
    await page.unroute_all()
    # The session ends, and a new one begins in another tab.
    await page.context.clear_cookies()
    await page.fill("#text", "First, second, third")
    await page.locator(".autosave-state", has_text="You are logged out").wait_for()
    tab = await page.context.new_page()
    await log_in(tab, node)
    await tab.close()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.locator(".autosave-state", has_text="Draft saved").wait_for()
    # Another tab with the same form does not replace it unseen.
    tab = await page.context.new_page()
    await tab.goto(node.base + "/write")
    assert await tab.input_value("#text") == "First, second, third"
    async with page.expect_response("**/write/autosave"):
        await page.fill("#text", "Of the first tab")
    await tab.fill("#text", "Of the second tab")
    await tab.locator(".autosave-state", has_text="changed in another tab").wait_for()
    assert (await load_saved(node, ann))["text"] == "Of the first tab"
    await tab.click("text=Save this version instead")
    await tab.locator(".autosave-state", has_text="Draft saved").wait_for()
    assert (await load_saved(node, ann))["text"] == "Of the second tab"
    await tab.click("#composer .send button[value=publish]")
    await tab.wait_for_url("**/@ann/*")
    assert await load_saved(node, ann) is None
    await tab.goto(node.base + "/write")
    assert await tab.input_value("#text") == ""
    assert problems == []


@pytest.mark.surface
async def test_names_are_suggested_and_taken_by_keyboard(start: Start, browser: Browser) -> None:
    node, ann, page, problems = await open_composer(start, browser)
    await node.create_member("bob")
    await node.create_member("bobby")
    await node.publish(ann, "About #Fossils")
    await page.locator("#text").press_sequentially("Ask @bo")
    options = page.locator(".suggestions [role=option]")
    await options.nth(1).wait_for()
    assert await options.nth(0).get_attribute("aria-selected") == "true"
    second = await options.nth(1).get_attribute("data-insert")
    await page.keyboard.press("ArrowDown")
    active = await page.locator("#text").get_attribute("aria-activedescendant")
    assert active == await options.nth(1).get_attribute("id")
    await page.keyboard.press("Enter")
    await page.keyboard.type("about #fos")
    await options.nth(0).click()
    assert await page.input_value("#text") == f"Ask {second} about #Fossils "
    await page.keyboard.type("@nobody")
    await expect(page.locator(".suggestions")).to_be_hidden()
    await page.keyboard.type(" @bo")
    await options.nth(0).wait_for()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    assert (await page.input_value("#text")).endswith("@bo\n")
    assert problems == []
