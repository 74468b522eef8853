"""A new e-mail address: the new one confirms, the old one is told."""

from __future__ import annotations

import re

import pytest

from fedserver.config import MailConfig
from fedserver.domain.auth import login, one_time_links
from storage.queries.auth import members as member_queries
from tests.kit.mails import take_mails
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

MAIL = MailConfig(host="mail.test", sender="node@alpha.test")
NEW = "ann@new.test"


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test", mail=MAIL)
    await alpha.create_member("ann")
    await alpha.create_member("bob")
    return alpha


@pytest.fixture
async def ann(node: TestNode) -> Visitor:
    return await log_in_visitor(node, "ann")


async def mails(node: TestNode) -> dict[str, str]:
    """Return the pending mails by address; none is sent, as there is no server."""
    return {mail.to: mail.text for mail in await take_mails(node.db, node.site)}


def link(text: str) -> str:
    """Return the path of the link in a mail."""
    (found,) = [word for word in text.split() if word.startswith("https://alpha.test/email/")]
    return found.removeprefix("https://alpha.test")


async def address_of(node: TestNode, name: str) -> str:
    async with node.db.read() as tx:
        member = await login.find_member(tx, name)
    assert member
    assert member.email_confirmed_at
    return str(member.email)


async def test_email_change_is_confirmed_at_the_new_and_notified_at_the_old_address(
    node: TestNode, ann: Visitor
) -> None:
    page = await ann.fill_in("/settings/email", "email", email=NEW)
    assert page.status == 200
    assert NEW in page.text
    assert await address_of(node, "ann") == "ann@mail.test", "nothing is changed yet"
    sent = await mails(node)
    assert set(sent) == {NEW, "ann@mail.test"}
    assert NEW in sent["ann@mail.test"]
    assert "/email/" not in sent["ann@mail.test"]
    stranger = Visitor(node)
    opened = await stranger.open(link(sent[NEW]))
    assert opened.status == 200
    assert await address_of(node, "ann") == "ann@mail.test", "opening is not enough"
    await stranger.submit_action(opened, link(sent[NEW]))
    assert await address_of(node, "ann") == NEW
    assert not await stranger.is_logged_in(), "the link logs nobody in"
    assert set(await mails(node)) == {"ann@mail.test"}, "the old address is told that it was changed"
    assert (await stranger.open(link(sent[NEW]))).status == 404
    assert (await Visitor(node).log_in(NEW)).path == "/home"


async def test_email_change_to_a_taken_address_answers_as_usual(node: TestNode, ann: Visitor) -> None:
    free = await ann.fill_in("/settings/email", "email", email="free@mail.test")
    taken = await ann.fill_in("/settings/email", "email", email="BOB@mail.test")
    # The token of each form differs from page to page.
    same = [
        re.sub(r'(name="csrf" value|data-csrf)="\w+"', "", page.text.replace(email, "x"))
        for page, email in ((free, "free@mail.test"), (taken, "BOB@mail.test"))
    ]
    assert same[0] == same[1]
    assert not {"BOB@mail.test", "bob@mail.test"} & set(await mails(node))


async def test_email_change_to_an_address_taken_in_the_meantime_fails(node: TestNode, ann: Visitor) -> None:
    await ann.fill_in("/settings/email", "email", email=NEW)
    path = link((await mails(node))[NEW])
    async with node.db.write() as tx:
        bob = await login.find_member(tx, "bob")
        assert bob
        await member_queries.set_email(tx, bob.id, NEW)
    assert (await ann.submit_action(path, path)).status == 422
    assert await address_of(node, "bob") == NEW
    assert await address_of(node, "ann") == "ann@mail.test"


async def test_email_links_except_the_newest_stop_working(node: TestNode, ann: Visitor) -> None:
    await ann.fill_in("/settings/email", "email", email="first@new.test")
    first = link((await mails(node))["first@new.test"])
    await ann.fill_in("/settings/email", "email", email=NEW)
    assert (await ann.open(first)).status == 404
    async with node.db.write() as tx:
        member = await login.find_member(tx, "ann")
        assert member
        reset = await one_time_links.create(tx, "reset", member.id, member.email, hours=1)
    newest = link((await mails(node))[NEW])
    await ann.submit_action(newest, newest)
    assert (await ann.open(f"/reset/{reset}")).status == 404, "whoever reads the old mail gets no further"


@pytest.mark.parametrize("email", ["", "ann", "ann@mail.test", "ann@MAIL.test", "a@b.test\r\nBcc: x@y.test"])
async def test_email_change_with_wrong_values_is_refused(node: TestNode, ann: Visitor, email: str) -> None:
    assert (await ann.fill_in("/settings/email", "email", email=email)).status == 422
    assert await mails(node) == {}


async def test_link_of_another_purpose_does_not_change_the_email(node: TestNode, ann: Visitor) -> None:
    async with node.db.write() as tx:
        member = await login.find_member(tx, "ann")
        assert member
        word = await one_time_links.create(tx, "confirm", member.id, NEW, hours=1)
    assert (await ann.open(f"/email/{word}")).status == 404
    async with node.db.read() as tx:
        member = await login.find_member(tx, "ann")
        assert member
        assert member.email != NEW


async def test_email_change_without_mail_takes_effect_at_once(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = Visitor(node)
    await visitor.log_in("ann")
    page = await visitor.fill_in("/settings/email", "email", email=NEW)
    assert page.path == "/settings/security?done=1"
    assert NEW in page.text
    assert await address_of(node, "ann") == NEW


async def test_well_known_change_password_redirects_to_settings(node: TestNode, ann: Visitor) -> None:
    assert (await ann.open("/.well-known/change-password")).path == "/settings/password"
