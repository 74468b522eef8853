"""The first day of an owner: from the link that the start prints to the first invitation."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.pages.conftest import OpenBrowser
from tests.kit import operators
from tests.kit.journeys import Person
from tests.kit.nodes import PASSWORD
from tests.kit.nodes import _find_free_port as find_free_port
from tests.kit.pictures import make_picture

pytestmark = pytest.mark.asyncio(loop_scope="session")
JOURNEY = "The owner's first day"


@pytest_asyncio.fixture(loop_scope="session")
async def setup_link(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """Start a node as an operator does, and return the link that it prints."""
    port = find_free_port()
    (tmp_path / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[database]\nurl = "{database_url}"\n'
    )
    process = operators.start(tmp_path, "run")
    try:
        yield await asyncio.to_thread(_read_setup_link, process.stdout)
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate, timeout=60)


def _read_setup_link(printed: Iterable[bytes]) -> str:
    for line in printed:
        if found := re.search(r"http\S+/setup/\S+", line.decode()):
            return found[0]
    raise AssertionError("the node printed no link")


async def test_owner_makes_the_node_theirs(
    setup_link: str, open_browser: OpenBrowser, script: bool
) -> None:
    owner = await open_browser(setup_link.partition("/setup/")[0])
    await create_account(owner, setup_link)
    await name_community(owner)


async def create_account(owner: Person, setup_link: str) -> None:
    await owner.open(setup_link)
    await owner.fill("Username", "ann")
    await owner.fill("Email address", "ann@mail.test")
    await owner.fill("Password", PASSWORD)
    await owner.press("Create account")
    await owner.see_heading("Who are you?")


async def name_community(owner: Person) -> None:
    await owner.press("Moderation", beside="Notifications")
    await owner.see_heading("What needs doing")
    await owner.see_heading("huhu")
