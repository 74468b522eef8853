"""Mail through a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from fedserver.config import MailConfig
from fedserver.integrations.smtp import MailError, render_html, send_mail
from tests.kit import tls
from tests.kit.smtp import SmtpServer, run_smtp_server


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with run_smtp_server() as running:
        yield running


def config(server: SmtpServer, **changes: object) -> MailConfig:
    values = {"host": "127.0.0.1", "port": server.port, "sender": "node@alpha.test", "tls": "none", **changes}
    return MailConfig(**values)  # type: ignore[arg-type]


async def test_a_mail_arrives_as_written(server: SmtpServer) -> None:
    text = "Grüße\n.\n..dots\nhttps://alpha.test/confirm/" + "x" * 80 + "\n"
    await send_mail(config(server), "ann@mail.test", "Größe & mehr", text)
    mail = server.mail
    assert (mail["To"], mail["From"]) == ("ann@mail.test", "node@alpha.test")
    assert mail["Subject"] == "Größe & mehr"
    assert mail["Date"].datetime.tzinfo is not None
    assert str(mail["Date"]).endswith("+0000")
    assert "@alpha.test" in mail["Message-ID"]
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().replace("\r\n", "\n") == text
    assert f'<a href="https://alpha.test/confirm/{"x" * 80}">' in html.get_content()


async def test_the_node_introduces_itself_with_its_own_name(server: SmtpServer) -> None:
    await send_mail(config(server), "ann@mail.test", "Hi", "text", ehlo_name="alpha.test")
    assert server.commands[0] == "EHLO alpha.test"


def test_html_of_a_mail_escapes_text_and_links_addresses_without_the_full_stop() -> None:
    html = render_html("<b>&\nsecond\n\nSee https://alpha.test/a?b=1&c=2.\n")
    assert '<p dir="auto">&lt;b&gt;&amp;<br>\nsecond</p>' in html
    assert '<a href="https://alpha.test/a?b=1&amp;c=2">https://alpha.test/a?b=1&amp;c=2</a>.</p>' in html


async def test_a_mail_that_can_be_ended_says_where_in_one_piece(server: SmtpServer) -> None:
    where = "https://alpha.test/subscriptions/" + "x" * 80
    await send_mail(config(server), "ann@mail.test", "Größe " * 30, "text", where)
    assert f"\r\nList-Unsubscribe: <{where}>\r\n".encode() in server.bodies[0]
    assert server.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert server.mail["Subject"] == " ".join(["Größe"] * 30)


async def test_a_subject_cannot_add_headers_or_commands(server: SmtpServer) -> None:
    await send_mail(
        config(server), "ann@mail.test", "Hi\r\nBcc: eve@evil.test\r\n\r\nbody", "text\r\n.\r\nRCPT TO:<x>\n"
    )
    assert server.mail["Bcc"] is None
    assert [each for each in server.commands if each.startswith("RCPT")] == ["RCPT TO:<ann@mail.test>"]


@pytest.mark.parametrize("to", ["ann@mail.test\r\nBcc: eve@evil.test", "ann@mail.test\nX: y"])
async def test_an_address_cannot_add_headers(server: SmtpServer, to: str) -> None:
    with pytest.raises(MailError):
        await send_mail(config(server), to, "Hi", "text")
    assert not server.bodies


async def test_text_that_cannot_be_written_is_a_mail_error(server: SmtpServer) -> None:
    with pytest.raises(MailError):
        await send_mail(config(server), "ann@mail.test", "Hi", "\ud800")


async def test_a_refusal_says_why(server: SmtpServer) -> None:
    server.refuses = True
    with pytest.raises(MailError, match="no such person"):
        await send_mail(config(server), "ann@mail.test", "Hi", "text")


async def test_without_starttls_nothing_is_sent_in_the_clear(server: SmtpServer) -> None:
    with pytest.raises(MailError):
        await send_mail(
            config(server, tls="starttls", username="node", password="secret"), "ann@mail.test", "Hi", "text"
        )
    assert not server.bodies
    assert not [each for each in server.commands if each.startswith("AUTH")]


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    context: ssl.SSLContext = tls.server_context("mail.test")
    talking = SmtpServer()
    listening = await asyncio.start_server(talking.talk, "127.0.0.1", 0, ssl=context)
    talking.port = listening.sockets[0].getsockname()[1]
    with pytest.raises(MailError):
        await send_mail(config(talking, tls="tls"), "ann@mail.test", "Hi", "text")
    listening.close()
    assert not talking.commands


async def test_without_a_host_nothing_happens_and_without_a_server_it_is_said(server: SmtpServer) -> None:
    await send_mail(MailConfig(), "ann@mail.test", "Hi", "text")
    with pytest.raises(MailError):
        await send_mail(config(server, port=1), "ann@mail.test", "Hi", "text")
    assert not server.bodies
