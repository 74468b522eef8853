"""The editor of articles in a real browser: pictures go into the text at once, and the preview follows."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser

from tests.kit.nodes import Start
from tests.kit.pictures import make_picture
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface
# What a browser puts on the page when one pastes a picture.
PASTE = """([bytes, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const area = document.querySelector("textarea[name=text]");
  area.focus();
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


async def test_pasted_pictures_are_described_shown_and_published(start: Start, browser: Browser) -> None:
    node, page, _ = await open_member(start, browser)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.goto(node.base + "/write/article")
    assert not await page.locator("button[value=preview]:not(.skip)").is_visible()
    await page.fill("[name=title]", "Foxes")
    await page.fill("textarea[name=text]", "Look:")
    await page.locator("#preview .text", has_text="Look:").wait_for()
    await page.press("textarea[name=text]", "Control+End")
    for number, caption in ((1, ""), (2, 'The "second"')):
        await page.evaluate(PASTE, [list(make_picture()), f"fox{number}.png"])
        await page.fill("dialog [name=alt]", f"fox [{number}]")
        await page.fill("dialog [name=caption]", caption)
        await page.click("dialog button[value=add]")
        await page.locator(".uploads", has_text=f"fox{number}.png is in the text").wait_for()
    text = await page.input_value("textarea[name=text]")
    first = r"!\[fox \\\[1\\\]\]\(/media/\S+\)"
    second = r'!\[fox \\\[2\\\]\]\(/media/\S+ "The \\"second\\""\)'
    assert re.fullmatch(rf"Look:\n\n{first}\n\n{second}\n\n", text)
    await page.locator("#preview figcaption", has_text='The "second"').wait_for()
    assert await page.locator("#preview img[alt='fox [1]']").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    # A picture that one thinks better of is not added.
    await page.evaluate(PASTE, [list(make_picture()), "no.png"])
    await page.click("dialog button[value=cancel]")
    await page.evaluate(PASTE, [[1, 2, 3], "broken.png"])
    await page.click("dialog button[value=add]")
    await page.locator(".uploads", has_text="broken.png was not added. This file is not an image").wait_for()
    assert await page.input_value("textarea[name=text]") == text
    # Enter in a field saves a draft, and never publishes.
    await page.press("[name=title]", "Enter")
    await page.locator(".done", has_text="Saved as a draft").wait_for()
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.click("[data-view=preview]")
    await page.locator("#preview figcaption").wait_for()
    assert not await page.locator("textarea[name=text]").is_visible()
    await page.click("[data-view=text]")
    await page.select_option("[name=license]", "CC-BY-4.0")
    await page.locator(".autosave-state", has_text="Draft saved").wait_for()
    await page.reload()
    assert await page.input_value("[name=license]") == "CC-BY-4.0"
    await page.click(".editor-buttons button[value=publish]")
    await page.wait_for_url("**/@ann/foxes")
    assert await page.locator(".text figure figcaption").inner_text() == 'The "second"'
    assert await page.locator(".text img").count() == 2
    assert problems == []
