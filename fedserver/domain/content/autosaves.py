"""What a member has written in a form and not sent yet: kept until it is sent, discarded, or 30 days old.

A slot names the form: `note` and `article` are the empty forms, `reply:ID`, `edit:ID` and `article:ID` those
of a post, `scheduled:ID` that of one that is published later. The files of a form are kept as long as the
form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import format_number, gettext
from storage.engine import ReadTx, Tx
from storage.queries.content import autosaves as autosave_queries
from storage.queries.content import media as media_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import AutosaveRow

SLOT = re.compile(r"note|article|(reply|edit|article|scheduled):[1-9][0-9]{0,18}")
MAX_AUTOSAVES = 20  # of a member
# Of the fields as JSON: an article has up to 200,000 characters, each of up to four bytes.
MAX_BYTES = 1_000_000
MAX_FILES = 100  # of one form: an article has pictures in its text
RETENTION_MS = 30 * 86_400_000

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Autosave(Struct, frozen=True):
    """The fields of a form as they were saved at `saved_at` (ms UTC)."""

    slot: str
    fields: dict[str, Any]
    saved_at: int


async def save(
    tx: Tx,
    author: AccountRow,
    slot: str,
    fields: Mapping[str, Any],
    media_ids: Sequence[int] = (),
    *,
    known_at: int | None = None,
) -> int:
    """Store the fields of a form, which may be of any JSON types; return when (ms UTC).

    `media_ids` are files in the form; those that are not the author's are left out. `known_at` is the
    `saved_at` that the form knows, 0 for none; a time to come, or None, overwrites whatever is stored. The
    field `key` is of one form as it was opened: what it saved itself is no surprise to it.

    Raises InvalidError for an unknown slot, fields that are too long, too many forms, and a form that was
    saved, sent or discarded elsewhere after `known_at`.
    """
    if SLOT.fullmatch(slot) is None:
        raise InvalidError("slot", "is not the name of a form")
    text = _encode(fields)
    if len(text) > MAX_BYTES:
        raise InvalidError("text", "is too long to be saved as a draft", "ERR_TOO_LONG")
    existing = await autosave_queries.find(tx, author.id, slot)
    knows = known_at is None or known_at > tx.now or _knows(existing, known_at, str(fields.get("key", "")))
    if not knows:
        message = gettext("This draft was changed in another tab or on another device.")
        raise InvalidError("base", "was changed elsewhere", "ERR_CONFLICT", message=message)
    if existing is None and await autosave_queries.count_others(tx, author.id, slot) >= MAX_AUTOSAVES:
        message = gettext(
            "You have %(count)s drafts. Please delete one of them first.", count=format_number(MAX_AUTOSAVES)
        )
        raise InvalidError("base", "are too many drafts", "ERR_TOO_MANY", message=message)
    # Two saves in one millisecond must differ, so that a form can see that it is not the latest.
    saved_at = max(tx.now, existing.saved_at + 1) if existing is not None else tx.now
    row = AutosaveRow(existing.id if existing else tx.new_id(), author.id, slot, text.decode(), saved_at)
    await autosave_queries.upsert_autosave(tx, row)
    owned = await media_queries.load_owned(tx, list(media_ids)[:MAX_FILES], author.id) if media_ids else {}
    await autosave_queries.replace_media(tx, row.id, owned)
    return saved_at


async def find(tx: ReadTx, author: AccountRow, slot: str, since: int = 0) -> Autosave | None:
    """Return what was saved of a form, None for nothing that is newer than `since` (ms UTC).

    For the form of a post, that is when the post was changed last.
    """
    row = await autosave_queries.find(tx, author.id, slot)
    return _to_autosave(row) if row is not None and row.saved_at > since else None


async def list_by_author(tx: ReadTx, author: AccountRow) -> list[Autosave]:
    """Return all forms of an author that are saved, the last one first."""
    return [_to_autosave(row) for row in await autosave_queries.list_by_account(tx, author.id)]


async def discard(tx: Tx, author: AccountRow, slot: str) -> None:
    """Delete what was saved of a form: its author does not want it."""
    await autosave_queries.delete_by_slot(tx, author.id, slot)


async def discard_sent(tx: Tx, author: AccountRow, slot: str, known_at: int, key: str) -> None:
    """Delete what was saved of a form that is sent; what was saved elsewhere after `known_at` stays."""
    existing = await autosave_queries.find(tx, author.id, slot) if slot else None
    if existing is not None and _knows(existing, known_at, key):
        await autosave_queries.delete_by_slot(tx, author.id, slot)


async def purge_expired(tx: Tx) -> None:
    """Delete what nobody has continued for 30 days."""
    await autosave_queries.purge_expired(tx, tx.now - RETENTION_MS)


def _knows(existing: AutosaveRow | None, known_at: int, key: str) -> bool:
    """Return True if a form has seen all that is stored: it saved that itself, or was opened with it."""
    if existing is None:
        return not known_at
    return existing.saved_at <= known_at or bool(key and _decode(existing.fields).get("key") == key)


def _to_autosave(row: AutosaveRow) -> Autosave:
    return Autosave(row.slot, _decode(row.fields), row.saved_at)
