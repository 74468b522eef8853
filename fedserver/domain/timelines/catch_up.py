"""What a member missed: the posts of their home timeline that helped most, and who wrote.

A marker remembers until where they have caught up. It is theirs on pages only, unlike those of `markers`.
"""

from __future__ import annotations

from msgspec import Struct

from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.timelines import catch_up as catch_up_queries
from storage.queries.timelines import markers as marker_queries
from storage.rows.accounts import AccountRow

MARKER = "catch_up"
DAY_MS = 86_400_000
DEFAULT_MS, MAX_MS = 7 * DAY_MS, 30 * DAY_MS  # for a member without a marker; at most
MAX_ENTRIES = 1_000  # of the home timeline, the newest
MAX_POSTS, MAX_PEOPLE = 20, 20


class CatchUp(Struct, frozen=True):
    """Ids of posts, the most helpful first; ids of accounts with the number of their posts."""

    post_ids: list[int]
    people: list[tuple[int, int]]


async def load_start(tx: ReadTx, actor: AccountRow) -> int:
    """Return the moment (ms UTC) from which a member has not caught up."""
    rows = await marker_queries.list_by_account(tx, actor.id, [MARKER])
    read_at = rows[0].last_read_id if rows else tx.now - DEFAULT_MS
    return max(read_at, tx.now - MAX_MS)


async def load(tx: ReadTx, actor: AccountRow, start: int) -> CatchUp:
    """Return what the home timeline got since a moment (ms UTC), each post once."""
    since_id = first_id_at(start)
    return CatchUp(
        await catch_up_queries.list_helpful(tx, actor.id, since_id, MAX_ENTRIES, MAX_POSTS),
        await catch_up_queries.count_by_author(tx, actor.id, since_id, MAX_ENTRIES, MAX_PEOPLE),
    )


async def finish(tx: Tx, actor: AccountRow, moment: int) -> None:
    """Record that a member has caught up until a moment (ms UTC); never a later one than now, nor back."""
    if moment > await load_start(tx, actor):
        await marker_queries.set_last_read(tx, actor.id, {MARKER: min(moment, tx.now)})
