"""Links on profiles that link back to them (docs.joinmastodon.org/user/profile#verification).

The pages are fetched outside of transactions: `find_pending` returns the URLs to check, `record_results`
saves the result.
"""

from __future__ import annotations

from collections.abc import Mapping

from fedserver.domain.accounts import profiles
from fedserver.domain.kernel import events, jobs
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow

HOUR_MS = 3_600_000  # between two checks of a remote profile


async def enqueue_check(tx: Tx, row: AccountRow, former: AccountRow | None) -> None:
    """Enqueue a check of the links of a profile, if there is something new to check.

    Remote accounts are checked at most once an hour, as peers may send updates at any rate.
    """
    links = [field for field in profiles.decode_fields(row) if field.link]
    changed = former is None or former.fields != row.fields
    if not links or (not changed and (not row.domain or all(field.verified_at for field in links))):
        return
    asked_at = former.fetched_at if former is not None and row.domain else None
    run_at = 0 if asked_at is None or asked_at < tx.now - HOUR_MS else asked_at + HOUR_MS
    await jobs.enqueue(tx, jobs.VerifyLinks(row.id), run_at=run_at, dedupe=f"verify_links:{row.id}")


async def find_pending(tx: ReadTx, account_id: int) -> tuple[AccountRow, list[str]] | None:
    """Return an account and the links on its profile; None if it is gone or suspended."""
    row = await account_queries.find(tx, account_id)
    if row is None or row.deleted_at is not None or row.suspended_at is not None:
        return None
    return row, list(dict.fromkeys(field.link for field in profiles.decode_fields(row) if field.link))


async def record_results(tx: Tx, account_id: int, results: Mapping[str, bool]) -> None:
    """Save which links lead back to the profile, which may have changed meanwhile."""
    row = await account_queries.find(tx, account_id)
    if row is None or row.deleted_at is not None:
        return
    fields = profiles.apply_verification(profiles.decode_fields(row), results, tx.now)
    if fields != row.fields:
        await account_queries.set_fields(tx, account_id, fields)
        tx.emit(events.ACCOUNT_CHANGED, account_id=account_id)
