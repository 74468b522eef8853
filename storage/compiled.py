"""From SQLAlchemy Core to the SQL text and parameters that a driver takes, once per statement.

`one_of(column, "ids")` is our `IN`: one bind parameter for a list of any length, so the text
of the statement never changes (`json_each` on SQLite, `= ANY` on PostgreSQL). `upsert(table)` is an
insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`; both dialects render it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Boolean, ColumnElement, Insert, Text, bindparam, or_
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean as BooleanType

__all__ = [
    "POSTGRESQL",
    "SQLITE",
    "Compiled",
    "Compiler",
    "Upsert",
    "among",
    "encode_list",
    "one_of",
    "upsert",
]

SQLITE: Dialect = sqlite.dialect(paramstyle="named")
POSTGRESQL: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]


class one_of(ColumnElement[bool]):
    """`column` is one of the list given as the bind parameter `name`."""

    inherit_cache = False
    type = BooleanType()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name

    def self_group(self, against: Any = None) -> one_of:
        """It is a condition already: SQLite would compare anything else with 1."""
        return self


def among(column: ColumnElement[str], *words: str) -> ColumnElement[bool]:
    """`column` is one of these fixed words; their number is part of the statement, unlike `IN`'s."""
    return or_(*(column == word for word in words))


@compiles(one_of, "sqlite")
def _one_of_sqlite(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    listed = compiler.process(bindparam(element.name, type_=Text()), **kw)
    return f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each({listed}))"


@compiles(one_of, "postgresql")
def _one_of_postgresql(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    listed = compiler.process(bindparam(element.name, type_=ARRAY(element.column.type)), **kw)
    return f"{compiler.process(element.column, **kw)} = ANY({listed})"


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
