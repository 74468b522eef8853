"""Mail: plain text by SMTP, to one address at a time."""

from __future__ import annotations

from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import formatdate, make_msgid

import aiosmtplib

from fedserver.config import MailConfig

TIMEOUT_S = 30.0


class _UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """A header that stays in one line: the library would encode a long address, and nobody would read it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _UnfoldedHeader)
_policy = EmailPolicy(header_factory=_headers)


class MailError(Exception):
    """The mail server did not take it: why."""


async def send_mail(config: MailConfig, to: str, subject: str, text: str, unsubscribe: str = "") -> None:
    """Send a mail, or do nothing where no server is configured. Raises MailError.

    `unsubscribe` is an address that ends such mails with one POST (RFC 2369, RFC 8058), '' for none.
    """
    if not config.host:
        return
    try:
        message = _build_message(config, to, subject, text)
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        await _send(config, message)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(f"{config.host}: {error}") from error


def _build_message(config: MailConfig, to: str, subject: str, text: str) -> EmailMessage:
    """Return the mail. Raises ValueError for a line break in a header."""
    message = EmailMessage(policy=_policy)
    message["From"] = config.sender
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=config.sender.rpartition("@")[2] or None)
    message.set_content(text)
    return message


async def _send(config: MailConfig, message: EmailMessage) -> None:
    await aiosmtplib.send(
        message,
        hostname=config.host,
        port=config.port,
        username=config.username or None,
        password=config.password or None,
        use_tls=config.tls == "tls",
        start_tls=config.tls == "starttls",
        timeout=TIMEOUT_S,
    )
