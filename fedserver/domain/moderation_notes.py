"""What moderators tell each other about an account; nobody else reads it."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.words import Invalid, NotFound
from fedserver.text import clean_text
from storage import MemberRow, ModerationNoteRow, Tx, queries

MAX_TEXT, MOST = 2_000, 100


class NoteView(Struct, frozen=True):
    """A note; `by` is '' if its author left."""

    row: ModerationNoteRow
    by: str


async def add(tx: Tx, moderator: MemberRow, account_id: int, text: str) -> ModerationNoteRow:
    """Raises NotFound, Invalid."""
    if await queries.accounts.by_id(tx, account_id) is None:
        raise NotFound
    said = clean_text(text, MAX_TEXT).strip()
    if not said or len(text) > MAX_TEXT:
        raise Invalid("text", f"has from 1 to {MAX_TEXT} characters")
    row = ModerationNoteRow(tx.new_id(), account_id, moderator.id, said, tx.now)
    await queries.moderation_notes.add(tx, row)
    return row


async def of_account(tx: Tx, account_id: int) -> list[NoteView]:
    """Newest first."""
    rows = await queries.moderation_notes.of_account(tx, account_id, MOST)
    ids = {row.member_id for row in rows if row.member_id is not None}
    names = await queries.members.names(tx, list(ids)) if ids else {}
    return [NoteView(row, names.get(row.member_id or 0, "")) for row in rows]


async def remove(tx: Tx, account_id: int, note_id: int) -> None:
    """Raises NotFound."""
    if not await queries.moderation_notes.remove(tx, account_id, note_id):
        raise NotFound
