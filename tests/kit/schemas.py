"""What is in a database: its schema in a form that can be compared, and all its rows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from tests.kit import databases

# Everything that PostgreSQL can write out as a definition, in one list of names and texts.
POSTGRESQL_SCHEMA = """
SELECT format('%s.%s', c.relname, a.attnum), concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attnotnull THEN 'NOT NULL' END, a.attidentity::text, pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
UNION ALL SELECT conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
POSTGRESQL_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


async def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows; what it writes is committed."""
    (rows,) = await _query_all(url, [statement])
    return rows


async def _query_all(url: str, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection, connection:
            return [list(connection.execute(statement)) for statement in statements]
    opened = await asyncpg.connect(url)
    try:
        return [[tuple(row) for row in await opened.fetch(statement)] for statement in statements]
    finally:
        await opened.close()


async def read_schema(url: str) -> list[tuple[str, ...]]:
    """Return every table, column, constraint, index, trigger and function of a database."""
    if not url.startswith("sqlite:"):
        return sorted(await query(url, POSTGRESQL_SCHEMA))
    return [
        (kind, name, table, *_split_definition(kind, sql or ""))
        for kind, name, table, sql in await query(url, SQLITE_SCHEMA)
    ]


def _split_definition(kind: str, sql: str) -> list[str]:
    """Return a definition without its layout: columns in their order, then constraints in any."""
    text = " ".join(sql.split())
    head, opening, body = text.partition("(")
    if kind != "table" or not opening or head.startswith("CREATE VIRTUAL"):
        return [text]
    # A comma of a column list, as in UNIQUE (a, b), is inside brackets of its own.
    inside, _, options = body.rpartition(")")
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", inside)]
    columns = [part for part in parts if not part.startswith("CONSTRAINT")]
    constraints = sorted(part for part in parts if part.startswith("CONSTRAINT"))
    return [head.replace('"', "").strip(), *columns, *constraints, options.strip()]


async def read_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    names = await query(url, SQLITE_TABLES if url.startswith("sqlite:") else POSTGRESQL_TABLES)
    rows = await _query_all(url, [f'SELECT * FROM "{name}"' for (name,) in names])
    return {name: sorted(table, key=repr) for (name,), table in zip(names, rows, strict=True)}


def new_bare_database(kind: str, folder: Path) -> str:
    """Return the URL of a database without a schema; the file of an SQLite one does not exist yet."""
    return f"sqlite:{folder / 'bare.sqlite3'}" if kind == "sqlite" else databases.new_bare_postgres()
