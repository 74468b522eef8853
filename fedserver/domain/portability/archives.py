"""Archives of a member's data: requested, created in the background, and available to them for a week."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.portability import archives as archive_queries
from storage.rows.accounts import AccountRow
from storage.rows.portability import ArchiveRow

DAY_MS = 24 * 3_600_000
RETENTION_MS = 7 * DAY_MS  # archives hold private data and take much space
MAX_LISTED = 10


async def request(tx: Tx, actor: AccountRow) -> ArchiveRow:
    """Enqueue the creation of an archive. Raises InvalidError for a second one within a day."""
    earlier = await list_recent(tx, actor)
    if earlier and earlier[0].created_at > tx.now - DAY_MS and not has_failed(earlier[0]):
        raise InvalidError("base", gettext("You can request one archive a day. Please try again tomorrow."))
    row = ArchiveRow(tx.new_id(), actor.id, "", 0, tx.now, None)
    await archive_queries.insert_archive(tx, row)
    await jobs.enqueue(tx, jobs.MakeArchive(row.id))
    return row


def has_failed(row: ArchiveRow) -> bool:
    """Return True if the archive could not be created."""
    return row.finished_at is not None and not row.name


async def list_recent(tx: ReadTx, actor: AccountRow) -> list[ArchiveRow]:
    """Return the archives of `actor`, newest first."""
    return await archive_queries.list_by_account(tx, actor.id, MAX_LISTED)


async def get(tx: ReadTx, actor: AccountRow, archive_id: int) -> ArchiveRow:
    """Return a finished archive of `actor`. Raises NotFoundError, also for those of others."""
    row = await archive_queries.find(tx, archive_id)
    # guard: archives of others @2
    if row is None or row.account_id != actor.id or not row.name:
        raise NotFoundError
    return row


async def find_pending_owner(tx: ReadTx, archive_id: int) -> AccountRow | None:
    """Return the owner of an archive to create; None if it is finished, or it or the account was deleted."""
    row = await archive_queries.find(tx, archive_id)
    if row is None or row.finished_at is not None:
        return None
    account = await account_queries.find(tx, row.account_id)
    return account if account is not None and account.deleted_at is None else None


async def finish(tx: Tx, archive_id: int, name: str, size: int) -> bool:
    """Store the file of an archive, or ('' as its name) that it failed; return False if it was deleted."""
    return await archive_queries.mark_finished(tx, archive_id, name, size)


async def purge_expired(tx: Tx) -> None:
    """Delete the rows of archives that are older than a week."""
    await archive_queries.purge_expired(tx, tx.now - RETENTION_MS)
