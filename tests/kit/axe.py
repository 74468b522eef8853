"""axe-core in a real browser: rules for pages that everybody can use.

It is in the package axe-playwright-python.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

PACKAGE = "axe_playwright_python"
# The rules whose result depends on colours and on room; they take most of the time.
RULES_OF_LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")


@cache
def load_script() -> str:
    """Return what every page of a context runs first; skip the test, and say so, without the package."""
    pytest.importorskip(PACKAGE, reason="no axe-core here")
    axe = files(PACKAGE).joinpath("axe.min.js").read_text(encoding="utf-8")
    return axe + (Path(__file__).parent / "barriers.js").read_text(encoding="utf-8")


async def measure(page: Page) -> dict[str, Any]:
    """Return by how much the page has shifted, and [address, bytes as sent, status] of what it fetched."""
    measured: dict[str, Any] = await page.evaluate("barriers.measure()")
    return measured


async def examine_structure(page: Page) -> list[str]:
    """Return what breaks any rule but those of looks, with the beginning of the element."""
    found: list[str] = await page.evaluate("(rules) => barriers.examineStructure(rules)", [*RULES_OF_LOOKS])
    return found


async def list_known_parts(page: Page, known: set[int]) -> list[int]:
    """Open what is folded, return the positions of the largest known parts, and make the others known."""
    rows: list[tuple[int, int]] = await page.evaluate("barriers.open()")
    positions, at = [], 0
    while at < len(rows):
        value, size = rows[at]
        if value in known:
            positions.append(at)
        at += size if value in known else 1
    known.update(value for value, _ in rows)
    return positions


async def examine_look(page: Page, excluded: list[int]) -> list[str]:
    """Return what breaks the rules of looks outside of the parts that `list_known_parts` has returned."""
    arguments = [[*RULES_OF_LOOKS], excluded]
    found: list[str] = await page.evaluate("(chosen) => barriers.examineLook(chosen)", arguments)
    return found


async def list_new_menus(page: Page, known: set[int]) -> list[int]:
    """Return the positions of menus of kinds that are not known, and make them known."""
    values: list[int] = await page.evaluate("barriers.listMenus()")
    new = [at for at, value in enumerate(values) if value not in known and value not in values[:at]]
    known.update(values)
    return new


async def examine_menu(page: Page, position: int) -> list[str]:
    """Open this menu only, and return what breaks any rule in it."""
    await page.evaluate("(at) => barriers.openMenu(at)", position)
    found: list[str] = await page.evaluate("barriers.examineMenu()")
    return found
