"""Dumps of PostgreSQL, read as the script that pg_restore makes of them: statements, and rows to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from fedserver.cli.backups.contents import (
    IDENTITY_SETTING,
    REVISION_TABLE,
    NodeIdentity,
    decode_identity,
)
from fedserver.cli.backups.schema_parts import SchemaParts, ScriptParts
from storage.sealing.columns import CHECK_NAME

# `COPY public.posts (id, uri, "group") FROM stdin;` and rows until a line with `\.`
COPY = re.compile(rb'COPY (?:(\w+)|"([^"]+)")\.(?:(\w+)|"([^"]+)") \((.*)\) FROM stdin;\n')
END_OF_ROWS = b"\\.\n"
END_OF_SCRIPT = b"-- PostgreSQL database dump complete\n"
# The end of the uri of the account of a node itself: that one row is looked for among those of peers.
INSTANCE_URI_END = b"/actor\t"
ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\t": b"\t", b"\\r": b"\r"}


class DumpedTable(Struct):
    """A table of a dump: where it is, its columns and the number of its rows."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int = 0


class DumpReader:
    """Counts what is in a script while it passes by."""

    def __init__(self) -> None:
        self.tables: list[DumpedTable] = []
        self.statement_lines = 0  # all that are no rows: constraints and indexes come after the last row
        self.revision: str | None = None
        self.seal_check: str | None = None
        self._identity_setting: str | None = None
        self._local_uri: str | None = None
        self._parts = ScriptParts()
        self._table: DumpedTable | None = None
        self._has_ended = False

    def read(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield each line after it was counted."""
        for line in lines:
            if self._table is None:
                self._read_statement(line)
            elif line == END_OF_ROWS:
                self._table = None
            else:
                self._table.rows += 1
                self._read_row(self._table, line)
            yield line

    def _read_statement(self, line: bytes) -> None:
        self.statement_lines += 1
        self._parts.read(line)
        self._has_ended = self._has_ended or line == END_OF_SCRIPT
        if (copy := COPY.fullmatch(line)) is not None:
            schema, name = (copy[1] or copy[2]).decode(), (copy[3] or copy[4]).decode()
            columns = tuple(column.strip(' "') for column in copy[5].decode().split(","))
            self._table = DumpedTable(schema, name, columns)
            self.tables.append(self._table)

    def _read_row(self, table: DumpedTable, line: bytes) -> None:
        if table.name == REVISION_TABLE:
            self.revision = _unescape(line.rstrip(b"\n"))
        elif table.name == "settings":
            row = _parse_row(table, line)
            if row.get("name") == CHECK_NAME:
                self.seal_check = row.get("value")
            elif row.get("name") == IDENTITY_SETTING:
                self._identity_setting = row.get("value")
        elif table.name == "accounts" and INSTANCE_URI_END in line:
            row = _parse_row(table, line)
            if row.get("domain") == "":  # nodes of others have an account of this name, too
                self._local_uri = row.get("uri")

    @property
    def identity(self) -> NodeIdentity | None:
        """The node whose rows these are, None if they do not tell."""
        return decode_identity(self._identity_setting, self._local_uri)

    @property
    def parts(self) -> SchemaParts:
        """The indexes, constraints and triggers that the script makes."""
        return self._parts.finish()

    def summarize(self) -> tuple[list[DumpedTable], int, bool]:
        """Return what two readings of one script have in common."""
        return self.tables, self.statement_lines, self.is_complete

    @property
    def is_complete(self) -> bool:
        """True if the script came to its end, and not only that of a table."""
        return self._has_ended and self._table is None


def _parse_row(table: DumpedTable, line: bytes) -> dict[str, str]:
    return dict(zip(table.columns, map(_unescape, line.rstrip(b"\n").split(b"\t")), strict=False))


def _unescape(value: bytes) -> str:
    """Return a value of COPY's text format as text; of its escapes those that our settings may hold."""
    return re.sub(rb"\\[\\ntr]", lambda escape: ESCAPES[escape[0]], value).decode("utf-8", "replace")
