"""Archives of all that a member made: asked for, made in the background, kept for a week, for nobody else."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.portability import archives as archive_queries
from storage.rows.accounts import AccountRow
from storage.rows.portability import ArchiveRow

DAY_MS = 24 * 3_600_000
RETENTION_MS = 7 * DAY_MS
MAX_LISTED = 10


async def request(tx: Tx, actor: AccountRow) -> ArchiveRow:
    """Owe an archive of all that `actor` made. Raises Invalid for a second one within a day."""
    former = await list_recent(tx, actor)
    if former and former[0].created_at > tx.now - DAY_MS and not has_failed(former[0]):
        raise InvalidError("base", "You can ask for an archive once a day")
    row = ArchiveRow(tx.new_id(), actor.id, "", 0, tx.now, None)
    await archive_queries.insert_archive(tx, row)
    await jobs.enqueue(tx, jobs.MakeArchive(row.id))
    return row


def has_failed(row: ArchiveRow) -> bool:
    """True if it could not be made."""
    return row.finished_at is not None and not row.name


async def list_recent(tx: Tx, actor: AccountRow) -> list[ArchiveRow]:
    """The archives of `actor`, newest first."""
    return await archive_queries.list_by_account(tx, actor.id, MAX_LISTED)


async def get(tx: Tx, actor: AccountRow, archive_id: int) -> ArchiveRow:
    """One that is made. Raises NotFound, also for anybody else's."""
    row = await archive_queries.find(tx, archive_id)
    # guard: archives of others @2
    if row is None or row.account_id != actor.id or not row.name:
        raise NotFoundError
    return row


async def find_pending_owner(tx: Tx, archive_id: int) -> AccountRow | None:
    """Whose archive is to be made; None if that is done, or nobody wants it any more."""
    row = await archive_queries.find(tx, archive_id)
    if row is None or row.finished_at is not None:
        return None
    account = await account_queries.find(tx, row.account_id)
    return account if account is not None and account.deleted_at is None else None


async def finish(tx: Tx, archive_id: int, name: str, size: int) -> bool:
    """It was made, or (without a name) could not be; False if it is not wanted any more."""
    return await archive_queries.mark_finished(tx, archive_id, name, size)


async def purge_expired(tx: Tx) -> None:
    """Delete the rows of archives that are older than a week."""
    await archive_queries.purge_expired(tx, tx.now - RETENTION_MS)
