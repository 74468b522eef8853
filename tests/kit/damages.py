"""Damaged copies of a backup, of each kind that a disk, a copy or a person brings about."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tests.kit import databases
from tests.kit.schemas import query

CUTS = (0.01, 0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
PLACES = (0.0, 0.001, 0.25, 0.5, 0.75, 0.999)


def cut(whole: bytes, part: float) -> bytes:
    """Return the first part of a file, at least one byte shorter."""
    return whole[: min(int(len(whole) * part), len(whole) - 1)]


def flip(whole: bytes, place: float) -> bytes:
    """Return a file in which one byte is another."""
    index = min(int(len(whole) * place), len(whole) - 1)
    return whole[:index] + bytes([whole[index] ^ 0x41]) + whole[index + 1 :]


def make_damaged_copies(whole: bytes) -> dict[str, bytes]:
    """Return damaged contents of files by what happened to each."""
    copies = {f"cut at {part:.1%}": cut(whole, part) for part in CUTS}
    copies |= {f"byte changed at {place:.1%}": flip(whole, place) for place in PLACES}
    copies["last byte missing"] = whole[:-1]
    copies["empty"] = b""
    copies["six bytes"] = whole[:6]
    copies["text"] = b"not a database at all, but longer than a header " * 100
    copies["zeros in the middle"] = whole[: len(whole) // 2] + bytes(4_096) + whole[len(whole) // 2 + 4_096 :]
    return copies


def make_other_sqlite(folder: Path) -> bytes:
    """Return an SQLite database of another program."""
    path = folder / "other.sqlite3"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE songs (title TEXT)")
        other.execute("INSERT INTO songs VALUES ('an aria')")
    content = path.read_bytes()
    path.unlink()
    return content


def change_sqlite(backup: Path, statement: str) -> bytes:
    """Return a backup in which a statement changed something, without its checksum."""
    path = backup.with_name("changed.sqlite3")
    path.write_bytes(backup.read_bytes())
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("PRAGMA user_version=0")
        opened.execute("PRAGMA application_id=0")
        opened.execute(statement)
    content = path.read_bytes()
    path.unlink()
    return content


def dump_changed(url: str, folder: Path, *statements: str) -> bytes:
    """Return a dump after some statements, made by pg_dump alone; the database itself stays as it is."""
    copy = databases.new_bare_postgres()
    path = folder / "changed.dump"
    if url:
        path.write_bytes(dump(url))
        restore = ["pg_restore", "--no-owner", f"--dbname={copy}", str(path)]
        subprocess.run(restore, check=True, capture_output=True)
        path.unlink()
    for statement in statements:
        asyncio.run(query(copy, statement))
    return dump(copy)


def dump(url: str) -> bytes:
    """Return a dump as pg_dump makes it."""
    command = ["pg_dump", "--format=custom", f"--dbname={url}"]
    return subprocess.run(command, check=True, capture_output=True).stdout
