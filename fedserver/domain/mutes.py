"""Mutes, perhaps for a time; and notes that an account keeps about others. Nobody is told of either."""

from __future__ import annotations

from fedserver.domain import events
from fedserver.domain.errors import Forbidden
from fedserver.text import clean_text
from storage import AccountRow, MuteRow, Page, Tx, queries

Pairs = list[tuple[int, int]]
MAX_NOTE = 2_000
YEAR = 366 * 86_400


async def mute(
    tx: Tx, actor: AccountRow, target: AccountRow, *, notifications: bool = True, seconds: int = 0
) -> None:
    """Mute an account, for `seconds` or (0) until further notice. Raises Forbidden for oneself."""
    if actor.id == target.id:
        raise Forbidden("You cannot mute yourself")
    expires = tx.now + min(seconds, 10 * YEAR) * 1000 if seconds > 0 else None
    row = MuteRow(tx.new_id(), actor.id, target.id, notifications, expires, tx.now)
    await queries.blocks.put_mute(tx, row)
    await queries.home_entries.remove_author(tx, actor.id, target.id)
    tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


async def unmute(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """End a mute; nothing happens if there is none."""
    if await queries.blocks.remove_mute(tx, actor.id, target.id):
        if await queries.follows.get(tx, actor.id, target.id) is not None:
            await queries.home_entries.fill(tx, actor.id, target.id)
        tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


async def page(tx: Tx, actor: AccountRow, page: Page) -> Pairs:
    """Cursors and ids of muted accounts."""
    return await queries.blocks.muted(tx, actor.id, page)


async def note(tx: Tx, actor: AccountRow, target: AccountRow, text: str) -> None:
    """Keep a private note about an account; an empty one takes its place too."""
    await queries.blocks.put_note(tx, actor.id, target.id, clean_text(text, MAX_NOTE))
