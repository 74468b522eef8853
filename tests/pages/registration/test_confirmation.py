"""Confirming an address: the browser that signed up is logged in and welcomed; no other one is."""

from __future__ import annotations

from fedserver.config import MailConfig
from tests.integrations.test_smtp import server
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.smtp import SmtpServer
from tests.kit.visitors import VisitedPage, Visitor

__all__ = ["server"]

WELCOME = "/welcome/profile"


async def join(start: Start, server: SmtpServer, **config: str) -> tuple[TestNode, Visitor, str]:
    mail = MailConfig(host="127.0.0.1", port=server.port, sender="node@alpha.test", tls="none")
    node = await start("alpha.test", mail=mail, **config)
    await node.create_member("ada", "owner")
    visitor = Visitor(node)
    page = await visitor.fill_in(
        "/signup", "username", username="ann", email="ann@mail.test", password=PASSWORD, reason="I like it"
    )
    assert "Check your email" in page.text
    await node.settle()
    words = b"".join(server.bodies).decode().split()
    path = next(word for word in words if word.startswith("https://alpha.test/confirm/"))
    return node, visitor, path.removeprefix("https://alpha.test")


async def confirm(visitor: Visitor, path: str) -> VisitedPage:
    return await visitor.submit_action(await visitor.open(path), path)


async def test_confirmation_in_the_same_browser_logs_in_and_welcomes(
    start: Start, server: SmtpServer
) -> None:
    _, visitor, path = await join(start, server)
    page = await confirm(visitor, path)
    assert page.path == WELCOME
    assert "Who are you?" in page.text
    assert await visitor.is_logged_in()


async def test_confirmation_in_another_browser_asks_to_log_in_and_then_welcomes(
    start: Start, server: SmtpServer
) -> None:
    node, visitor, path = await join(start, server)
    other = Visitor(node)
    page = await confirm(other, path)
    assert page.path.startswith("/login")
    assert not await other.is_logged_in()
    assert not await visitor.is_logged_in()
    page = await other.fill_in(page, "password", username="ann", password=PASSWORD)
    assert page.path == WELCOME
    assert "Who are you?" in page.text


async def test_confirmation_an_hour_later_asks_to_log_in(start: Start, server: SmtpServer) -> None:
    node, visitor, path = await join(start, server)
    node.clock.forward(seconds=3_660)
    assert (await confirm(visitor, path)).path.startswith("/login")
    assert not await visitor.is_logged_in()


async def test_confirmation_before_the_approval_logs_nobody_in(start: Start, server: SmtpServer) -> None:
    _, visitor, path = await join(start, server, registration="approval")
    assert "moderators" in (await confirm(visitor, path)).text
    assert not await visitor.is_logged_in()


async def test_confirmation_in_another_browser_logs_in_with_the_password_at_once(
    start: Start, server: SmtpServer
) -> None:
    node, _, path = await join(start, server)
    other = Visitor(node)
    wrong = await other.fill_in(path, "password", password="not the password")
    assert wrong.status == 401
    assert 'id="password-problem"' in wrong.text
    assert not await other.is_logged_in()
    page = await other.fill_in(path, "password", password=PASSWORD)
    assert page.path == WELCOME
    assert await other.is_logged_in()
    assert (await other.open(path)).status == 404, "the link works once"


async def approve(start: Start, server: SmtpServer) -> tuple[TestNode, Visitor, str]:
    """Let a moderator approve a member who confirmed their address; return the link of the mail."""
    node, visitor, path = await join(start, server, registration="approval")
    await confirm(visitor, path)
    moderator = Visitor(node)
    await moderator.log_in("ada")
    server.bodies.clear()
    page = await moderator.open("/admin/sign-ups")
    action = page.text.partition('action="/admin/sign-ups/')[2].partition('"')[0]
    await moderator.submit_action(page, f"/admin/sign-ups/{action}")
    await node.settle()
    words = b"".join(server.bodies).decode().split()
    link = next(word for word in words if word.startswith("https://alpha.test/approved/"))
    return node, visitor, link.removeprefix("https://alpha.test")


async def test_mail_about_the_approval_logs_in_once_by_a_button(start: Start, server: SmtpServer) -> None:
    node, _, link = await approve(start, server)
    phone, scanner = Visitor(node), Visitor(node)
    for _ in range(2):  # programs that scan mail open links
        assert (await scanner.open(link)).status == 200
    assert not await scanner.is_logged_in()
    page = await phone.submit_action(link, link)
    assert page.path == WELCOME
    assert await phone.is_logged_in()
    assert (await scanner.open(link)).status == 404


async def test_mail_about_the_approval_logs_nobody_in_after_the_first_log_in(
    start: Start, server: SmtpServer
) -> None:
    node, visitor, link = await approve(start, server)
    await visitor.log_in("ann")
    other = Visitor(node)
    page = await other.submit_action(link, link)
    assert page.path.startswith("/login")
    assert not await other.is_logged_in()
