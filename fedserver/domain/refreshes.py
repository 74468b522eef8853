"""Refreshes: a member opens a thread of a peer, and what is missing here is looked for."""

from __future__ import annotations

from fedserver.domain import tasks
from fedserver.domain.visibility import OPEN
from fedserver.domain.words import NotFound
from storage import PostRow, RefreshRow, Tx, queries

MINUTE = 60_000
PAUSE_MS = 15 * MINUTE
# One that did not finish in this time never will: its worker is gone.
LONGEST_MS = 5 * MINUTE
RUNNING, FINISHED = "running", "finished"


async def of_post(tx: Tx, row: PostRow, viewer_id: int | None) -> tuple[RefreshRow | None, bool]:
    """The refresh of a thread that is running, if any; and whether a new one is due."""
    if row.local or viewer_id is None or row.visibility not in OPEN:
        return None, False
    last = await queries.refreshes.of_post(tx, row.id)
    if last is None or last.started_at <= tx.now - PAUSE_MS:
        return None, True
    return (last if _is_running(last, tx.now) else None), False


def _is_running(row: RefreshRow, now: int) -> bool:
    return row.state == RUNNING and row.started_at > now - LONGEST_MS


async def begin(tx: Tx, row: PostRow, viewer_id: int) -> RefreshRow | None:
    """Owe a refresh of the thread at a post; None if somebody else has just done so."""
    running, due = await of_post(tx, row, viewer_id)
    if not due:
        return running
    refresh = RefreshRow(tx.new_id(), row.id, RUNNING, 0, tx.now)
    await queries.refreshes.put(tx, refresh)
    await tasks.owe(tx, tasks.RefreshThread(refresh.id, row.id), dedupe=f"refresh_thread:{row.id}")
    return refresh


async def get(tx: Tx, refresh_id: int) -> RefreshRow:
    """A refresh as it stands. Raises NotFound."""
    row = await queries.refreshes.by_id(tx, refresh_id)
    if row is None:
        raise NotFound
    running = _is_running(row, tx.now)
    return row if running else RefreshRow(row.id, row.post_id, FINISHED, row.found, row.started_at)


async def report(tx: Tx, refresh_id: int, found: int, *, finished: bool) -> None:
    """So many posts were found until now."""
    await queries.refreshes.report(tx, refresh_id, found, FINISHED if finished else RUNNING)
