"""Building blocks of queries: lists, upserts, pages by id, and rows from result tuples.

`one_of(column, "ids")` is our `IN`: one bind parameter for a list of any length, so the text
of the statement never changes (`json_each` on SQLite, `= ANY` on PostgreSQL). `upsert(table)` is an
insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`; both dialects render it alike.
The columns of a statement come in the order of the row's fields.

Parameters of UPDATE and DELETE begin with `b_`: SQLAlchemy reserves the names of columns there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import ARRAY, ColumnElement, FromClause, Select, Text, asc, bindparam, desc, or_
from sqlalchemy.dialects.postgresql import Insert as Upsert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean as BooleanType

from storage.engine import Page

__all__ = [
    "ListText",
    "PagedStatement",
    "Upsert",
    "columns_of",
    "equals_any",
    "one_of",
    "to_row_or_none",
    "to_rows",
    "upsert",
]

R = TypeVar("R", bound=Struct)


class ListText(Text):
    """The type of a list in a parameter on SQLite: JSON."""


class one_of(ColumnElement[bool]):
    """The condition that `column` is in the list of the bind parameter `name`."""

    inherit_cache = False
    type = BooleanType()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name

    def self_group(self, against: Any = None) -> one_of:
        """Return itself, as it is a condition already: SQLite would compare anything else with 1."""
        return self


@compiles(one_of, "sqlite")
def _one_of_sqlite(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    json_list = compiler.process(bindparam(element.name, type_=ListText()), **kw)
    return f"{compiler.process(element.column, **kw)} IN (SELECT value FROM json_each({json_list}))"


@compiles(one_of, "postgresql")
def _one_of_postgresql(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    array = compiler.process(bindparam(element.name, type_=ARRAY(element.column.type)), **kw)
    return f"{compiler.process(element.column, **kw)} = ANY({array})"


def equals_any(column: ColumnElement[str], *words: str) -> ColumnElement[bool]:
    """Return the condition that `column` is one of these fixed words, which are part of the statement."""
    return or_(*(column == word for word in words))


class PagedStatement:
    """A statement in both directions, each built once."""

    def __init__(self, statement: Select[Any], cursor: ColumnElement[int]) -> None:
        bounded = statement.where(cursor < bindparam("page_max"), cursor > bindparam("page_low"))
        self.down = bounded.order_by(desc(cursor)).limit(bindparam("page_limit"))
        self.up = bounded.order_by(asc(cursor)).limit(bindparam("page_limit"))

    def for_page(self, page: Page) -> Select[Any]:
        """Return the statement in the direction of a page."""
        return self.up if page.is_upwards else self.down


def columns_of(table: FromClause, row: type[Struct]) -> list[ColumnElement[Any]]:
    """Return the columns of a table that are fields of `row`, in their order."""
    return [table.c[name] for name in row.__struct_fields__]


def to_rows(row: type[R], records: Iterable[Sequence[Any]]) -> list[R]:
    """Return rows of the type `row`."""
    return [row(*record) for record in records]


def to_row_or_none(row: type[R], record: Sequence[Any] | None) -> R | None:
    """Return a row of the type `row`, None if there is no record."""
    return None if record is None else row(*record)
