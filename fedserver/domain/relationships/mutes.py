"""Mutes, optionally with an end, and private notes about accounts. Their targets are not notified."""

from __future__ import annotations

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.notifications import conversations
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import MuteRow

MAX_NOTE = 2_000  # characters, as with Mastodon
YEAR_S = 366 * 86_400


async def mute(
    tx: Tx, actor: AccountRow, target: AccountRow, *, hides_notifications: bool = True, seconds: int = 0
) -> None:
    """Mute an account for `seconds`, or without end (0). Raises ForbiddenError for one's own.

    Where its notifications are hidden, conversations with it leave the list, as with Mastodon; one is there
    again when the next post comes after the mute.
    """
    if actor.id == target.id:
        raise ForbiddenError(gettext("You cannot mute yourself."))
    expires = tx.now + min(seconds, 10 * YEAR_S) * 1000 if seconds > 0 else None
    row = MuteRow(tx.new_id(), actor.id, target.id, hides_notifications, expires, tx.now)
    await block_queries.upsert_mute(tx, row)
    await home_entry_queries.delete_by_author(tx, actor.id, target.id)
    if hides_notifications:
        await conversations.remove_between(tx, actor.id, target.id)
    if expires is not None:
        dedupe = f"end_mute:{actor.id}:{target.id}:{expires}"
        await jobs.enqueue(tx, jobs.EndMute(actor.id, target.id), run_at=expires, dedupe=dedupe)
    tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


async def unmute(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """End a mute; nothing happens if there is none."""
    await _unmute(tx, actor.id, target.id)


async def _unmute(tx: Tx, actor_id: int, target_id: int) -> None:
    if await block_queries.delete_mute(tx, actor_id, target_id):
        if await follow_queries.find(tx, actor_id, target_id) is not None:
            await home_entry_queries.backfill_author(tx, actor_id, target_id)
        tx.emit(events.RELATION_CHANGED, account_id=actor_id, target_id=target_id)


async def expire(tx: Tx, actor_id: int, target_id: int) -> None:
    """End a mute whose time is over; posts of the account appear at home again."""
    if await block_queries.find_active_mute(tx, actor_id, target_id) is None:
        await _unmute(tx, actor_id, target_id)


async def list_muted(tx: ReadTx, actor: AccountRow, page: Page) -> list[tuple[int, int, int | None]]:
    """Return cursors, ids of muted accounts, and when the mute ends (ms UTC)."""
    return await block_queries.list_muted(tx, actor.id, page)


async def set_note(tx: Tx, actor: AccountRow, target: AccountRow, text: str) -> None:
    """Save a private note about an account, replacing the former one. Raises InvalidError."""
    await block_queries.upsert_note(tx, actor.id, target.id, clean_lines("comment", text, MAX_NOTE))
