"""Notes of moderators about an account, which only moderators read."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import moderation_notes as moderation_note_queries
from storage.rows.auth import MemberRow
from storage.rows.moderation import ModerationNoteRow

MAX_TEXT, MAX_LISTED = 2_000, 100


class ModerationNoteView(Struct, frozen=True):
    """A note; `by` is the name of its author, '' if they left."""

    row: ModerationNoteRow
    by: str


async def add(tx: Tx, moderator: MemberRow, account_id: int, text: str) -> ModerationNoteRow:
    """Add a note to an account. Raises NotFoundError, InvalidError."""
    if await account_queries.find(tx, account_id) is None:
        raise NotFoundError
    message = gettext("Please write a note of up to %(max)s characters.", max=MAX_TEXT)
    cleaned_text = clean_lines("text", text, MAX_TEXT, message=message).strip()
    if not cleaned_text:
        raise InvalidError("text", f"has from 1 to {MAX_TEXT} characters", message=message)
    row = ModerationNoteRow(tx.new_id(), account_id, moderator.id, cleaned_text, tx.now)
    await moderation_note_queries.insert(tx, row)
    return row


async def list_by_account(tx: ReadTx, account_id: int) -> list[ModerationNoteView]:
    """Return the notes on an account, newest first."""
    rows = await moderation_note_queries.list_by_account(tx, account_id, MAX_LISTED)
    ids = {row.member_id for row in rows if row.member_id is not None}
    names = await member_queries.load_names(tx, list(ids)) if ids else {}
    return [ModerationNoteView(row, names.get(row.member_id or 0, "")) for row in rows]


async def remove(tx: Tx, account_id: int, note_id: int) -> None:
    """Delete a note. Raises NotFoundError."""
    if not await moderation_note_queries.delete_by_id(tx, account_id, note_id):
        raise NotFoundError
