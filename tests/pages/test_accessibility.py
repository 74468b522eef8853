"""Every page as every role, in both themes and widths: axe finds nothing, nothing overflows, budgets hold.

Rules: WCAG 2.2 A and AA and axe's best practices. Budgets: what one page may make a browser fetch.

What is the same is looked at once. A role opens a page only if its HTML has a kind of element, or an order of
headings and landmarks, that no role has seen before: rules judge an element by itself, its ancestors and its
children, and headings and landmarks are the rest that they compare. The rules about colours and room skip the
parts of a page that were examined elsewhere with the same ancestors, classes and states: styles depend on
those. So each kind of element, and of menu, is examined in each of the four looks wherever it is different.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from fedserver.config import MailConfig
from tests.kit import axe
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.page_structures import parse_structure
from tests.kit.populated_nodes import list_page_paths, populate
from tests.kit.visitors import Visitor, log_in_visitor

pytestmark = pytest.mark.surface
GUEST = ""
MEMBERS = ("ann", "mia", "oda")  # a member, a moderator, an owner
TABS = 2  # at once: as many as processors
WIDE, NARROW, HEIGHT = 1_280, 390, 800  # CSS pixels
ZOOMED = WIDE // 4  # what is left of a wide screen at 400 % (WCAG 2.2, 1.4.10)
Theme = Literal["light", "dark"]
LOOKS: tuple[tuple[Theme, int], ...] = (
    ("light", NARROW),
    ("dark", NARROW),
    ("dark", WIDE),
    ("light", WIDE),
)
WIDTH = "document.documentElement.scrollWidth"
MAX_REQUESTS, MAX_SCRIPT_BYTES, MAX_STYLE_BYTES = 12, 60_000, 30_000  # sizes as sent: compressed
MAX_SHIFT = 0.1  # the cumulative layout shift that web.dev calls good


@dataclass
class Findings:
    """What was found, each with the first page that shows it, and what need not be examined again."""

    first_page: dict[str, str] = field(default_factory=dict)
    known_structure: set[int] = field(default_factory=set)
    known_parts: set[int] = field(default_factory=set)
    known_menus: set[int] = field(default_factory=set)

    def add(self, path: str, *found: str) -> None:
        for each in found:
            self.first_page.setdefault(each, path)

    def __str__(self) -> str:
        return "\n".join(f"{path}: {found}" for found, path in sorted(self.first_page.items()))


def _list_excesses(shifts: float, fetched: list[tuple[str, int, int]]) -> Iterator[str]:
    scripts = sum(size for name, size, _ in fetched if ".js" in name)
    styles = sum(size for name, size, _ in fetched if ".css" in name)
    names = sorted(name.rpartition("/")[2] for name, *_ in fetched)
    if len(fetched) + 1 > MAX_REQUESTS:
        yield f"requests: {len(fetched) + 1}: {names}"
    if scripts > MAX_SCRIPT_BYTES:
        yield f"bytes of scripts: {scripts}"
    if not 0 < styles <= MAX_STYLE_BYTES:
        yield f"bytes of styles: {styles}"
    if shifts > MAX_SHIFT:
        yield f"shifts by {shifts:.2f}"
    yield from (f"{name} answers {status}" for name, _, status in fetched if status >= 400)


def _list_errors(message: ConsoleMessage) -> Iterator[str]:
    """Yield what a script or the policy of a page complains about; answers are judged by their status."""
    if message.type == "error" and "Failed to load resource" not in message.text:
        yield message.text


async def _set_look(page: Page, theme: Theme, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": HEIGHT})
    await page.emulate_media(color_scheme=theme)


async def _look(page: Page, url: str, path: str, findings: Findings) -> None:
    """Load a page and examine it in every look, and then its menus."""
    await _set_look(page, *LOOKS[0])
    await page.goto(url)
    measured = await axe.measure(page)
    findings.add(path, *_list_excesses(**measured))
    excluded = await axe.list_known_parts(page, findings.known_parts)
    findings.add(path, *await axe.examine_structure(page))
    for theme, width in LOOKS:
        await _set_look(page, theme, width)
        found = await axe.examine_look(page, excluded)
        findings.add(path, *(f"{theme} {width} {each}" for each in found))
        if await page.evaluate(WIDTH) > width:
            findings.add(path, f"wider than {width}")
    await page.set_viewport_size({"width": ZOOMED, "height": HEIGHT})
    if await page.evaluate(WIDTH) > ZOOMED:
        findings.add(path, f"wider than {ZOOMED}")
    for position in await axe.list_new_menus(page, findings.known_menus):
        for theme, width in LOOKS:
            await _set_look(page, theme, width)
            found = await axe.examine_menu(page, position)
            findings.add(path, *(f"menu {theme} {width} {each}" for each in found))


async def _find_new_pages(node: TestNode, name: str, paths: list[str], known: set[int]) -> list[str]:
    """Return the paths where this member, or a guest, sees something of a kind that is not known yet."""
    visitor = await log_in_visitor(node, name) if name else Visitor(node)
    new = []
    for path in paths:
        page = await visitor.open(path)
        # Others are files, or parts of pages that a script asks for.
        if page.text.startswith("<!doctype html>") and not (seen := parse_structure(page.text)) <= known:
            known |= seen
            new.append(path)
    return new


async def _open_context(browser: Browser, node: TestNode, name: str) -> BrowserContext:
    context = await browser.new_context(bypass_csp=True, service_workers="block", reduced_motion="reduce")
    if name:
        page = await context.new_page()
        await page.goto(node.base + "/login")
        await page.fill("input[name=username]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/home")
    await context.add_init_script(axe.load_script())
    return context


async def _walk(context: BrowserContext, node: TestNode, paths: list[str], findings: Findings) -> None:
    """Look at pages, several at once."""
    waiting = iter(paths)

    async def work() -> None:
        page = await context.new_page()
        page.on("pageerror", lambda error: findings.add(page.url, str(error)))
        page.on("console", lambda message: findings.add(page.url, *_list_errors(message)))
        for path in waiting:
            await _look(page, node.base + path, path, findings)

    await asyncio.gather(*(work() for _ in range(TABS)))
    await context.close()


async def _start(start: Start) -> tuple[TestNode, list[str]]:
    node = await start(
        "localhost",
        registration="approval",
        rules=("Kindness",),
        mail=MailConfig(host="mail.test", sender="us@mail.test"),
    )
    paths = list_page_paths(await populate(node))
    await node.create_member("mia", "moderator")
    return node, paths


async def test_pages_have_no_barrier_in_any_look(start: Start, browser: Browser) -> None:
    axe.load_script()
    node, paths = await _start(start)
    findings = Findings()
    counts = {}
    for name in (GUEST, *MEMBERS):
        new = await _find_new_pages(node, name, paths, findings.known_structure)
        counts[name] = len(new)
        await _walk(await _open_context(browser, node, name), node, new, findings)
    assert all(count > 15 for count in counts.values()), counts
    assert findings.first_page == {}, str(findings)
