"""What a schema needs besides tables and columns: indexes, constraints and triggers.

Without them a restored database would be slow, or would take rows twice or rows of nobody; and a trigger of
others could change whatever is written.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec import Struct

from storage.schema import metadata
from storage.upgrade import upgrade

PLAIN_INDEX = "index"  # how a part begins that may be there in addition, as it changes no result
TABLE = "table"
NAME = rb'(?:\w+|"[^"]+")'
CREATED_TABLE = re.compile(rb"CREATE (?:UNLOGGED )?TABLE %s\.(%s) " % (NAME, NAME))
CREATED_INDEX = re.compile(rb"CREATE (UNIQUE )?INDEX (%s) ON (?:ONLY )?%s\.(%s) " % (NAME, NAME, NAME))
ALTERED_TABLE = re.compile(rb"ALTER TABLE (?:ONLY )?%s\.(%s)\n" % (NAME, NAME))
ADDED_CONSTRAINT = re.compile(rb"    ADD CONSTRAINT (%s) " % NAME)
CREATED_TRIGGER = re.compile(rb"CREATE (?:CONSTRAINT |EVENT )?(?:TRIGGER|RULE) (%s) " % NAME)
# What only migrations describe.
POSTGRESQL_PARTS = (
    ("alembic_version", "table"),
    ("alembic_version", "constraint alembic_version_pkc"),
    ("post_words", "table"),
    ("post_words", "constraint post_words_pkey"),
    ("post_words", "constraint post_words_rowid_fkey"),
)
POSTGRESQL_TRIGGERS = frozenset({"acts_tell", "acts_stay", "acts_whole"})


class SchemaPart(NamedTuple):
    """A part of a table, as a text for errors."""

    table: str
    text: str


class SchemaParts(Struct, frozen=True):
    """The parts of a schema, and the names of its triggers and rules."""

    parts: frozenset[SchemaPart]
    triggers: frozenset[str]

    def list_missing(self, expected: SchemaParts) -> list[str]:
        """Return the parts and triggers that this schema lacks."""
        parts = {f"{part.table}: {part.text}" for part in expected.parts - self.parts}
        return sorted(parts | {f"trigger {name}" for name in expected.triggers - self.triggers})

    def list_foreign(self, expected: SchemaParts) -> list[str]:
        """Return the parts of expected tables that refuse rows and are not expected."""
        tables = {part.table for part in expected.parts}
        return sorted(
            f"{part.table}: {part.text}"
            for part in self.parts - expected.parts
            if part.table in tables and not part.text.startswith(PLAIN_INDEX)
        )


@cache
def build_sqlite_parts() -> SchemaParts:
    """Return the parts of a database that this version creates. It must not be called in an event loop."""
    with TemporaryDirectory(prefix="fedserver-schema-") as folder:
        path = Path(folder) / "new"
        asyncio.run(upgrade(f"sqlite:{path}"))
        with closing(sqlite3.connect(path)) as opened:
            return read_sqlite_parts(opened)


def read_sqlite_parts(opened: sqlite3.Connection) -> SchemaParts:
    """Return the parts of an SQLite database (https://www.sqlite.org/pragma.html)."""
    parts: set[SchemaPart] = set()
    for (table,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        texts = (*_list_sqlite_indexes(opened, table), *_list_foreign_keys(opened, table))
        parts.update(SchemaPart(table, text) for text in texts)
    rows = opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return SchemaParts(frozenset(parts), frozenset(name for (name,) in rows))


def _list_sqlite_indexes(opened: sqlite3.Connection, table: str) -> Iterable[str]:
    """Yield the indexes by their columns, as upgrades and other programs give them other names."""
    rows = opened.execute("SELECT name, [unique], partial FROM pragma_index_list(?)", (table,)).fetchall()
    for name, is_unique, is_partial in rows:
        columns = opened.execute("SELECT name FROM pragma_index_info(?)", (name,)).fetchall()
        text = ", ".join(column or "…" for (column,) in columns)
        kind = f"unique {PLAIN_INDEX}" if is_unique else PLAIN_INDEX
        yield f"{kind} ({text}){' where …' if is_partial else ''}"


def _list_foreign_keys(opened: sqlite3.Connection, table: str) -> Iterable[str]:
    statement = 'SELECT "table", "from", on_delete FROM pragma_foreign_key_list(?)'
    for target, column, on_delete in opened.execute(statement, (table,)).fetchall():
        yield f"foreign key ({column}) to {target}, on delete {on_delete.lower()}"


@cache
def build_postgresql_parts() -> SchemaParts:
    """Return the parts that a dump of this version has, by the names that the schema gives them."""
    parts = {SchemaPart(table, text) for table, text in POSTGRESQL_PARTS}
    for table in metadata.sorted_tables:
        indexes = [_name_index(str(index.name), bool(index.unique)) for index in table.indexes]
        names = [constraint.name for constraint in table.constraints if isinstance(constraint.name, str)]
        texts = [TABLE, *indexes, *(f"constraint {name}" for name in names)]
        parts.update(SchemaPart(table.name, text) for text in texts)
    return SchemaParts(frozenset(parts), POSTGRESQL_TRIGGERS)


def _name_index(name: str, is_unique: bool) -> str:
    return f"unique {PLAIN_INDEX} {name}" if is_unique else f"{PLAIN_INDEX} {name}"


class ScriptParts:
    """Collects the parts in the script of a dump, line by line."""

    def __init__(self) -> None:
        self._parts: set[SchemaPart] = set()
        self._triggers: set[str] = set()
        self._altered = ""  # the table that the statement of a constraint begins with

    def read(self, line: bytes) -> None:
        """Read a line that is no row."""
        if line.startswith(b"    ADD CONSTRAINT "):
            if match := ADDED_CONSTRAINT.match(line):
                self._parts.add(SchemaPart(self._altered, f"constraint {_unquote(match[1])}"))
        elif line.startswith(b"ALTER TABLE "):
            if match := ALTERED_TABLE.match(line):
                self._altered = _unquote(match[1])
        elif line.startswith(b"CREATE "):
            if match := CREATED_TABLE.match(line):
                self._parts.add(SchemaPart(_unquote(match[1]), TABLE))
            elif match := CREATED_INDEX.match(line):
                name = _name_index(_unquote(match[2]), bool(match[1]))
                self._parts.add(SchemaPart(_unquote(match[3]), name))
            elif match := CREATED_TRIGGER.match(line):
                self._triggers.add(_unquote(match[1]))

    def finish(self) -> SchemaParts:
        """Return the parts."""
        return SchemaParts(frozenset(self._parts), frozenset(self._triggers))


def _unquote(name: bytes) -> str:
    return name.decode("utf-8", "replace").strip('"')
