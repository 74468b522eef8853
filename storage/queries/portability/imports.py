"""Files that members bring along: their lines, how far they are, and what they take the place of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, insert, literal, select, update

from storage.engine import Tx
from storage.rows.portability import ImportLineRow, ImportRow
from storage.statements import columns_of, one_of, row_or_none, rows
from storage.tables.portability import import_lines, imports
from storage.tables.posts import posts
from storage.tables.relationships import domain_mutes
from storage.tables.timelines import bookmarks

COLUMNS, LINE = columns_of(imports, ImportRow), columns_of(import_lines, ImportLineRow)
_of_import = import_lines.c.import_id == bindparam("import_id")
ADD, ADD_LINE = insert(imports), insert(import_lines)
BY_ID = select(*COLUMNS).where(imports.c.id == bindparam("id"))
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(imports.c.account_id == bindparam("account_id"))
    .order_by(imports.c.id.desc())
    .limit(bindparam("limit"))
)
UNFINISHED = select(func.count()).where(
    imports.c.account_id == bindparam("account_id"), imports.c.finished_at.is_(None)
)
WAITING = (
    select(*LINE)
    .where(_of_import, import_lines.c.id > bindparam("after_id"), import_lines.c.problem == "")
    .order_by(import_lines.c.id)
    .limit(bindparam("limit"))
)
PROBLEMS = select(*LINE).where(_of_import, import_lines.c.problem != "").order_by(import_lines.c.number)
NAMED = select(import_lines.c.address).where(_of_import, one_of(import_lines.c.address, "addresses"))
ADDRESSES = select(import_lines.c.address).where(_of_import)
REMOVE_LINE = delete(import_lines).where(import_lines.c.id == bindparam("id"), import_lines.c.problem == "")
FAIL_LINE = (
    update(import_lines)
    .where(import_lines.c.id == bindparam("b_id"), import_lines.c.problem == "")
    .values(problem=bindparam("b_problem"))
)
COUNT = (
    update(imports)
    .where(imports.c.id == bindparam("b_id"))
    .values(done=imports.c.done + bindparam("b_done"), failed=imports.c.failed + bindparam("b_failed"))
)
FINISH = (
    update(imports)
    .where(imports.c.id == bindparam("b_id"), imports.c.finished_at.is_(None))
    .values(finished_at=bindparam("b_now"))
)
REMOVE = delete(imports).where(
    imports.c.account_id == bindparam("account_id"), imports.c.id == bindparam("id")
)
FORGET = delete(imports).where(imports.c.finished_at <= bindparam("until"))
CLEAR_BOOKMARKS = delete(bookmarks).where(
    bookmarks.c.account_id == bindparam("account_id"),
    bookmarks.c.post_id.not_in(
        select(posts.c.id).join(import_lines, import_lines.c.address == posts.c.uri).where(_of_import)
    ),
)
CLEAR_DOMAINS = delete(domain_mutes).where(
    domain_mutes.c.account_id == bindparam("account_id"),
    ~exists(select(literal(1)).where(_of_import, import_lines.c.address == domain_mutes.c.domain)),
)


async def add(tx: Tx, row: ImportRow, lines: Iterable[ImportLineRow]) -> None:
    await tx.run(ADD, **structs.asdict(row))
    await tx.run_many(ADD_LINE, [structs.asdict(each) for each in lines])


async def by_id(tx: Tx, import_id: int) -> ImportRow | None:
    return row_or_none(ImportRow, await tx.one(BY_ID, id=import_id))


async def of_account(tx: Tx, account_id: int, limit: int) -> list[ImportRow]:
    """Newest first."""
    return rows(ImportRow, await tx.all(OF_ACCOUNT, account_id=account_id, limit=limit))


async def unfinished(tx: Tx, account_id: int) -> int:
    """How many are under way."""
    return int(await tx.value(UNFINISHED, account_id=account_id))


async def waiting(tx: Tx, import_id: int, after_id: int, limit: int) -> list[ImportLineRow]:
    """The next lines that were not tried."""
    found = await tx.all(WAITING, import_id=import_id, after_id=after_id, limit=limit)
    return rows(ImportLineRow, found)


async def problems(tx: Tx, import_id: int) -> list[ImportLineRow]:
    """What could not be carried out, in the order of the file."""
    return rows(ImportLineRow, await tx.all(PROBLEMS, import_id=import_id))


async def named(tx: Tx, import_id: int, addresses: Sequence[str]) -> set[str]:
    """Those of the addresses that the file names."""
    return set(await tx.values(NAMED, import_id=import_id, addresses=list(addresses)))


async def addresses(tx: Tx, import_id: int) -> list[str]:
    """All that the file names and was not carried out yet."""
    return list(await tx.values(ADDRESSES, import_id=import_id))


async def done(tx: Tx, line_id: int) -> bool:
    """A line was carried out; False if that was known."""
    return bool(await tx.run(REMOVE_LINE, id=line_id))


async def fail(tx: Tx, line_id: int, problem: str) -> bool:
    """A line has a problem; False if that was known."""
    return bool(await tx.run(FAIL_LINE, b_id=line_id, b_problem=problem))


async def count(tx: Tx, import_id: int, done: int, failed: int) -> None:
    await tx.run(COUNT, b_id=import_id, b_done=done, b_failed=failed)


async def finish(tx: Tx, import_id: int) -> None:
    await tx.run(FINISH, b_id=import_id, b_now=tx.now)


async def remove(tx: Tx, account_id: int, import_id: int) -> bool:
    """Forget one with its lines; False if the account has none of that id."""
    return bool(await tx.run(REMOVE, account_id=account_id, id=import_id))


async def forget(tx: Tx, until: int) -> None:
    """Forget those that ended before a moment."""
    await tx.run(FORGET, until=until)


async def clear_bookmarks(tx: Tx, account_id: int, import_id: int) -> None:
    """Remove the bookmarks that the file does not name."""
    await tx.run(CLEAR_BOOKMARKS, account_id=account_id, import_id=import_id)


async def clear_domains(tx: Tx, account_id: int, import_id: int) -> None:
    """Remove the domains that the file does not name."""
    await tx.run(CLEAR_DOMAINS, account_id=account_id, import_id=import_id)
