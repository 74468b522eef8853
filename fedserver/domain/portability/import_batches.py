"""The background work of imports: lines are processed in batches.

Each batch is one transaction that also deletes its lines, so after a crash the work goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import import_lines
from fedserver.text.locales import locale_of, use_locale
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.portability import imports as import_queries
from storage.rows.portability import ImportLineRow, ImportRow

BATCH_SIZE = 10  # accounts and posts that may have to be fetched first
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[str]).decode


def encode_cells(cells: Sequence[str]) -> str:
    """Return the cells of a line as its row holds them."""
    return _encode(cells).decode()


def decode_cells(cells: str) -> list[str]:
    """Return the cells of a line from its row."""
    return _decode(cells)


async def enqueue_start(tx: Tx, row: ImportRow) -> None:
    """Enqueue the first step of an import."""
    await enqueue_next(tx, jobs.ContinueImport(row.id))


async def enqueue_next(tx: Tx, job: jobs.ContinueImport) -> None:
    """Enqueue a step of an import, once."""
    await jobs.enqueue(tx, job, dedupe=f"import:{job.import_id}:{job.cleared}:{job.after_id}")


async def load_batch(
    tx: ReadTx, job: jobs.ContinueImport
) -> tuple[ImportRow, list[tuple[ImportLineRow, str]]] | None:
    """Return an import with its next lines, each with the handle or address that it names.

    Returns None if the import is finished or was deleted.
    """
    row = await import_queries.find(tx, job.import_id)
    if row is None or row.finished_at is not None:
        return None
    lines = await import_queries.list_pending_lines(tx, row.id, job.after_id, BATCH_SIZE)
    index = -1 if row.kind == "lists" else 0
    return row, [(line, decode_cells(line.cells)[index]) for line in lines]


async def process_batch(
    tx: Tx,
    site: NodeContext,
    job: jobs.ContinueImport,
    lines: Sequence[tuple[ImportLineRow, import_lines.Subject]],
) -> None:
    """Process lines with the accounts and posts that were found for them, and enqueue the next batch."""
    row = await import_queries.find(tx, job.import_id)
    actor = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or actor is None or actor.deleted_at is not None:
        return
    if not lines:
        await import_queries.mark_finished(tx, row.id)
        return
    member = await member_queries.find_by_account(tx, actor.id)
    settings = members.decode_settings(member) if member is not None else None
    done = failed = 0
    # The reasons are stored, and the member reads them.
    with use_locale(locale_of(settings, site.config)):
        for line, subject in lines:
            problem = await import_lines.process(tx, site, row.kind, actor, decode_cells(line.cells), subject)
            if problem:
                failed += await import_queries.mark_line_failed(tx, line.id, problem)
            else:
                done += await import_queries.delete_line(tx, line.id)
    await import_queries.add_to_counts(tx, row.id, done, failed)
    await enqueue_next(tx, jobs.ContinueImport(row.id, lines[-1][0].id, cleared=True))
