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


async def test_owner_makes_the_node_theirs_and_invites_somebody(
    setup_link: str, open_browser: OpenBrowser, script: bool
) -> None:
    owner = await open_browser(setup_link.partition("/setup/")[0])
    await create_account(owner, setup_link)
    owner.end_stage("Create the account with the link that the start prints")
    await name_community(owner)
    owner.end_stage("Give a name, a logo and a colour")
    await describe_community(owner)
    owner.end_stage("Write a description and a welcome")
    await write_rule(owner)
    owner.end_stage("Write a rule")
    await write_privacy_policy(owner)
    owner.end_stage("Publish a privacy policy from the template")
    await choose_who_can_join(owner)
    owner.end_stage("Choose who can join")
    await look_at_health(owner)
    owner.end_stage("Look at the health of the server")
    invitation = await invite_somebody(owner)
    owner.end_stage("Invite the first member by link and QR code")
    await read_log(owner)
    owner.end_stage("Read in the public log what was changed")
    owner.check_effort(JOURNEY, script)
    visitor = await open_browser(owner.base)
    await see_community(visitor, invitation)


async def create_account(owner: Person, setup_link: str) -> None:
    await owner.open(setup_link)
    await owner.fill("Username", "ann")
    await owner.fill("Email address", "ann@mail.test")
    await owner.fill("Password", PASSWORD)
    await owner.press("Create account")
    await owner.see_heading("Who are you?")


async def name_community(owner: Person) -> None:
    await owner.press("Moderation")
    await owner.see_heading("Make it yours")
    await owner.press("Name the community", beside="Your community has no name of its own yet.")
    await owner.see_heading("Name and appearance")
    await owner.fill("Name of the community", "The Tool Library")
    await owner.attach("Logo", "logo.png", make_picture(), "image/png")
    await owner.fill("Colour", "120")
    await owner.press("Save")
    await owner.see("Saved. It holds from now on.", "The Tool Library")
    await owner.see_image("What is shown now")


async def describe_community(owner: Person) -> None:
    await owner.press("Moderation")
    await owner.press("Describe it")
    await owner.fill("Description", "We lend each other tools.")
    await owner.fill("Welcome text", "## Come in\n\nThe workshop is open on *Fridays*.")
    await owner.press("Save")
    await owner.see("Saved. It holds from now on.")


async def write_rule(owner: Person) -> None:
    await owner.press("Moderation")
    await owner.miss("Describe it", "Name the community")
    await owner.press("Write rules", beside="There are no rules yet.")
    await owner.fill("Text", "Bring tools back clean.", beside="A new rule")
    await owner.fill("Why", "Everyone agreed on Friday.")
    await owner.press("Save")
    await owner.see("Saved. It holds from now on.")
    await owner.see_heading("Rules")


async def write_privacy_policy(owner: Person) -> None:
    await owner.press("Moderation")
    await owner.press("Write legal texts")
    await owner.press("Start from a template", beside="Privacy policy")
    await owner.see_heading("Privacy policy")
    await owner.press("Save")
    await owner.see("Saved. It holds from now on.")


async def choose_who_can_join(owner: Person) -> None:
    await owner.press("Settings", beside="Legal texts")
    await owner.see_heading("Settings of the community")
    await owner.press("Joining")
    await owner.tick("People with an invitation")
    await owner.fill("Why", "We know each other.")
    await owner.press("Save")
    await owner.see("Saved. It holds from now on.")


async def look_at_health(owner: Person) -> None:
    await owner.press("Moderation")
    await owner.see("There is no backup yet.")
    await owner.press("Set up backups")
    await owner.see_heading("Health")
    await owner.see("Missing", "fedserver db backup", "Run the checks now")
    await owner.press("Overview")


async def invite_somebody(owner: Person) -> str:
    """Return the link that the owner copies."""
    await owner.see("You are the only member.")
    await owner.press("Invite people")
    await owner.fill("Note for yourself", "For Bob")
    await owner.press("Create a link")
    await owner.see_image("QR code of the invitation link")
    return await owner.read_field("Invitation link")


async def read_log(owner: Person) -> None:
    await owner.press("Moderation log")
    await owner.see("Everyone agreed on Friday.", "Setting changed", "Privacy policy changed")


async def see_community(visitor: Person, invitation: str) -> None:
    await visitor.open("/")
    await visitor.see_heading("The Tool Library")
    await visitor.see("We lend each other tools.", "The workshop is open on")
    await visitor.miss("Join")
    await visitor.open(invitation)
    await visitor.see("ann", "Bring tools back clean.")
    await visitor.see_control("Join")
