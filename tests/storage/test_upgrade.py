"""Migrations: a migrated database is what the schema says, and a newer one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from storage.alembic_upgrade import make_alembic_config, upgrade_schema
from storage.errors import DatabaseUnavailableError, SchemaTooNewError
from storage.schema import metadata
from storage.tables.posts import APART
from storage.upgrade import read_newest_revision, upgrade
from tests.kit.schemas import query, read_rows, read_schema


def _engine_url(url: str) -> str:
    if url.startswith("sqlite:"):
        return "sqlite+aiosqlite:///" + url.removeprefix("sqlite:")
    return "postgresql+asyncpg://" + url.partition("://")[2]


def _compared(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name not in APART


def _differences(connection: Connection) -> list[object]:
    options = {"include_name": _compared}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


async def test_migrated_equals_schema(database_url: str) -> None:
    engine = create_async_engine(_engine_url(database_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_upgrade_of_a_current_database_changes_nothing(database_url: str) -> None:
    """Nor does Alembic itself, which a second process runs after it waited for the lock of the first."""
    await query(database_url, "INSERT INTO settings (name, value, updated_at) VALUES ('a', 'b', 1)")
    before = await read_schema(database_url), await read_rows(database_url)
    assert before[1]["settings"] == [("a", "b", 1)]
    await upgrade(database_url)
    await upgrade_schema(database_url)
    assert (await read_schema(database_url), await read_rows(database_url)) == before


def test_newest_revision_is_the_head_of_alembic() -> None:
    assert read_newest_revision() == ScriptDirectory.from_config(make_alembic_config()).get_current_head()


def loaded_by_an_upgrade(url: str) -> set[str]:
    """Return the modules in a fresh process after it upgraded a database."""
    code = (
        "import asyncio, sys; from storage.upgrade import upgrade; "
        f"asyncio.run(upgrade({url!r})); print(*sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(process.stdout.split())


def test_a_current_schema_needs_nothing_that_migrates(database_url: str) -> None:
    loaded = loaded_by_an_upgrade(database_url)
    assert "storage.upgrade" in loaded
    assert not loaded & {"alembic", "sqlalchemy.orm", "sqlalchemy.ext.asyncio", "storage.alembic_upgrade"}


def test_an_older_schema_is_migrated(tmp_path: Path) -> None:
    assert "alembic" in loaded_by_an_upgrade(f"sqlite:{tmp_path}/new.sqlite3")


async def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    await query(database_url, "UPDATE alembic_version SET version_num = '9999'")
    before = await read_schema(database_url), await read_rows(database_url)
    with pytest.raises(SchemaTooNewError, match="9999"):
        await upgrade(database_url)
    after = await read_schema(database_url), await read_rows(database_url)
    await query(database_url, f"UPDATE alembic_version SET version_num = '{read_newest_revision()}'")
    assert after == before


async def test_unreachable_server_is_reported() -> None:
    with pytest.raises(DatabaseUnavailableError):
        await upgrade("postgresql://nobody@127.0.0.1:9/none")
