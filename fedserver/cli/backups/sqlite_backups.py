"""Backups of SQLite: a copy of the file, verified beside the database and moved into its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import structs

from fedserver.cli.backups.checksums import SQLITE_HEADER, check_sqlite_checksum, write_sqlite_checksum
from fedserver.cli.backups.contents import (
    IDENTITY_SETTING,
    REVISION_TABLE,
    BackupContents,
    BackupError,
    NodeIdentity,
    RestoreTarget,
    build_damaged_error,
    decode_identity,
    require_fitting,
    require_usable,
)
from fedserver.cli.backups.schema_parts import build_sqlite_parts, read_sqlite_parts
from fedserver.text.locales import gettext
from storage.access import FileLock
from storage.private_files import (
    PRIVATE_FILE,
    create_folder,
    create_private_folder_beside,
    give_to_owner_of_folder,
    place_new_file,
    sync_folder,
    to_temporary_prefix,
)
from storage.sealing.columns import CHECK_NAME

JOURNALS = ("-wal", "-shm", "-journal")
# SQLite says one of these of a file that no attempt can read; anything else may be a full disk or a lock.
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
MAX_REPORTED = 3  # an integrity check reports up to a hundred problems
COPY_NAME = "database"
# The versions of writing and reading in the header; 2 stands for WAL (sqlite.org/fileformat.html §1.3.2).
LOG_MODE_BYTES, LOG_MODE = (18, 19), 2


def back_up(database: Path, path: Path) -> None:
    """Write a consistent copy of a database, which may be in use, to a new file.

    Raises OSError, sqlite3.Error.
    """
    with create_private_folder_beside(path) as folder:
        copy = folder / COPY_NAME
        with closing(sqlite3.connect(database)) as origin, closing(sqlite3.connect(copy)) as target:
            origin.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, and no others appear when it is read
        write_sqlite_checksum(copy)
        place_new_file(copy, path)


def read_contents(path: Path, shown: Path | None = None) -> BackupContents:
    """Read all of a backup. Raises BackupError if it is damaged or not of a fedserver that this one can use.

    `shown` is the name in errors, where `path` is a copy of ours.
    """
    shown = shown or path
    has_checksum = _check_file(path, shown)
    # A file with a log beside it is read with it; any other as it is, without making files beside it.
    has_journal = any(journal.exists() for journal in _list_journals(path))
    options = "mode=ro" if has_journal else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True)) as opened:
            contents = _read_opened(shown, opened, has_checksum=has_checksum)
    except sqlite3.DatabaseError as error:
        raise build_damaged_error(shown, error) from error
    require_usable(shown, contents, build_sqlite_parts())
    return structs.replace(contents, has_open_log=not has_checksum and _may_lack_log(path))


def _may_lack_log(path: Path) -> bool:
    """Return True for a file whose newest rows are in a log beside it while it is in use, if none is there.

    A database that was closed keeps that mark as well, so that it is a doubt and no fault.
    """
    with path.open("rb") as file:
        head = file.read(max(LOG_MODE_BYTES) + 1)
    is_in_log_mode = all(head[place] == LOG_MODE for place in LOG_MODE_BYTES)
    return is_in_log_mode and not any(journal.exists() for journal in _list_journals(path))


def _check_file(path: Path, shown: Path) -> bool:
    """Return True if a file has a checksum that is right, False without one. Raises BackupError."""
    with path.open("rb") as file:
        head = file.read(len(SQLITE_HEADER))
    if not head:
        raise build_damaged_error(shown, gettext("it is empty"))
    if head != SQLITE_HEADER:
        raise build_damaged_error(shown, gettext("it is not a database"))
    checksum = check_sqlite_checksum(path)
    # guard: checksum of a backup
    if checksum is False:
        raise build_damaged_error(shown, gettext("its checksum is wrong"))
    return checksum is True


def _list_journals(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in JOURNALS]


def _read_opened(path: Path, opened: sqlite3.Connection, *, has_checksum: bool) -> BackupContents:
    problems = [str(problem) for (problem,) in opened.execute("PRAGMA integrity_check")]
    if problems != ["ok"]:
        raise build_damaged_error(path, "; ".join(problems[:MAX_REPORTED]))
    orphan = opened.execute("PRAGMA foreign_key_check").fetchone()
    if orphan is not None:
        reason = gettext("a row of %(table)s refers to one that is missing", table=orphan[0])
        raise build_damaged_error(path, reason)
    names = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {name: _read_columns(opened, name) for name in names}
    counts = {name: opened.execute(f"SELECT count(*) FROM {_quote(name)}").fetchone()[0] for name in names}
    revision = seal_check = identity = None
    if "version_num" in columns.get(REVISION_TABLE, frozenset()):
        row = opened.execute(f"SELECT version_num FROM {REVISION_TABLE}").fetchone()
        revision = row and row[0]
    if {"name", "value"} <= columns.get("settings", frozenset()):
        row = opened.execute("SELECT value FROM settings WHERE name = ?", (CHECK_NAME,)).fetchone()
        seal_check = row and row[0]
        if {"uri", "domain"} <= columns.get("accounts", frozenset()):
            identity = _read_identity(opened)
    parts = read_sqlite_parts(opened)
    return BackupContents(columns, counts, revision, seal_check, has_checksum, identity, parts)


def _read_identity(opened: sqlite3.Connection) -> NodeIdentity | None:
    setting = opened.execute("SELECT value FROM settings WHERE name = ?", (IDENTITY_SETTING,)).fetchone()
    account = opened.execute("SELECT uri FROM accounts WHERE domain = '' LIMIT 1").fetchone()
    return decode_identity(setting and setting[0], account and account[0])


def _read_columns(opened: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(row[1] for row in opened.execute(f"PRAGMA table_info({_quote(table)})"))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def restore(path: Path, database: Path, target: RestoreTarget) -> BackupContents:
    """Put a backup in the place of a database, or where none is.

    It is copied beside the database, read to its end there and moved into place in one step, so that the old
    database is there, whole, until the new one is. Raises BackupError, DatabaseInUseError, OSError,
    sqlite3.Error; nothing has changed then.
    """
    if database.exists() and database.samefile(path):
        raise BackupError(gettext("%(path)s is the database itself. Please name a backup.", path=path))
    create_folder(database.parent)
    with _reserve(database):
        _remove_leftovers(database)
        with create_private_folder_beside(database) as folder:
            copy = folder / COPY_NAME
            contents = _prepare_copy(path, copy)
            require_fitting(path, contents, target)
            _replace(copy, database)
    return contents


@contextmanager
def _reserve(database: Path) -> Iterator[None]:
    lock = FileLock(database, is_exclusive=True)
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(database: Path) -> None:
    """Remove the copies of attempts that were killed."""
    for leftover in database.parent.glob(f"{to_temporary_prefix(database)}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _prepare_copy(path: Path, copy: Path) -> BackupContents:
    """Copy a backup, with the log beside it if there is one, and read the copy; return what is in it."""
    shutil.copyfile(path, copy)
    has_checksum = _check_file(copy, path)
    for journal in _list_journals(path):
        if journal.exists() and not journal.name.endswith("-shm"):
            shutil.copyfile(journal, copy.with_name(copy.name + journal.name.removeprefix(path.name)))
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode=DELETE")  # takes the log in, if there was one
            # The checksum is of the backup: the database goes on changing.
            opened.execute("PRAGMA user_version=0")
            opened.execute("PRAGMA application_id=0")
    except sqlite3.DatabaseError as error:
        if _get_code(error) in DAMAGED:
            raise build_damaged_error(path, error) from error
        raise
    has_open_log = not has_checksum and _may_lack_log(path)
    return structs.replace(read_contents(copy, path), has_checksum=has_checksum, has_open_log=has_open_log)


def _get_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _replace(copy: Path, database: Path) -> None:
    """Move a copy to the place of a database that nobody uses."""
    copy.chmod(PRIVATE_FILE)
    _give_to_former_owner(copy, database)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    former = _close_former(database) if database.exists() and database.stat().st_size else None
    try:
        # What is left of a log would be applied to the new database.
        for journal in _list_journals(database):
            if journal.exists():
                _set_aside(journal)
        os.replace(copy, database)
        sync_folder(database.parent)
    finally:
        if former is not None:
            former.close()


def _give_to_former_owner(copy: Path, database: Path) -> None:
    """Make the copy belong to the user that the node runs as, where root restores."""
    if os.geteuid() == 0 and database.exists():
        owner = database.stat()
        os.chown(copy, owner.st_uid, owner.st_gid)
    else:
        give_to_owner_of_folder(copy, database.parent)


def _close_former(database: Path) -> sqlite3.Connection | None:
    """Take the log of the former database into its file, and keep others out of it until it is replaced.

    Returns None if it is damaged; it is set aside then, with its log.
    """
    with database.open("rb") as file:
        if file.read(len(SQLITE_HEADER)) != SQLITE_HEADER:  # SQLite would empty the log of it
            _set_all_aside(database)
            return None
    former = sqlite3.connect(database, isolation_level=None, timeout=1)
    try:
        # Only possible if no other program has it open, also one that does not know of our lock.
        former.execute("PRAGMA journal_mode=DELETE")
        former.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        former.close()
        code = _get_code(error)
        if code in DAMAGED:
            _set_all_aside(database)
            return None
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise BackupError(
                gettext(
                    "Another program uses %(path)s. Please stop the node and close other programs first; "
                    "nothing was changed.",
                    path=database,
                )
            ) from error
        raise
    return former


def _set_all_aside(database: Path) -> None:
    """Rename a damaged database, and its log first: a log must never meet another database."""
    for part in [*_list_journals(database), database]:
        if part.exists():
            _set_aside(part)


def _set_aside(path: Path) -> None:
    """Rename a file that can no longer be used, but may be the last trace of something."""
    path.rename(path.with_name(f"{path.name}.damaged-{time.time_ns()}"))
