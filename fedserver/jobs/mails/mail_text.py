"""The subject and text of a mail, as a module of this package renders them in the current locale."""

from __future__ import annotations

from msgspec import Struct


class MailText(Struct, frozen=True):
    """The subject and the plain text of a mail."""

    subject: str
    text: str


def join_paragraphs(*paragraphs: str) -> str:
    """Return paragraphs as the text of a mail; empty ones are left out."""
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"
