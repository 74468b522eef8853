"""Upgrade of the schema. Alembic is loaded only if there is a migration to run.

Nearly every start finds a current schema; without Alembic it saves a fifth of a second and 14 MB.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sqlite3
from contextlib import closing
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

VERSIONS = Path(__file__).parent / "migrations" / "versions"
REVISION = re.compile(r'^(revision|down_revision)\b[^=]*= "(\w+)"', re.MULTILINE)
CURRENT = "SELECT version_num FROM alembic_version"


# Of the line before the first release, which had four digits each; earlier ones cannot be upgraded.
LAST_DEVELOPMENT_REVISION = "0026"
DEVELOPMENT_REVISION = re.compile(r"00[0-2]\d")


class SchemaAge(Enum):
    """What this program can do with a schema: use or upgrade it, or neither."""

    USABLE = "usable"
    TOO_OLD = "too old"
    NEWER = "newer"


@cache
def _read_revisions() -> dict[str, set[str]]:
    """Return the revisions that this program knows, and those that others build on."""
    names: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in VERSIONS.glob("*.py"):
        for word, revision in REVISION.findall(path.read_text(encoding="utf-8")):
            names[word].add(revision)
    return names


def read_newest_revision() -> str:
    """Return the newest revision that this program knows: the one that no other builds on."""
    names = _read_revisions()
    (newest,) = names["revision"] - names["down_revision"]
    return newest


def judge_revision(revision: str) -> SchemaAge:
    """Return whether this program can use a schema, or upgrade it."""
    if revision in _read_revisions()["revision"] or revision == LAST_DEVELOPMENT_REVISION:
        return SchemaAge.USABLE
    return SchemaAge.TOO_OLD if DEVELOPMENT_REVISION.fullmatch(revision) else SchemaAge.NEWER


async def upgrade(url: str) -> None:
    """Upgrade the database at `url` (`sqlite:PATH` or `postgresql://…`) to the newest revision.

    Raises SchemaTooNewError if a newer program wrote it, UnsupportedSchemaError if this program cannot
    upgrade it, DatabaseUnavailableError if it cannot be reached.
    """
    if await _read_revision(url) == read_newest_revision():
        return
    alembic_upgrade: Any = importlib.import_module("storage.alembic_upgrade")
    await alembic_upgrade.upgrade_schema(url)


async def _read_revision(url: str) -> str | None:
    """Return the revision of a database; None if it has none or cannot be read. The upgrade says why."""
    if url.startswith("sqlite:"):
        return await asyncio.to_thread(_read_sqlite_revision, Path(url.removeprefix("sqlite:")))
    return await _read_postgresql_revision(url)


def _read_sqlite_revision(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute(CURRENT).fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row else None


async def _read_postgresql_revision(url: str) -> str | None:
    try:
        asyncpg: Any = importlib.import_module("asyncpg")
    except ModuleNotFoundError:
        return None
    try:
        connection = await asyncpg.connect(url)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError):
        return None
    try:
        revision: str | None = await connection.fetchval(CURRENT)
    except asyncpg.PostgresError:
        revision = None
    finally:
        await connection.close()
    return revision
