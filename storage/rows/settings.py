"""Rows of settings and legal texts."""

from msgspec import Struct


class NodeSettingRow(Struct, frozen=True, gc=False):
    """A setting; its value is JSON, None for the default."""

    name: str
    value: str | None
    updated_at: int


class LegalTextRow(Struct, frozen=True, gc=False):
    """A version of a legal text, in Markdown; `effective_from` is the day of terms, else ''."""

    id: int
    kind: str
    effective_from: str
    source: str
    updated_at: int
