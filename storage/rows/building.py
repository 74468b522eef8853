"""From result tuples to rows: the columns of a statement come in the order of the row's fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, FromClause

R = TypeVar("R", bound=Struct)


def columns_of(table: FromClause, row: type[Struct]) -> list[ColumnElement[Any]]:
    """The table's columns that `row` wants, in its order."""
    return [table.c[name] for name in row.__struct_fields__]


def rows(row: type[R], found: Iterable[Sequence[Any]]) -> list[R]:
    return [row(*record) for record in found]


def row_or_none(row: type[R], found: Sequence[Any] | None) -> R | None:
    return None if found is None else row(*found)
