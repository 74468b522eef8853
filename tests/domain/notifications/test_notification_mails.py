"""Notifications by mail: those that a member chose and has not read, in one mail after ten minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from fedserver.config import MailConfig
from fedserver.domain.notifications import notification_policies
from fedserver.domain.posts import likes
from fedserver.domain.relationships import follows
from storage.rows.accounts import AccountRow
from tests.kit.filled_forms import read_form, send
from tests.kit.mails import read_text
from tests.kit.nodes import Start, TestNode
from tests.kit.smtp import SmtpServer, run_smtp_server
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/notifications"


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with run_smtp_server() as running:
        yield running


async def begin(start: Start, server: SmtpServer) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    mail = MailConfig(host="127.0.0.1", port=server.port, sender="node@alpha.test", tls="none")
    node = await start("alpha.test", mail=mail)
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"mail_kinds[]": ["mention", "favourite"]})
    assert "Saved." in page.text
    pairs = read_form(page, PATH).pairs
    assert [value for name, value in pairs if name == "mail_kinds[]"] == ["mention", "favourite"]
    return node, ann, bob, visitor


def take(server: SmtpServer) -> list[EmailMessage]:
    """Return the mails that came since the last call."""
    mails = [server.parse(body) for body in server.bodies]
    server.bodies.clear()
    return mails


async def later(node: TestNode, seconds: int = 660) -> None:
    node.clock.forward(seconds=seconds)
    await node.settle()


async def test_unread_notifications_come_in_one_mail(start: Start, server: SmtpServer) -> None:
    node, ann, bob, _ = await begin(start, server)
    post_id = await node.publish(ann, "Moss grows")
    await node.publish(bob, "@ann have you seen the lamp?")
    await node.publish(bob, "@ann only between us", visibility="direct")
    async with node.db.write() as tx:
        await likes.like(tx, node.site, bob, post_id)
        await follows.follow(tx, node.site, bob, ann)
    await later(node, 300)
    assert take(server) == []
    await later(node)
    [mail] = take(server)
    text = read_text(mail)
    assert mail["To"] == "ann@mail.test"
    assert mail["Subject"].startswith("3 new notifications on ")
    assert "bob mentioned you" in text
    assert "have you seen the lamp?" in text
    assert "only between us" not in text, "what is private stays out of mail"
    assert "bob followed you" not in text
    assert f"{node.base}/settings/notifications" in text
    await later(node)
    assert take(server) == []


async def test_read_or_unwanted_notifications_send_nothing(start: Start, server: SmtpServer) -> None:
    node, ann, bob, visitor = await begin(start, server)
    await node.publish(bob, "@ann hello")
    await visitor.open("/notifications")
    await later(node)
    assert take(server) == [], "she has read it here"
    await node.publish(bob, "@ann again")
    await send(visitor, PATH, PATH, {"mail_kinds[]": None})
    await later(node)
    assert take(server) == [], "she changed her mind"
    async with node.db.write() as tx:
        await notification_policies.set_mail_kinds(tx, ann, ["mention", "unknown"])
        assert (await notification_policies.get(tx, ann)).row.mail_kinds == "mention"
        await notification_policies.update(tx, ann, {"for_not_following": "filter"})
    await node.publish(bob, "@ann third")
    await later(node)
    assert take(server) == [], "what is kept back comes by no mail either"


async def test_node_without_mail_offers_none(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    assert "mail_kinds[]" not in read_form(await visitor.open(PATH), PATH).names
