"""axe-core in a real browser: the rules for pages that everybody can use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pytest
from playwright.async_api import Page

EVERY_RULE: tuple[str, ...] = ()
# The rules whose result depends on colours and on room.
RULES_OF_LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
RUN = """async (rules) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } }
    : { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
  const found = await axe.run(document, { ...only, resultTypes: ["violations"], elementRef: false, ancestry: false, xpath: false, selectors: false, preload: false, iframes: false });
  const show = (each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`);
  return found.violations.flatMap(show);
}"""


@cache
def load_axe() -> str:
    """Return the script; the test is skipped, and says so, where the package is missing."""
    pytest.importorskip("axe_playwright_python", reason="no axe here")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


async def examine(page: Page, rules: tuple[str, ...]) -> list[str]:
    """Return what breaks these rules, or any if they are EVERY_RULE, with the beginning of the element."""
    found: list[str] = await page.evaluate(RUN, list(rules))
    return found
