"""Dumps of PostgreSQL, read as the script that pg_restore makes of them: statements, and rows to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from fedserver.cli.backups.contents import REVISION_TABLE
from storage.sealing.columns import CHECK_NAME

# `COPY public.posts (id, uri, "group") FROM stdin;` and rows until a line with `\.`
COPY = re.compile(rb'COPY (?:(\w+)|"([^"]+)")\.(?:(\w+)|"([^"]+)") \((.*)\) FROM stdin;\n')
END_OF_ROWS = b"\\.\n"
END_OF_SCRIPT = b"-- PostgreSQL database dump complete\n"
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
            row = dict(zip(table.columns, map(_unescape, line.rstrip(b"\n").split(b"\t")), strict=False))
            if row.get("name") == CHECK_NAME:
                self.seal_check = row.get("value")

    def summarize(self) -> tuple[list[DumpedTable], int, bool]:
        """Return what two readings of one script have in common."""
        return self.tables, self.statement_lines, self.is_complete

    @property
    def is_complete(self) -> bool:
        """True if the script came to its end, and not only that of a table."""
        return self._has_ended and self._table is None


def _unescape(value: bytes) -> str:
    """Return a value of COPY's text format as text; of its escapes those that our settings may hold."""
    return re.sub(rb"\\[\\ntr]", lambda escape: ESCAPES[escape[0]], value).decode("utf-8", "replace")
