"""The first day of an owner: from the link that the start prints to the first invitation."""

from __future__ import annotations

import pytest

from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.nodes import PASSWORD, Start

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_owner_makes_the_node_theirs(start: Start, open_browser: OpenBrowser, script: bool) -> None:
    node = await start("localhost")
    owner = await open_browser(node.base)
    link = await node.node.create_setup_link()
    await owner.open(str(link))
    await owner.fill("Username", "ann")
    await owner.fill("Email address", "ann@mail.test")
    await owner.fill("Password", PASSWORD)
    await owner.press("Create account")
    await owner.see_heading("Who are you?")
    await owner.press("Skip")
    await owner.see_heading("huhu")
