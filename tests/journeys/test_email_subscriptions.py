"""Public posts by mail, for people without an account: from a profile to a real mail server and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from fedserver.config import MailConfig
from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import moderation
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.mails import read_text
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor

READER = "reader@mail.test"


class Box:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        return "250 taken"

    def take(self) -> list[EmailMessage]:
        """Return the mails that came since the last call."""
        found = [message_from_bytes(mail, policy=policy.default) for mail in self.raw]
        self.raw.clear()
        return [mail for mail in found if isinstance(mail, EmailMessage)]


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    box = Box()
    serve = asyncio.get_running_loop().create_server
    listening = await serve(lambda: SMTP(box, hostname="mail.test"), "127.0.0.1", 0)
    box.port = listening.sockets[0].getsockname()[1]
    yield box
    listening.close()


async def begin(start: Start, box: Box) -> tuple[TestNode, AccountRow]:
    config = MailConfig(host="127.0.0.1", port=box.port, sender="node@alpha.test", tls="none")
    node = await start("alpha.test", mail=config)
    return node, await node.create_member("ann")


async def allow(node: TestNode, who: AccountRow, *, allowed: bool = True) -> None:
    async with node.db.write() as tx:
        row = await accounts.get(tx, who.id)
        await accounts.update_profile(tx, node.site, row, accounts.ProfileChange(mails_posts=allowed))


def link(mail: EmailMessage, ending: str = "") -> str:
    words = read_text(mail).split()
    (found,) = [word for word in words if word.startswith("https://alpha.test/subscriptions/")]
    assert found.endswith(ending)
    return str(found.removeprefix("https://alpha.test"))


async def later(node: TestNode, **span: int) -> None:
    node.clock.forward(**span)
    await node.settle()


async def test_email_subscription_from_profile_to_unsubscribe(start: Start, box: Box) -> None:
    node, ann = await begin(start, box)
    member, reader = Visitor(node), Visitor(node)
    await member.log_in("ann")
    nobody, path = Api(node), f"/api/v1/accounts/{ann.id}"
    assert (await nobody.get(path))["email_subscriptions"] is False
    assert "email_subscriptions" not in (await reader.open("/@ann")).text
    await member.fill_in("/settings/profile", "display_name", display_name="Ann", mails_posts="1")
    assert (await nobody.get(path))["email_subscriptions"] is True
    asked = await reader.fill_in("/@ann", "email", email=READER.upper())
    assert asked.status == 200
    assert READER.upper() in asked.text
    await node.settle()
    [question] = box.take()
    assert question["To"] == READER
    assert question["List-Unsubscribe"] is None
    await node.publish(ann, "too early")
    opened = await reader.open(link(question))
    await later(node, seconds=600)
    assert opened.status == 200
    assert box.take() == [], "opening the link does not confirm"
    assert "@ann@alpha.test" in (await reader.submit_action(opened, link(question))).text

    await node.publish(ann, "First &amp; <b>foremost</b>")
    gone = await node.publish(ann, "taken back")
    token = Api(node, await node.create_token(ann))
    await token.delete(f"/api/v1/statuses/{gone}")
    await node.publish(ann, "the secret", summary="careful")
    root = await node.publish(
        ann, "A lamp **mended**", kind="Article", title="How to", content_type="text/markdown"
    )
    for visibility in ("unlisted", "followers", "direct", "local"):
        await node.publish(ann, f"hidden {visibility}", visibility=visibility)
    await node.publish(ann, "an answer", in_reply_to_id=root)
    await later(node, seconds=30)
    assert box.take() == []
    await later(node, seconds=360)
    [mail] = box.take()
    text = read_text(mail)
    assert mail["To"] == READER
    assert mail["Subject"] == "Ann: First &amp; <b>foremost</b> (and 2 more)"
    for shown in (
        "First &amp; <b>foremost</b>",
        "careful",
        "How to",
        "A lamp mended",
        "https://alpha.test/@ann/",
    ):
        assert shown in text
    for hidden in ("too early", "taken back", "the secret", "hidden", "an answer"):
        assert hidden not in text
    end = link(mail, "/end")
    assert mail["List-Unsubscribe"] == f"<https://alpha.test{end}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    assert await nobody.post(f"{path}/email_subscriptions", email=READER) == {}
    await node.settle()
    assert box.take() == [], "whoever is subscribed is not asked again"
    await allow(node, ann, allowed=False)
    await node.publish(ann, "not by mail")
    await allow(node, ann)
    await later(node, seconds=600)
    assert box.take() == []
    assert (await reader.open(end)).status == 200
    await node.publish(ann, "never arrives")
    async with node.http.post(end, data={"List-Unsubscribe": "One-Click"}) as answer:
        assert answer.status == 200, "one click, without cookies"
    await later(node, seconds=600)
    assert box.take() == []
    assert (await reader.open(end)).status == 404
    async with node.http.post(end) as answer:
        assert answer.status == 200, "twice is as good"


async def test_email_subscription_refusals_reveal_no_addresses(start: Start, box: Box) -> None:
    node, ann = await begin(start, box)
    bob = await node.create_member("bob")
    await allow(node, ann)
    nobody, path = Api(node), f"/api/v1/accounts/{ann.id}/email_subscriptions"
    for other in (f"/api/v1/accounts/{bob.id}/email_subscriptions", path.replace(str(ann.id), "1")):
        assert (await nobody.request("POST", other, json={"email": READER})).status == 404
    for wrong in ("", "reader", "a@b.test\r\nBcc: x@y.test"):
        refused = await nobody.request("POST", path, json={"email": wrong})
        assert refused.status == 422
        assert "email" in refused.body["error"].lower()
    # Opened too late, and forgotten.
    assert await nobody.post(path, email=READER) == {}
    await node.settle()
    [first] = box.take()
    await later(node, days=7)
    for late in (link(first), "/subscriptions/x", "/subscriptions/%00", "/subscriptions/%C3%A9"):
        async with node.http.post(late) as answer:
            assert answer.status == 404
        assert (await Visitor(node).open(late)).status == 404
    async with node.http.post("/subscriptions/%00/end") as answer:
        assert answer.status == 404
    # One address is asked five times a day, and only the newest link counts.
    sent = []
    for _ in range(5):
        assert await nobody.post(path, email=READER) == {}
        await later(node, seconds=1860)
        sent += box.take()
    answer = await nobody.request("POST", path, json={"email": READER})
    await node.settle()
    assert len(sent) == 5
    assert answer.status == 200
    assert box.take() == []
    async with node.http.post(link(sent[3])) as answer:
        assert answer.status == 404
    async with node.http.post(link(sent[4])) as answer:
        assert answer.status == 200
    # A suspended account sends nothing, and takes nobody.
    await node.publish(ann, "last words")
    async with node.db.write() as tx:
        await moderation.apply(tx, node.site, None, ann.id, moderation.ModerationAction("suspend"))
    await later(node, seconds=600)
    assert READER not in [mail["To"] for mail in box.take()]
    assert (await nobody.request("POST", path, json={"email": READER})).status == 404


async def test_email_subscriptions_need_mail_and_are_rate_limited(start: Start) -> None:
    node = await start("alpha.test", requests=300)
    ann = await node.create_member("ann")
    await allow(node, ann)
    path = f"/api/v1/accounts/{ann.id}/email_subscriptions"
    answers = [(await Api(node).request("POST", path, json={"email": READER})).status for _ in range(6)]
    assert answers == [404] * 5 + [429], "an address of the network is heard five times in half an hour"
    member = Visitor(node)
    await member.log_in("ann")
    assert "mails_posts" not in (await member.open("/settings/profile")).text


async def test_first_mail_holds_nothing_from_before_the_confirmation(start: Start, box: Box) -> None:
    node, ann = await begin(start, box)
    await allow(node, ann)
    first, second = Visitor(node), Visitor(node)
    await first.fill_in("/@ann", "email", email="first@mail.test")
    await second.fill_in("/@ann", "email", email=READER)
    await node.settle()
    questions = {mail["To"]: link(mail) for mail in box.take()}
    await first.submit_action(await first.open(questions["first@mail.test"]), questions["first@mail.test"])
    await node.publish(ann, "Before the consent")
    node.clock.forward(seconds=30)
    await second.submit_action(await second.open(questions[READER]), questions[READER])
    await later(node, seconds=420)
    [mail] = box.take()
    assert mail["To"] == "first@mail.test"
    assert "Before the consent" in read_text(mail)
    await node.publish(ann, "After the consent")
    await later(node, seconds=420)
    mails = box.take()
    assert {mail["To"] for mail in mails} == {"first@mail.test", READER}
    assert all("After" in read_text(mail) and "Before" not in read_text(mail) for mail in mails)
