"""The day of a member who leaves: takes everything along, moves to another server, deletes the account."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from fedserver.domain.relationships import follows
from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person, log_in
from tests.kit.nodes import PASSWORD, Start, TestNode

pytestmark = pytest.mark.asyncio(loop_scope="session")
STORY = "How I mended the old loom."


async def begin_communities(start: Start) -> tuple[TestNode, TestNode]:
    """Start two nodes: Dora has an account on both, and on the first she has posted and Cleo follows her."""
    old, new = await start("localhost"), await start("localhost")
    dora, cleo = await old.create_member("dora"), await old.create_member("cleo")
    await new.create_member("dora")
    async with old.db.write() as tx:
        await follows.follow(tx, old.site, cleo, dora)
        await follows.follow(tx, old.site, dora, cleo)
    await old.publish(dora, STORY)
    await old.settle()
    return old, new


async def test_leaver_takes_data_along_moves_and_deletes_the_account(
    start: Start, open_browser: OpenBrowser, script: bool
) -> None:
    old, new = await begin_communities(start)
    dora, elsewhere = await open_browser(old.base), await open_browser(new.base)
    await log_in(dora, "dora")
    await export(dora, old, script)
    dora.end_stage("Take the followed accounts and an archive along")
    await log_in(elsewhere, "dora")
    await name_old_account(elsewhere, f"@dora@{old.domain}")
    elsewhere.check_effort("Name the old account on the new server", script)
    await move(dora, f"@dora@{new.domain}")
    dora.end_stage("Move the followers")
    for node in (old, new, old):
        await node.settle()
    await see_follower(elsewhere)
    await delete_account(dora)
    dora.end_stage("Delete the account")
    dora.check_effort("The day of a member who leaves", script)
    await old.settle()
    await find_nobody(await open_browser(old.base))


async def export(dora: Person, node: TestNode, script: bool) -> None:
    await dora.press("Settings")
    await dora.press("Import and export")
    await dora.see_heading("Your data")
    csv = await dora.download("Accounts you follow")
    assert f"cleo@{node.domain}" in _read_file(await csv.path()).decode()
    await dora.press("Request an archive")
    await dora.see("In progress")
    await node.settle()
    if not script:
        await dora.press("Load this page again")
    archive = await dora.download("Download")
    with zipfile.ZipFile(io.BytesIO(_read_file(await archive.path()))) as packed:
        assert STORY in packed.read("outbox.json").decode()


def _read_file(path: Path) -> bytes:
    return path.read_bytes()


async def name_old_account(dora: Person, old: str) -> None:
    await dora.press("Settings")
    await dora.press("Move account")
    await dora.fill("Your other accounts, one per line", old)
    await dora.press("Save", beside="Your other accounts, one per line")
    await dora.see("Saved.")


async def move(dora: Person, new: str) -> None:
    await dora.press("Move account")
    await dora.fill("New account", new)
    await dora.press("Move my followers")
    await dora.see("Move all followers to the other account?")
    await dora.press("Yes")
    await dora.see("This account has moved to", new)


async def see_follower(dora: Person) -> None:
    await dora.press("Notifications")
    await dora.see("cleo")


async def delete_account(dora: Person) -> None:
    await dora.press("Delete my account")
    await dora.see("There is no way back.")
    await dora.fill("Your username, to confirm", "dora")
    await dora.fill("Password", PASSWORD)
    await dora.press("Delete my account", beside="Your username, to confirm")
    await dora.see_heading("Your account is deleted")


async def find_nobody(visitor: Person) -> None:
    assert await visitor.open("/@dora") == 410
    await visitor.see("This account was deleted.")
    await visitor.press("Log in")
    await visitor.fill("Username or email address", "dora")
    await visitor.fill("Password", PASSWORD)
    await visitor.press("Log in", beside="Password")
    await visitor.see("The name, address or password is not right.")
    visitor.problems.clear()  # Chromium complains of pages with the status 410 and 401
