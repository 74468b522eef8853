"""Imports: files that members bring from other servers, processed line by line in the background.

The file is parsed at once and its lines are stored; `import_batches` processes them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.portability import import_batches, import_files
from fedserver.text.locales import gettext, ngettext
from storage.engine import ReadTx, Tx
from storage.queries.portability import imports as import_queries
from storage.rows.accounts import AccountRow
from storage.rows.portability import ImportLineRow, ImportRow

MAX_UNFINISHED, MAX_LISTED = 5, 20
MAX_BYTES = 10_000_000
RETENTION_MS = 30 * 24 * 3_600_000  # of finished imports, with the lines that failed


async def start(
    tx: Tx,
    site: NodeContext,
    actor: AccountRow,
    kind: str,
    lines: Sequence[import_files.ImportLine],
    filename: str,
    *,
    overwrites: bool,
) -> ImportRow:
    """Store the lines of a file and enqueue the work.

    `overwrites` also removes what the file does not name. Raises InvalidError.
    """
    if kind not in import_files.COLUMNS:
        raise InvalidError(
            "kind",
            "is none that can be brought along",
            message=gettext("Please choose what is in the file."),
        )
    if await import_queries.count_unfinished(tx, actor.id) >= MAX_UNFINISHED:
        raise InvalidError(
            "base",
            ngettext(
                "%(num)s import is in progress. Please wait until it has finished.",
                "%(num)s imports are in progress. Please wait until one has finished.",
                MAX_UNFINISHED,
            ),
        )
    failed = sum(1 for line in lines if line.problem)
    row = ImportRow(
        tx.new_id(), actor.id, kind, overwrites, filename[:200], len(lines), 0, failed, tx.now, None
    )
    line_rows = (
        ImportLineRow(
            tx.new_id(),
            row.id,
            line.number,
            import_batches.encode_cells(line.cells),
            import_files.normalize_address(site, kind, line.cells),
            line.problem,
        )
        for line in lines
    )
    await import_queries.insert_with_lines(tx, row, line_rows)
    await import_batches.enqueue_start(tx, row)
    return row


async def list_recent(tx: ReadTx, actor: AccountRow) -> list[ImportRow]:
    """Return the latest imports of `actor`, newest first."""
    return await import_queries.list_by_account(tx, actor.id, MAX_LISTED)


async def export_problems(tx: ReadTx, actor: AccountRow, import_id: int) -> bytes:
    """Return a CSV file of the lines that failed, with their reasons. Raises NotFoundError."""
    row = await import_queries.find(tx, import_id)
    # guard: imports of others @last
    if row is None or row.account_id != actor.id:
        raise NotFoundError
    lines = await import_queries.list_failed_lines(tx, row.id)
    header = (*import_files.COLUMNS[row.kind], "Line", "Reason")
    return import_files.render(
        header,
        [[*import_batches.decode_cells(line.cells), str(line.number), line.problem] for line in lines],
    )


async def remove(tx: Tx, actor: AccountRow, import_id: int) -> None:
    """Delete an import; lines that were not processed yet are dropped. Raises NotFoundError."""
    if not await import_queries.delete_by_id(tx, actor.id, import_id):
        raise NotFoundError


async def purge_expired(tx: Tx) -> None:
    """Delete imports that are older than a month, with the lines that failed."""
    await import_queries.purge_expired(tx, tx.now - RETENTION_MS)
