"""From SQLAlchemy Core to the SQL text and parameters that a driver takes, once per statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Boolean, Delete, Insert, Table, UniqueConstraint, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnElement
from sqlalchemy.sql.selectable import SelectBase

from storage.statements import ListText, one_of


class _LiteralBindCompiler(SQLCompiler):
    """A compiler that writes the fixed values of a statement into its text.

    Only then can a cached plan use the partial index with the condition `state = 'published'`. SQLite would
    plan such a statement again on each call, to look at the bound values.
    """

    def visit_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> str:
        if not bindparam.required and _is_safe_literal(bindparam.value):
            kw["literal_binds"] = True
        return super().visit_bindparam(bindparam, *args, **kw)  # type: ignore[no-any-return, no-untyped-call]


def _is_safe_literal(value: Any) -> bool:
    """Return True for numbers and words, which every database writes in the same way."""
    return isinstance(value, int) or (isinstance(value, str) and not set(value) & set("'\\%:"))


def _with_literal_binds(dialect: Dialect) -> Dialect:
    dialect.statement_compiler = type("FixedInText", (_LiteralBindCompiler, dialect.statement_compiler), {})
    return dialect


SQLITE = _with_literal_binds(sqlite.dialect(paramstyle="named"))
POSTGRESQL = _with_literal_binds(asyncpg.dialect())  # type: ignore[no-untyped-call]


class CompiledStatement:
    """A statement as one driver takes it.

    `boolean_columns` are the indexes of result columns that SQLite returns as 0 and 1, `list_params` the
    parameters of `one_of`. `is_read`: it changes nothing, so that it may be stopped and run again.
    `is_short`: a write whose parameters determine how many rows it touches.
    """

    __slots__ = (
        "boolean_columns",
        "is_read",
        "is_short",
        "list_params",
        "param_names",
        "sql",
        "static_params",
    )

    def __init__(self, statement: Executable, dialect: Dialect, keys: tuple[str, ...]) -> None:
        inserts = isinstance(statement, Insert) and statement.select is None and not statement._values
        column_keys = list(keys) if inserts else None
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=dialect, column_keys=column_keys
        )
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.param_names: list[str] = list(compiled.positiontup or compiled.bind_names.values())
        self.static_params: dict[str, Any] = {
            name: bind.effective_value for bind, name in compiled.bind_names.items() if not bind.required
        }
        # A parameter that is used several times is several binds of one name.
        self.list_params = {
            name for bind, name in compiled.bind_names.items() if isinstance(bind.type, ListText)
        }
        self.boolean_columns = [
            index
            for index, column in enumerate(compiled._result_columns)
            if isinstance(column.type, Boolean) and dialect.name == "sqlite"
        ]
        self.is_read = isinstance(statement, SelectBase)
        self.is_short = _is_short(statement)

    def bind(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters of one call: the fixed ones of the statement, then `params`."""
        return {**self.static_params, **params} if self.static_params else params


def _is_short(statement: Executable) -> bool:
    """Return True if the parameters of a statement determine how many rows it touches.

    False for INSERT from SELECT, changes of rows not found by a unique key, DELETE that cascades, plain text.
    """
    if isinstance(statement, Insert):
        return statement.select is None
    if not isinstance(statement, Update | Delete):
        return isinstance(statement, SelectBase)
    table = statement.table
    assert isinstance(table, Table)
    if isinstance(statement, Delete) and _is_referenced(table):
        return False
    bound = set(_iter_bound_columns(statement.whereclause))
    return any(bound.issuperset(key) for key in _iter_unique_keys(table))


def _iter_unique_keys(table: Table) -> Iterator[Iterable[Any]]:
    """Yield the columns of each unique key."""
    yield table.primary_key.columns
    yield from (rule.columns for rule in table.constraints if isinstance(rule, UniqueConstraint))
    yield from (index.columns for index in table.indexes if index.unique)


def _iter_bound_columns(condition: ColumnElement[bool] | None) -> Iterator[ColumnElement[Any]]:
    """Yield the columns that a condition binds to a value or to a list."""
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for part in condition.clauses:
            yield from _iter_bound_columns(part)
    elif isinstance(condition, one_of):
        yield condition.column
    elif (
        isinstance(condition, BinaryExpression)
        and condition.operator is operators.eq
        and isinstance(condition.right, BindParameter)
    ):
        yield condition.left


def _is_referenced(table: Table) -> bool:
    return any(
        key.column.table is table for other in table.metadata.tables.values() for key in other.foreign_keys
    )


class Compiler:
    """A compiler for one dialect, with all its results: statements live as long as the program, too."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._cache: dict[tuple[int, tuple[str, ...]], tuple[Executable, CompiledStatement]] = {}

    def __call__(self, statement: Executable, params: Mapping[str, Any]) -> CompiledStatement:
        keys = tuple(params) if isinstance(statement, Insert) else ()
        # The statement is kept beside the result, so that its id is not given to another one.
        entry = self._cache.get((id(statement), keys))
        if entry is None:
            entry = (statement, CompiledStatement(statement, self._dialect, keys))
            self._cache[(id(statement), keys)] = entry
        return entry[1]


encode_list: Callable[[Any], bytes] = msgspec.json.Encoder().encode
