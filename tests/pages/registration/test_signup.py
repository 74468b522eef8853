"""Who joins learns nothing of who is a member, but that a name is taken."""

from __future__ import annotations

from sqlalchemy import select

from fedserver.config import MailConfig
from fedserver.domain.kernel import jobs
from fedserver.jobs.mails import compose as mail_composer
from storage.tables.kernel import tasks as table
from tests.kit.nodes import PASSWORD, Start, TestNode

SMTP = MailConfig(host="mail.test", sender="node@alpha.test")


async def join(node: TestNode, name: str, email: str, **more: str) -> tuple[int, str]:
    data = {"username": name, "email": email, "password": PASSWORD, **more}
    async with node.http.post("/signup", data=data, allow_redirects=False) as answer:
        return answer.status, (await answer.text()).replace(email, "EMAIL")


async def mails(node: TestNode) -> list[jobs.SendMail]:
    async with node.db.read() as tx:
        queued = [
            jobs.decode(payload) for payload in await tx.values(select(table.c.payload).order_by(table.c.id))
        ]
        return [
            await mail_composer.compose(tx, node.site, job)
            for job in queued
            if isinstance(job, jobs.ComposeMail)
        ]


async def test_sign_up_with_a_known_address_mails_the_owner_and_answers_as_usual(start: Start) -> None:
    node = await start("alpha.test", mail=SMTP)
    await node.create_member("ann")
    usual = await join(node, "eve", "eve@mail.test")
    assert usual[0] == 200
    assert "EMAIL" in usual[1]
    assert await join(node, "zoe", "Ann@Mail.test") == usual
    assert await join(node, "kim", "ann@mail.test") == usual
    confirm, told = await mails(node)
    assert confirm.to == "eve@mail.test"
    assert told.to == "ann@mail.test"
    assert "already" in told.subject
    assert "/forgot" in told.text
    async with node.http.get("/@zoe") as answer:
        assert answer.status == 404
    node.clock.forward(hours=25)
    assert await join(node, "kim", "ann@mail.test") == usual
    assert len(await mails(node)) == 3


async def test_sign_up_with_wrong_values_answers_alike_for_known_addresses(start: Start) -> None:
    node = await start("alpha.test", mail=SMTP)
    await node.create_member("ann")
    for name in ("ann", "admin", "no spaces", ""):
        status, known = await join(node, name, "ann@mail.test")
        assert status == 422
        assert "Username" in known
        assert (status, known) == await join(node, name, "new@mail.test")
    assert await mails(node) == []


async def test_sign_up_without_mail_does_not_say_why_it_is_refused(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    status, page = await join(node, "zoe", "ann@mail.test")
    assert status == 422
    assert "taken" not in page
    assert "cannot join with this email address" in page


async def test_sign_up_with_approval_or_invitation_does_not_reveal_addresses(start: Start) -> None:
    node = await start("alpha.test", mail=SMTP, registration="approval")
    await node.create_member("ann")
    usual = await join(node, "eve", "eve@mail.test", reason="I live next door")
    assert await join(node, "zoe", "ann@mail.test", reason="I live next door") == usual
    assert (await join(node, "zoe", "ann@mail.test"))[0] == 422
