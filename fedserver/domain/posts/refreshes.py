"""Refreshes: when a member opens a thread of a peer, replies that are missing here are fetched."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines.visibility import PUBLIC_VISIBILITIES
from storage.engine import ReadTx, Tx
from storage.queries.posts import refreshes as refresh_queries
from storage.rows.posts import PostRow, RefreshRow

MINUTE_MS = 60_000
MIN_INTERVAL_MS = 15 * MINUTE_MS
# A refresh that did not finish in this time never will: its worker is gone.
MAX_DURATION_MS = 5 * MINUTE_MS
RUNNING, FINISHED = "running", "finished"


async def find_by_post(tx: ReadTx, row: PostRow, viewer_id: int | None) -> tuple[RefreshRow | None, bool]:
    """Return the running refresh of a thread, if any, and whether a new one is due."""
    if row.local or viewer_id is None or row.visibility not in PUBLIC_VISIBILITIES:
        return None, False
    last = await refresh_queries.find_by_post(tx, row.id)
    if last is None or last.started_at <= tx.now - MIN_INTERVAL_MS:
        return None, True
    return (last if _is_running(last, tx.now) else None), False


def _is_running(row: RefreshRow, now: int) -> bool:
    return row.state == RUNNING and row.started_at > now - MAX_DURATION_MS


async def start(tx: Tx, row: PostRow, viewer_id: int) -> RefreshRow | None:
    """Start a refresh of the thread at a post; return the running one, None if there is nothing to do."""
    running, due = await find_by_post(tx, row, viewer_id)
    if not due:
        return running
    refresh = RefreshRow(tx.new_id(), row.id, RUNNING, 0, tx.now)
    await refresh_queries.upsert_refresh(tx, refresh)
    await jobs.enqueue(tx, jobs.RefreshThread(refresh.id, row.id), dedupe=f"refresh_thread:{row.id}")
    return refresh


async def get(tx: ReadTx, refresh_id: int) -> RefreshRow:
    """Return a refresh in its present state. Raises NotFoundError."""
    row = await refresh_queries.find(tx, refresh_id)
    if row is None:
        raise NotFoundError
    running = _is_running(row, tx.now)
    return row if running else RefreshRow(row.id, row.post_id, FINISHED, row.found, row.started_at)


async def update_progress(tx: Tx, refresh_id: int, found_count: int, *, is_finished: bool) -> None:
    """Store how many posts were found until now."""
    await refresh_queries.update_progress(tx, refresh_id, found_count, FINISHED if is_finished else RUNNING)
