"""Every page as every role, in both themes and widths: axe finds nothing, nothing overflows, budgets hold.

Rules: WCAG 2.2 A and AA and axe's best practices. Budgets: what one page may make a browser fetch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from fedserver.config import MailConfig
from tests.kit.axe import EVERY_RULE, RULES_OF_LOOKS, examine, load_axe
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.page_structures import PageStructure, parse_structure
from tests.kit.populated_nodes import list_page_paths, populate
from tests.kit.visitors import Visitor, log_in_visitor

pytestmark = pytest.mark.surface
ROLES = {"guest": "", "member": "ann", "moderator": "mia", "owner": "oda"}
TABS = 2  # as many as processors
WIDE, NARROW = 1_280, 390  # CSS pixels
ZOOMED = WIDE // 4  # what is left of a wide screen at 400 % (WCAG 2.2, 1.4.10)
HEIGHT = 800
# The first look runs every rule; the others run the rules whose result depends on colours and on room.
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", NARROW),
    ("dark", NARROW),
    ("dark", WIDE),
    ("light", WIDE),
)
MEASURE = """() => {
  const fetched = performance.getEntriesByType("resource").map((each) => [each.name, each.encodedBodySize]);
  return [document.doctype !== null, fetched];
}"""
OPEN = """for (const each of document.querySelectorAll("main details:not(.menu)")) each.open = true;"""
WIDTH = "document.documentElement.scrollWidth"
MAX_REQUESTS, MAX_SCRIPT_BYTES, MAX_STYLE_BYTES = 12, 60_000, 30_000  # sizes as sent: compressed


@dataclass
class Findings:
    """What was found, each with the first page that shows it."""

    first_page: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, *found: str) -> None:
        for each in found:
            self.first_page.setdefault(each, path)

    def __str__(self) -> str:
        return "\n".join(f"{path}: {found}" for found, path in sorted(self.first_page.items()))


@dataclass
class Structures:
    """The structures of pages that were seen."""

    contents: set[str] = field(default_factory=set)
    frames: set[str] = field(default_factory=set)

    def add(self, structure: PageStructure) -> bool:
        """Return True if the content or the frame is new."""
        is_new = structure.content not in self.contents or structure.frame not in self.frames
        self.contents.add(structure.content)
        self.frames.add(structure.frame)
        return is_new


def _list_excesses(fetched: list[tuple[str, int]]) -> Iterator[str]:
    scripts = sum(size for name, size in fetched if ".js" in name)
    styles = sum(size for name, size in fetched if ".css" in name)
    if len(fetched) + 1 > MAX_REQUESTS:
        yield f"requests: {len(fetched) + 1}: {sorted(name.rpartition('/')[2] for name, _ in fetched)}"
    if scripts > MAX_SCRIPT_BYTES:
        yield f"bytes of scripts: {scripts}"
    if styles > MAX_STYLE_BYTES:
        yield f"bytes of styles: {styles}"


import time, collections
TT = collections.Counter()

async def _look(page: Page, node: TestNode, path: str, findings: Findings) -> None:
    t=time.time()
    await page.set_viewport_size({"width": LOOKS[0][1], "height": HEIGHT})
    await page.emulate_media(color_scheme=LOOKS[0][0])
    t, _ = time.time(), TT.update(v=time.time()-t)
    await page.goto(node.base + path)
    t, _ = time.time(), TT.update(goto=time.time()-t)
    is_page, fetched = await page.evaluate(MEASURE)
    findings.add(path, *_list_excesses(fetched))
    await page.evaluate(OPEN)
    for number, (theme, width) in enumerate(LOOKS):
        t, _ = time.time(), TT.update(other=time.time()-t)
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await page.emulate_media(color_scheme=theme)
        t, _ = time.time(), TT.update(v=time.time()-t)
        found = await examine(page, RULES_OF_LOOKS if number else EVERY_RULE)
        t, _ = time.time(), TT.update(**{f"ex{number}":time.time()-t})
        findings.add(path, *(f"{theme} {width} {each}" for each in found))
        if await page.evaluate(WIDTH) > width:
            findings.add(path, f"wider than {width}")
    await page.set_viewport_size({"width": ZOOMED, "height": HEIGHT})
    if await page.evaluate(WIDTH) > ZOOMED:
        findings.add(path, f"wider than {ZOOMED}")


async def _find_new_pages(node: TestNode, name: str, paths: list[str], seen: Structures) -> list[str]:
    """Return the paths at which this member, or a guest, sees a structure that nobody saw before."""
    visitor = await log_in_visitor(node, name) if name else Visitor(node)
    new = []
    for path in paths:
        page = await visitor.open(path)
        if page.text.startswith("<!doctype html>") and seen.add(parse_structure(page.text)):
            new.append(path)
    return new


async def _open_context(browser: Browser, node: TestNode, name: str) -> BrowserContext:
    context = await browser.new_context(
        bypass_csp=True, service_workers="block", reduced_motion="reduce"
    )
    page = await context.new_page()
    if name:
        await page.goto(node.base + "/login")
        await page.fill("input[name=username]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/home")
    await context.add_init_script(load_axe())
    return context


async def _walk(context: BrowserContext, node: TestNode, paths: list[str], findings: Findings) -> None:
    """Look at pages, several at once."""
    waiting = iter(paths)

    async def work() -> None:
        page = await context.new_page()
        for path in waiting:
            await _look(page, node, path, findings)

    await asyncio.gather(*(work() for _ in range(TABS)))


async def test_pages_have_no_barrier_in_any_look(start: Start, browser: Browser) -> None:
    node = await start(
        "localhost",
        registration="approval",
        rules=("Kindness",),
        mail=MailConfig(host="mail.test", sender="us@mail.test"),
    )
    paths = list_page_paths(await populate(node))
    await node.create_member("mia", "moderator")
    findings, seen = Findings(), Structures()
    for name in ROLES.values():
        t=time.time()
        new = await _find_new_pages(node, name, paths, seen)
        TT.update(find=time.time()-t)
        print(name,len(new))
        await _walk(await _open_context(browser, node, name), node, new, findings)
    print({k: round(v,1) for k,v in TT.items()})
    cdp = await browser.new_browser_cdp_session()
    info = await cdp.send("SystemInfo.getProcessInfo")
    c2=collections.Counter()
    for each in info["processInfo"]: c2[each["type"]]+=each["cpuTime"]
    print("CHROME", dict(c2), sum(c2.values()), "PY", time.process_time())
    assert findings.first_page == {}, str(findings)
