"""Backups of PostgreSQL: dumps by its own programs, read to their end, and restored in one transaction."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from fedserver.cli.backups.checksums import append_checksum, check_appended_checksum
from fedserver.cli.backups.client_programs import Address, Program, to_address
from fedserver.cli.backups.contents import (
    BackupContents,
    BackupError,
    RestoreTarget,
    build_damaged_error,
    require_fitting,
    require_usable,
)
from fedserver.cli.backups.dump_reader import DumpedTable, DumpReader
from fedserver.cli.backups.schema_parts import build_postgresql_parts
from fedserver.text.locales import gettext
from storage.private_files import create_private_folder_beside, place_new_file
from storage.schema import metadata

DUMP_HEADER = b"PGDMP"
# Entries of a dump that belong to the database, not to us: they may exist already, or not be ours to make.
FOREIGN_ENTRIES = (b" SCHEMA ", b" COMMENT ", b" EXTENSION ", b" ACL ")
LOCK_TIMEOUT = "30s"  # another program with an open transaction must not let a restore wait forever
LIST_RELATIONS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
  SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
ORDER BY c.relname
"""
LIST_TRIGGER_FUNCTIONS = """
SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = $1 AND c.relname = ANY($2)
"""


def is_dump(path: Path) -> bool:
    """Return True if a file begins as pg_dump's do."""
    with path.open("rb") as file:
        return file.read(len(DUMP_HEADER)) == DUMP_HEADER


def back_up(url: str, path: Path) -> None:
    """Write a dump of a database to a new file. Raises BackupError, OSError."""
    address = to_address(url)
    with create_private_folder_beside(path) as folder:
        dump = folder / "dump"
        program = Program(
            "pg_dump", "--no-password", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}",
            f"--dbname={address.url}", address=address,
        )  # fmt: skip
        try:
            if reason := program.wait():
                raise BackupError(gettext("The backup was not made: %(reason)s", reason=reason))
        finally:
            program.close()
        if not dump.exists() or not is_dump(dump):
            reason = gettext("%(program)s wrote no dump", program="pg_dump")
            raise BackupError(gettext("The backup was not made: %(reason)s", reason=reason))
        append_checksum(dump)
        place_new_file(dump, path)


def read_contents(path: Path) -> BackupContents:
    """Read all of a dump. Raises BackupError if it is damaged or not of a fedserver that this one can use."""
    with _select_entries(path) as entries:
        contents, _ = _read_dump(path, entries)
    return contents


def _read_dump(path: Path, entries: str) -> tuple[BackupContents, DumpReader]:
    checksum = check_appended_checksum(path)
    if checksum is False:
        raise build_damaged_error(path, gettext("its checksum is wrong"))
    reader = DumpReader()
    program = _start_script(path, entries)
    try:
        assert program.process.stdout is not None
        for _ in reader.read(program.process.stdout):
            pass
        reason = program.wait()
    finally:
        program.close()
    if reason:
        raise build_damaged_error(path, reason)
    contents = BackupContents(
        columns={table.name: frozenset(table.columns) for table in reader.tables},
        counts={table.name: table.rows for table in reader.tables},
        revision=reader.revision,
        seal_check=reader.seal_check,
        has_checksum=checksum is True,
        identity=reader.identity,
        parts=reader.parts,
    )
    require_usable(path, contents, build_postgresql_parts())
    # guard: end of a dump
    if not reader.is_complete:
        raise build_damaged_error(path, gettext("its end is missing"))
    return contents, reader


def _start_script(path: Path, entries: str) -> Program:
    """Start the program that makes a script of a dump: statements and all rows, decompressed."""
    return Program(
        "pg_restore", "--no-owner", "--no-privileges", f"--use-list={entries}", "--file=-", path,
        stdout=subprocess.PIPE,
    )  # fmt: skip


def restore(path: Path, url: str, target: RestoreTarget, *, replaces: bool) -> BackupContents:
    """Restore a dump in one transaction.

    With `replaces` it takes the place of what is there. Raises BackupError, DatabaseUnavailableError; nothing
    has changed then.
    """
    with _select_entries(path) as entries:
        contents, expected = _read_dump(path, entries)
        require_fitting(path, contents, target)
        asyncio.run(_restore_reserved(path, url, entries, expected, replaces=replaces))
    return contents


async def _restore_reserved(
    path: Path, url: str, entries: str, expected: DumpReader, *, replaces: bool
) -> None:
    """Restore while nothing else uses the database."""
    try:
        postgresql: Any = importlib.import_module("storage.postgresql")
    except ModuleNotFoundError as error:
        raise BackupError("PostgreSQL needs the extra: pip install 'fedserver[postgres]'") from error
    async with postgresql.reserve_database(url) as connection:
        removal = []
        for schema in sorted({table.schema for table in expected.tables}):
            names = [table.name for table in expected.tables if table.schema == schema]
            removal += await _plan_removal(connection, schema, names, replaces=replaces)
        former = await _identify_tables(connection, expected) - {None}
        await asyncio.to_thread(_install, path, to_address(url), entries, expected, removal)
        current = await _identify_tables(connection, expected)
        if None in current or current & former:
            raise _build_failure(gettext("%(program)s did not carry it out", program="psql"))


