"""Mail by SMTP, as plain text and as HTML, to one address at a time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, make_msgid, parseaddr
from html import escape

import aiosmtplib

from fedserver.config import MailConfig

TIMEOUT_S = 30.0
# Ends before punctuation that belongs to the sentence.
ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}'»”]")
HTML = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"></head>
<body style="font-family: system-ui, sans-serif; line-height: 1.5; max-width: 38em; margin: 1em auto; \
padding: 0 1em; overflow-wrap: anywhere">
{paragraphs}
</body></html>
"""


class _UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """A header that stays in one line: the library would encode a long address, and nobody would read it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _UnfoldedHeader)
_policy = EmailPolicy(header_factory=_headers)


class MailError(Exception):
    """The mail server did not take it: why."""


async def send_mail(
    config: MailConfig, to: str, subject: str, text: str, unsubscribe: str = "", *, ehlo_name: str = ""
) -> None:
    """Send a mail, or do nothing where no server is configured. Raises MailError.

    `unsubscribe` is an address that ends such mails with one POST (RFC 2369, RFC 8058), '' for none.
    `ehlo_name` is the host by which the node introduces itself (RFC 5321 §4.1.1.1).
    """
    if not config.host:
        return
    try:
        message = _build_message(config, to, subject, text)
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except ValueError as error:
        raise MailError(f"{config.host}: {error}") from error
    async with _connect(config, ehlo_name) as client:
        await client.send_message(message)


async def check_mail_server(config: MailConfig, ehlo_name: str = "") -> None:
    """Connect, start TLS, log in and name the sender, as before a mail, and send none. Raises MailError."""
    async with _connect(config, ehlo_name) as client:
        await client.mail(parseaddr(config.sender)[1])
        await client.rset()


@asynccontextmanager
async def _connect(config: MailConfig, ehlo_name: str) -> AsyncIterator[aiosmtplib.SMTP]:
    """Yield a connection that is encrypted and logged in as the configuration says. Raises MailError."""
    client = aiosmtplib.SMTP(
        hostname=config.host,
        port=config.port,
        username=config.username or None,
        password=config.password or None,
        use_tls=config.tls == "tls",
        start_tls=config.tls == "starttls",
        # Without it the library names the machine, often `localhost`, which mail servers count as spam.
        local_hostname=ehlo_name or None,
        timeout=TIMEOUT_S,
    )
    try:
        async with client:
            yield client
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(f"{config.host}: {_describe(error)}") from error


def _describe(error: Exception) -> str:
    """Return what the mail server answered, as `550 no such person`, or else what went wrong.

    The library would write the exceptions of all receivers, with their addresses, into logs and pages.
    """
    # One address at a time, so one receiver.
    refusal = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    if isinstance(refusal, aiosmtplib.SMTPResponseException):
        return f"{refusal.code} {' '.join(refusal.message.split())}"
    return str(error) or type(error).__name__


def _build_message(config: MailConfig, to: str, subject: str, text: str) -> EmailMessage:
    """Return the mail. Raises ValueError for a line break in a header."""
    message = EmailMessage(policy=_policy)
    message["From"] = config.sender
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    # With a zone: "-0000" would say that it is unknown (RFC 5322 §3.3).
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=parseaddr(config.sender)[1].rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"  # so that no absence note answers it (RFC 3834 §5)
    message.set_content(text)
    message.add_alternative(render_html(text), subtype="html")
    return message


def render_html(text: str) -> str:
    """Return the plain text of a mail as HTML: paragraphs, line breaks, and links for addresses."""
    paragraphs = re.split(r"\n{2,}", text.strip("\n"))
    return HTML.format(paragraphs="\n".join(f'<p dir="auto">{_link(part)}</p>' for part in paragraphs))


def _link(paragraph: str) -> str:
    parts, position = [], 0
    for match in ADDRESS.finditer(paragraph):
        address = escape(match[0])
        parts += [escape(paragraph[position : match.start()]), f'<a href="{address}">{address}</a>']
        position = match.end()
    return "".join((*parts, escape(paragraph[position:]))).replace("\n", "<br>\n")
