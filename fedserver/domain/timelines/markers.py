"""Markers: how far an account has read its home and its notifications.

The client API's page: docs.joinmastodon.org/methods/markers.

The version grows with each change, so that clients see which of two answers is the newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fedserver.domain.kernel.errors import InvalidError
from storage.engine import MAX_ID, ReadTx, Tx
from storage.queries.timelines import markers as marker_queries
from storage.rows.accounts import AccountRow
from storage.rows.timelines import MarkerRow

TIMELINES = ("home", "notifications")


async def load(tx: ReadTx, actor: AccountRow, timelines: Sequence[str]) -> dict[str, MarkerRow]:
    """Return the markers of these timelines; those never set are missing."""
    wanted = [name for name in TIMELINES if name in timelines]
    rows = await marker_queries.list_by_account(tx, actor.id, wanted) if wanted else []
    return {row.timeline: row for row in rows}


async def update(tx: Tx, actor: AccountRow, last_read: Mapping[str, int]) -> dict[str, MarkerRow]:
    """Set markers to the ids last read; return the new markers. Raises InvalidError."""
    for timeline, read in last_read.items():
        if timeline not in TIMELINES:
            raise InvalidError("timeline", f"is not one of {', '.join(TIMELINES)}", "ERR_INCLUSION")
        if not 0 <= read <= MAX_ID:
            raise InvalidError("last_read_id", "is not an id")
    await marker_queries.set_last_read(tx, actor.id, last_read)
    return await load(tx, actor, list(last_read))


async def advance(tx: Tx, actor: AccountRow, timeline: str, read: int) -> None:
    """Set a marker to the id last read, unless an app has read on meanwhile: it never goes back."""
    if read > await load_last_read(tx, actor, timeline):
        await update(tx, actor, {timeline: read})


async def load_last_read(tx: ReadTx, actor: AccountRow, timeline: str) -> int:
    """Return the id last read, 0 if there is no marker."""
    markers = await load(tx, actor, [timeline])
    return markers[timeline].last_read_id if timeline in markers else 0
