"""One browser for the journeys through the node's pages; they are skipped, and say so, without Chromium.

All of these tests run in one event loop, as the browser is not started for each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.kit import nodes, tls
from tests.kit.clock import Clock
from tests.kit.journeys import Person
from tests.pages.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

OpenBrowser = Callable[[str], Awaitable[Person]]


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Return True if the browsers of the test run JavaScript."""
    chosen: bool = request.param
    return chosen


@pytest_asyncio.fixture(loop_scope="session", params=["sqlite", "postgresql"])
async def start(
    request: pytest.FixtureRequest, tmp_path: Path, names: tls.LoopbackResolver, clock: Clock
) -> AsyncIterator[nodes.Start]:
    """Start nodes in the loop of the browser: `node = await start("localhost")`."""
    async with nodes.run_nodes(request.param, tmp_path, names, clock) as begin:
        yield begin


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    async with async_playwright() as started:
        opened = await started.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_browser(browser: Browser, script: bool) -> AsyncIterator[OpenBrowser]:
    """Open browsers for people: `ann = await open_browser(node.base)`; none may have seen an error."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    async def begin(base: str) -> Person:
        contexts.append(await browser.new_context(java_script_enabled=script, locale="en"))
        people.append(Person(await contexts[-1].new_page(), base))
        return people[-1]

    yield begin
    for context in contexts:
        await context.close()
    assert [problem for person in people for problem in person.problems] == []
