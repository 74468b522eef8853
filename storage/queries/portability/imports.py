"""Files that members bring along: their lines, how far they are, and what they take the place of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, insert, literal, select, update

from storage.engine import ReadTx, Tx
from storage.rows.portability import ImportLineRow, ImportRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows
from storage.tables.portability import import_lines, imports
from storage.tables.posts import posts
from storage.tables.relationships import domain_mutes
from storage.tables.timelines import bookmarks

COLUMNS, LINE_COLUMNS = columns_of(imports, ImportRow), columns_of(import_lines, ImportLineRow)
_of_import = import_lines.c.import_id == bindparam("import_id")
INSERT, INSERT_LINE = insert(imports), insert(import_lines)
FIND = select(*COLUMNS).where(imports.c.id == bindparam("id"))
LIST_BY_ACCOUNT = (
    select(*COLUMNS)
    .where(imports.c.account_id == bindparam("account_id"))
    .order_by(imports.c.id.desc())
    .limit(bindparam("limit"))
)
COUNT_UNFINISHED = select(func.count()).where(
    imports.c.account_id == bindparam("account_id"), imports.c.finished_at.is_(None)
)
LIST_PENDING_LINES = (
    select(*LINE_COLUMNS)
    .where(_of_import, import_lines.c.id > bindparam("after_id"), import_lines.c.problem == "")
    .order_by(import_lines.c.id)
    .limit(bindparam("limit"))
)
LIST_FAILED_LINES = (
    select(*LINE_COLUMNS).where(_of_import, import_lines.c.problem != "").order_by(import_lines.c.number)
)
LOAD_EXISTING_ADDRESSES = select(import_lines.c.address).where(
    _of_import, one_of(import_lines.c.address, "addresses")
)
LIST_ADDRESSES = select(import_lines.c.address).where(_of_import)
DELETE_LINE = delete(import_lines).where(import_lines.c.id == bindparam("id"), import_lines.c.problem == "")
MARK_LINE_FAILED = (
    update(import_lines)
    .where(import_lines.c.id == bindparam("b_id"), import_lines.c.problem == "")
    .values(problem=bindparam("b_problem"))
)
ADD_TO_COUNTS = (
    update(imports)
    .where(imports.c.id == bindparam("b_id"))
    .values(done=imports.c.done + bindparam("b_done"), failed=imports.c.failed + bindparam("b_failed"))
)
MARK_FINISHED = (
    update(imports)
    .where(imports.c.id == bindparam("b_id"), imports.c.finished_at.is_(None))
    .values(finished_at=bindparam("b_now"))
)
DELETE = delete(imports).where(
    imports.c.account_id == bindparam("account_id"), imports.c.id == bindparam("id")
)
PURGE_EXPIRED = delete(imports).where(imports.c.finished_at <= bindparam("until"))
DELETE_UNLISTED_BOOKMARKS = delete(bookmarks).where(
    bookmarks.c.account_id == bindparam("account_id"),
    bookmarks.c.post_id.not_in(
        select(posts.c.id).join(import_lines, import_lines.c.address == posts.c.uri).where(_of_import)
    ),
)
DELETE_UNLISTED_DOMAIN_MUTES = delete(domain_mutes).where(
    domain_mutes.c.account_id == bindparam("account_id"),
    ~exists(select(literal(1)).where(_of_import, import_lines.c.address == domain_mutes.c.domain)),
)


async def insert_with_lines(tx: Tx, row: ImportRow, lines: Iterable[ImportLineRow]) -> None:
    await tx.run(INSERT, **structs.asdict(row))
    await tx.run_many(INSERT_LINE, [structs.asdict(line) for line in lines])


async def find(tx: ReadTx, import_id: int) -> ImportRow | None:
    return to_row_or_none(ImportRow, await tx.one(FIND, id=import_id))


async def list_by_account(tx: ReadTx, account_id: int, limit: int) -> list[ImportRow]:
    """Return the imports of an account, newest first."""
    return to_rows(ImportRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id, limit=limit))


async def count_unfinished(tx: ReadTx, account_id: int) -> int:
    """Return how many imports are in progress."""
    return int(await tx.value(COUNT_UNFINISHED, account_id=account_id))


async def list_pending_lines(tx: ReadTx, import_id: int, after_id: int, limit: int) -> list[ImportLineRow]:
    """Return the next lines that were not processed."""
    records = await tx.all(LIST_PENDING_LINES, import_id=import_id, after_id=after_id, limit=limit)
    return to_rows(ImportLineRow, records)


async def list_failed_lines(tx: ReadTx, import_id: int) -> list[ImportLineRow]:
    """Return the lines that failed, in the order of the file."""
    return to_rows(ImportLineRow, await tx.all(LIST_FAILED_LINES, import_id=import_id))


async def load_existing_addresses(tx: ReadTx, import_id: int, addresses: Sequence[str]) -> set[str]:
    """Return those of the addresses that the file names."""
    return set(await tx.values(LOAD_EXISTING_ADDRESSES, import_id=import_id, addresses=list(addresses)))


async def list_addresses(tx: ReadTx, import_id: int) -> list[str]:
    """Return the addresses of the lines that were not processed."""
    return list(await tx.values(LIST_ADDRESSES, import_id=import_id))


async def delete_line(tx: Tx, line_id: int) -> bool:
    """Delete a processed line; return False if there is none."""
    return bool(await tx.run(DELETE_LINE, id=line_id))


async def mark_line_failed(tx: Tx, line_id: int, problem: str) -> bool:
    """Store why a line failed; return False if a reason is stored."""
    return bool(await tx.run(MARK_LINE_FAILED, b_id=line_id, b_problem=problem))


async def add_to_counts(tx: Tx, import_id: int, done: int, failed: int) -> None:
    await tx.run(ADD_TO_COUNTS, b_id=import_id, b_done=done, b_failed=failed)


async def mark_finished(tx: Tx, import_id: int) -> None:
    await tx.run(MARK_FINISHED, b_id=import_id, b_now=tx.now)


async def delete_by_id(tx: Tx, account_id: int, import_id: int) -> bool:
    """Delete an import with its lines; return False if the account has none with this id."""
    return bool(await tx.run(DELETE, account_id=account_id, id=import_id))


async def purge_expired(tx: Tx, until: int) -> None:
    """Delete the imports that finished before a time (ms UTC)."""
    await tx.run(PURGE_EXPIRED, until=until)


async def delete_unlisted_bookmarks(tx: Tx, account_id: int, import_id: int) -> None:
    """Delete the bookmarks that the file does not name."""
    await tx.run(DELETE_UNLISTED_BOOKMARKS, account_id=account_id, import_id=import_id)


async def delete_unlisted_domain_mutes(tx: Tx, account_id: int, import_id: int) -> None:
    """Delete the blocked domains that the file does not name."""
    await tx.run(DELETE_UNLISTED_DOMAIN_MUTES, account_id=account_id, import_id=import_id)