async def _identify_tables(connection: Any, expected: DumpReader) -> set[int | None]:
    """Return the numbers that PostgreSQL gave to the tables of a dump; a new table has a new one."""
    names = [f"{_quote(table.schema)}.{_quote(table.name)}" for table in expected.tables]
    rows = await connection.fetch(
        "SELECT to_regclass(name)::oid::int8 FROM unnest($1::text[]) AS name", names
    )
    numbers = {row[0] for row in rows}
    return numbers if len(numbers) == len(names) else numbers | {None}


async def _plan_removal(
    connection: Any, schema: str, dumped: Collection[str], *, replaces: bool
) -> list[str]:
    """Return the statements that remove what is there. Raises BackupError if that is not ours to remove."""
    existing = [row[0] for row in await connection.fetch(LIST_RELATIONS, schema)]
    known = {*metadata.tables, *dumped}
    ours = [name for name in existing if name in known]
    if ours and not replaces:
        raise BackupError(gettext("The database holds tables already. Please write --force to replace them."))
    foreign = [name for name in existing if name not in known]
    if ours and foreign:
        raise BackupError(
            gettext(
                "The database holds tables that neither this fedserver nor the backup knows (%(names)s), of "
                "a newer fedserver or of another program. Please create an empty database, set database.url "
                "to it, and restore there; nothing was changed.",
                names=", ".join(foreign[:5]),
            )
        )
    if not ours:
        return []
    functions = [row[0] for row in await connection.fetch(LIST_TRIGGER_FUNCTIONS, schema, ours)]
    return [
        "DROP TABLE " + ", ".join(f"{_quote(schema)}.{_quote(name)}" for name in ours) + " CASCADE;",
        *(f"DROP FUNCTION IF EXISTS {function} CASCADE;" for function in functions),
    ]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _select_entries(path: Path) -> Iterator[str]:
    """Yield the name of a file that lists the entries of a dump that are ours to restore."""
    program = Program("pg_restore", "--list", path, stdout=subprocess.PIPE)
    try:
        assert program.process.stdout is not None
        lines = program.process.stdout.read().splitlines(keepends=True)
        if reason := program.wait():
            raise build_damaged_error(path, reason)
    finally:
        program.close()
    with NamedTemporaryFile(prefix="fedserver-restore-") as entries:
        entries.writelines(line for line in lines if not any(kind in line for kind in FOREIGN_ENTRIES))
        entries.flush()
        yield entries.name


def _install(
    path: Path, address: Address, entries: str, expected: DumpReader, removal: Sequence[str]
) -> None:
    """Pass the script of a dump to psql, in a transaction that ends only if all of it arrived.

    The server rolls it back when psql disconnects before COMMIT, whichever of the three programs dies.
    """
    reasons = []
    target = Program(
        "psql", "--no-password", "--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1",
        f"--dbname={address.url}", address=address, stdin=subprocess.PIPE,
    )  # fmt: skip
    try:
        source = _start_script(path, entries)
        try:
            reasons.append(_pass_script(source, target, expected, removal))
        except BrokenPipeError:
            pass  # psql ended, and says why
        finally:
            source.close()
        reasons.append(target.wait())
    finally:
        target.close()
    if reason := next(filter(None, reasons), ""):
        raise _build_failure(reason)


def _build_failure(reason: str) -> BackupError:
    return BackupError(
        gettext("The backup was not restored, and the database is as it was: %(reason)s", reason=reason)
    )


def _pass_script(source: Program, target: Program, expected: DumpReader, removal: Sequence[str]) -> str:
    """Pass a script on, and COMMIT if it is the one that was verified; return why not, '' if it is."""
    script, server = source.process.stdout, target.process.stdin
    assert script is not None
    assert server is not None
    reader = DumpReader()
    server.write("\n".join([*_begin(), *removal, ""]).encode())
    for line in reader.read(script):
        server.write(line)
    reason = source.wait()
    if not reason and reader.summarize() != expected.summarize():
        reason = gettext("%(program)s did not give all of the backup", program=source.name)
    if not reason:
        server.write("\n".join(_finish(expected.tables)).encode())
    server.close()
    return reason


def _begin() -> list[str]:
    return ["BEGIN;", "SET client_min_messages = warning;", f"SET lock_timeout = '{LOCK_TIMEOUT}';"]


def _finish(tables: Sequence[DumpedTable]) -> list[str]:
    """Return the end of the transaction, which counts all rows once more, and what planners need then."""
    checks = [
        f"IF (SELECT count(*) FROM {_quote(table.schema)}.{_quote(table.name)}) <> {table.rows} THEN "
        f"RAISE EXCEPTION 'error: % has another number of rows than in the backup', '{table.name}'; END IF;"
        for table in tables
    ]
    return [
        "DO $counts$ BEGIN",
        *checks,
        "END $counts$;",
        "COMMIT;",
        r"\set ON_ERROR_STOP off",
        "ANALYZE;",
        "",
    ]
