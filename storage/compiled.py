"""From SQLAlchemy Core to the SQL text and parameters that a driver takes, once per statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Boolean, Insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

SQLITE: Dialect = sqlite.dialect(paramstyle="named")
POSTGRESQL: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Compiled:
    """A statement as one driver wants it.

    `booleans` are the places of result columns that SQLite gives as 0 and 1.
    """

    __slots__ = ("booleans", "names", "sql", "static")

    def __init__(self, statement: Executable, dialect: Dialect, keys: tuple[str, ...]) -> None:
        inserts = isinstance(statement, Insert) and statement.select is None and not statement._values
        column_keys = list(keys) if inserts else None
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=dialect, column_keys=column_keys
        )
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.names: list[str] = list(compiled.positiontup or compiled.bind_names.values())
        self.static: dict[str, Any] = {
            name: bind.effective_value for bind, name in compiled.bind_names.items() if not bind.required
        }
        self.booleans = [
            place
            for place, column in enumerate(compiled._result_columns)
            if isinstance(column.type, Boolean) and dialect.name == "sqlite"
        ]

    def bind(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one call: those fixed in the statement, then those given."""
        return {**self.static, **params} if self.static else dict(params)


class Compiler:
    """Compiles for one dialect and remembers. Statements live as long as the program, so may this."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._seen: dict[tuple[int, tuple[str, ...]], tuple[Executable, Compiled]] = {}

    def __call__(self, statement: Executable, params: Mapping[str, Any]) -> Compiled:
        keys = tuple(params) if isinstance(statement, Insert) else ()
        found = self._seen.get((id(statement), keys))
        if found is None:
            found = (statement, Compiled(statement, self._dialect, keys))
            self._seen[(id(statement), keys)] = found
        return found[1]


encode_list: Callable[[Any], bytes] = msgspec.json.Encoder().encode
