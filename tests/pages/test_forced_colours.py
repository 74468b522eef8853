"""With the colours of the system (WCAG 2.2, 1.4.11 and 2.4.7): controls, states and icons can still be told apart."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from fedserver.domain.posts.polls import NewPoll
from tests.kit.nodes import Start
from tests.pages.test_browser_acts import open_member

pytestmark = pytest.mark.surface
# What is invisible or looks like what it is not: backgrounds and shadows are gone, borders and outlines stay.
FIND_LOST = """() => {
  const lost = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} ${element.textContent.trim().slice(0, 20)}`;
  const border = (element, side = "Top") => {
    const style = getComputedStyle(element);
    return style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]);
  };
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility()
    && each.getBoundingClientRect().width > 1 && !each.closest(".skip"));
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const each of seen("button:not(.plain), [role=button], input:not([type=checkbox], [type=radio], [type=hidden], [type=range]), select, textarea"))
    if (!border(each)) lost.push(`${name(each)} has no border`);
  for (const each of seen("[aria-pressed=true]"))
    if (border(each) < 2) lost.push(`${name(each)} does not look pressed`);
  for (const each of seen(".tabs [aria-current], nav [aria-current]"))
    if (border(each, "Bottom") < 2) lost.push(`${name(each)} does not look chosen`);
  for (const each of seen("input[role=switch]")) {
    const own = getComputedStyle(each).backgroundColor, knob = getComputedStyle(each, "::before").backgroundColor;
    if (own === knob) lost.push(`${name(each)} has lost its knob`);
  }
  for (const each of seen("svg.icon")) {
    const { stroke } = getComputedStyle(each);
    if (stroke === "none" || stroke === "rgb(255, 255, 255)" && matchMedia("(prefers-color-scheme: light)").matches) lost.push(`${name(each.parentElement)} has lost its icon`);
  }
  return lost;
}"""
FOCUS = """() => [...document.querySelectorAll("main a, main button, main input:not([type=hidden]), main summary")]
  .filter((each) => each.checkVisibility()).slice(0, 12).filter((each) => {
    each.focus({ focusVisible: true });
    return document.activeElement === each && parseFloat(getComputedStyle(each).outlineWidth) < 2;
  }).map((each) => each.outerHTML.slice(0, 100))"""
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
    found: dict[str, list[str]] = {}
    for width in (1_280, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        for path in (*PATHS, "/@ann"):
            await page.goto(node.base + path)
            lost = [*await page.evaluate(FIND_LOST), *await page.evaluate(FOCUS)]
            found |= {f"{path} {width}": lost} if lost else {}
    assert found == {}
