"""Someone who comes by now and then: from a link in a mail to an answer, a vote and mails of their own."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from fedserver.config import MailConfig
from fedserver.domain.posts import likes
from fedserver.domain.posts.polls import NewPoll
from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person
from tests.kit.legs import begin_leg
from tests.kit.mails import read_text
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.smtp import SmtpServer, run_smtp_server

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUESTION = "Does anyone know why the lamp in the hall flickers?"
ANSWER = "The socket is loose."


async def test_less_engaged_member_takes_part(start: Start, open_browser: OpenBrowser, script: bool) -> None:
    async with run_smtp_server() as server:
        mail = MailConfig(host="127.0.0.1", port=server.port, sender="node@mail.test", tls="none")
        node = await start("localhost", mail=mail)
        ann = await node.create_member("ann")
        await node.create_member("lou")
        question_id = await node.publish(ann, QUESTION, visibility="local")
        person = await open_browser(node.base)

        await come_by_link(person, f"/@ann/{question_id}")
        person.check_effort("From a link to a post for members, logged out, to that post", script)
        await press_like(person, script)
        person.check_effort("Press Like", script)
        await answer(person)
        person.check_effort("Answer with one sentence", script)

        async with node.db.write() as tx:
            await likes.like(tx, node.site, ann, int(person.page.url.rpartition("/")[2]))
        await node.publish(ann, "Thank you @lou, that was it!")
        await node.publish(ann, "What shall we mend next?", poll=NewPoll(("The door", "The stove"), 86_400))
        await node.settle()
        await read_notifications(person)
        person.check_effort("See what is new, from any page", script)
        await vote(person)
        person.check_effort("Find a poll and vote", script)
        await follow(person)
        person.check_effort("Follow someone who is suggested", script)
        await turn_on_mails(person)
        person.check_effort("Turn on notifications by email", script)

        await node.publish(ann, "One more thing, @lou", visibility="followers")
        await person.open(await read_mailed_link(node, server))
        await person.see("One more thing")


async def read_mailed_link(node: TestNode, server: SmtpServer) -> str:
    """Return the address of the post in the mail about it."""
    await node.settle()
    node.clock.forward(hours=1)
    await node.settle()
    text = read_text(server.mail)
    assert "mentioned you" in text
    found = re.search(rf"{re.escape(node.base)}/@\S+", text)
    assert found is not None, text
    return found[0]


async def come_by_link(person: Person, link: str) -> None:
    begin_leg(person)
    await person.open(link)
    await person.see("some posts are only for members")
    person.problems.clear()  # the browser says in its console that there is no such page for guests
    await person.press("Log in", beside="some posts are only for members")
    await person.fill("Username or email address", "lou")
    await person.fill("Password", PASSWORD)
    await person.press("Log in", beside="Password")
    await person.see(QUESTION)


async def press_like(person: Person, script: bool) -> None:
    begin_leg(person)
    await person.press("Like", beside=QUESTION)
    await expect(person.page.get_by_role("button", name="Like 1", pressed=True)).to_be_visible()
    if not script:
        await person.see("You liked this post.")


async def answer(person: Person) -> None:
    begin_leg(person)
    await person.press("Reply", beside=QUESTION)
    await person.see(QUESTION)
    await person.fill("Text", f"@ann {ANSWER}")
    await person.press("Publish")
    await person.see(QUESTION, ANSWER)


async def read_notifications(person: Person) -> None:
    await person.press("Home")
    begin_leg(person)
    await person.press("Notifications 2 unread")
    await person.see("liked your post", "mentioned you", "Thank you @lou, that was it!")
    await person.see_control("Notifications")


async def vote(person: Person) -> None:
    begin_leg(person)
    await person.press("Community")
    await person.see("What shall we mend next?")
    await person.tick("The stove")
    await person.press("Vote")
    await person.see("100%", beside="The stove")
    await expect(person.page.get_by_text("Your choice")).to_be_attached()


async def follow(person: Person) -> None:
    begin_leg(person)
    await person.press("See who is here")
    await person.press("Follow @ann")
    await person.see_control("Unfollow @ann")
    await person.see("Its posts appear on your home page.")


async def turn_on_mails(person: Person) -> None:
    begin_leg(person)
    await person.press("Notifications")
    await person.press("Notification settings")
    await person.tick("someone mentions me")
    await person.press("Save", beside="Send me an email when")
    await person.see("Saved.")
