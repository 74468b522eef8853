"""The first day of a member whom a friend invited: from the link to the first reply."""

from __future__ import annotations

import re

import pytest

from fedserver.config import MailConfig
from fedserver.domain.accounts import featured_tags
from fedserver.domain.auth import invitations
from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person, log_in
from tests.kit.mails import read_text
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.smtp import SmtpServer, run_smtp_server

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def begin_community(start: Start, server: SmtpServer) -> tuple[TestNode, str]:
    """Start a node for invited people with three members; return it with the link of an invitation."""
    mail = MailConfig(host="127.0.0.1", port=server.port, sender="node@commons.test", tls="none")
    node = await start("localhost", registration="invite", mail=mail, rules=("Be kind.",))
    ann = await node.create_member("ann", "owner")
    cleo, dora = await node.create_member("cleo"), await node.create_member("dora")
    member = await node.load_member(ann)
    async with node.db.write() as tx:
        await featured_tags.feature(tx, cleo, "Gardening")
        invitation = await invitations.create(tx, member)
    await node.publish(ann, "Who has a ladder?")
    await node.publish(cleo, "The tomatoes are ripe.")
    await node.publish(dora, "Soup on Friday!")
    await node.settle()
    return node, f"{node.base}/invite/{invitation.code}"


async def test_invited_member_joins_and_takes_part(
    start: Start, open_browser: OpenBrowser, script: bool
) -> None:
    async with run_smtp_server() as server:
        node, invitation = await begin_community(start, server)
        bob = await open_browser(node.base)
        await sign_up(bob, invitation)
        await node.settle()
        await confirm_address(bob, server)
        bob.end_stage("Join by an invitation, and confirm the address by mail")
    await take_first_steps(bob)
    await look_at_home(bob)
    bob.end_stage("Take the four first steps, to a home that is not empty")
    await follow_somebody(bob)
    bob.end_stage("Follow someone else")
    await reply(bob)
    bob.end_stage("Write a first reply")
    bob.check_effort("The invited member's first day", script)
    await node.settle()
    await read_reply(await open_browser(node.base))


async def sign_up(bob: Person, invitation: str) -> None:
    await bob.open(invitation)
    await bob.see("ann", "Be kind.")
    await bob.fill("Username", "bob")
    await bob.fill("Email address", "bob@mail.test")
    await bob.fill("Password", PASSWORD)
    await bob.press("Join")
    await bob.see_heading("Check your email")
    await bob.see("bob@mail.test")


async def confirm_address(bob: Person, server: SmtpServer) -> None:
    links = re.findall(r"http\S+/confirm/\S+", read_text(server.mail))
    await bob.open(links[0])
    await bob.see_heading("Confirm your email address")
    await bob.press("Confirm")
    await bob.see_heading("Who are you?")


async def take_first_steps(bob: Person) -> None:
    await bob.attach("Picture", "bob.png", make_picture(), "image/png")
    await bob.fill("Your name", "Bob the Baker")
    await bob.press("Save and go on")
    await bob.see_heading("What are you good at, or interested in?")
    await bob.tick("#Gardening")
    await bob.fill("Interest 1", "Baking")
    await bob.press("Save and go on")
    await bob.see_heading("Whom would you like to follow?")
    await bob.see("cleo")
    await bob.tick("cleo")
    await bob.press("Follow those I chose")
    await bob.see_heading("Say hello")
    await bob.fill("Text", (await bob.read_field("Text")).replace("to learn:", "to learn: pruning"))
    await bob.press("Publish")
    await bob.see_heading("You are all set")


async def look_at_home(bob: Person) -> None:
    await bob.press("Go to your home page")
    await bob.see("I can help with", "I would like to learn: pruning", beside="Bob the Baker")
    await bob.see("The tomatoes are ripe.", "Who has a ladder?")
    await bob.miss("Ask me about", "Your first steps", "Soup on Friday!")


async def follow_somebody(bob: Person) -> None:
    await bob.press("Community")
    await bob.see("Soup on Friday!")
    await bob.press("dora")
    await bob.press("Follow")
    await bob.see_control("Unfollow")
    await bob.press("Home")
    await bob.see("Soup on Friday!")


async def reply(bob: Person) -> None:
    await bob.press("Reply", beside="Who has a ladder?")
    await bob.see_heading("Reply")
    await bob.see("Who has a ladder?")
    await bob.fill("Text", "@ann I have one, come by!")
    await bob.press("Publish")
    await bob.see("I have one, come by!", "Who has a ladder?")


async def read_reply(ann: Person) -> None:
    await log_in(ann, "ann")
    await ann.press("Notifications")
    await ann.see("I have one, come by!")
