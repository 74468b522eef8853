"""Migrations: a migrated database is what the schema says, and a newer one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage import SchemaTooNew, Unavailable
from storage.migrating import alembic_config
from storage.schema.tables import metadata
from storage.upgrade import head, upgrade


def _engine_url(url: str) -> str:
    if url.startswith("sqlite:"):
        return "sqlite+aiosqlite:///" + url.removeprefix("sqlite:")
    return "postgresql+asyncpg://" + url.partition("://")[2]


def _differences(connection: Connection) -> list[object]:
    return compare_metadata(MigrationContext.configure(connection), metadata)


async def test_migrated_equals_schema(database_url: str) -> None:
    engine = create_async_engine(_engine_url(database_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    await upgrade(database_url)
    await upgrade(database_url)


def test_the_head_is_what_alembic_says() -> None:
    assert head() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def loaded_by_an_upgrade(url: str) -> set[str]:
    """The modules in a fresh process after it upgraded a database."""
    code = (
        "import asyncio, sys; from storage.upgrade import upgrade; "
        f"asyncio.run(upgrade({url!r})); print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(found.stdout.split())


def test_a_current_schema_needs_nothing_that_migrates(database_url: str) -> None:
    loaded = loaded_by_an_upgrade(database_url)
    assert "storage.upgrade" in loaded
    assert not loaded & {"alembic", "sqlalchemy.orm", "sqlalchemy.ext.asyncio", "storage.migrating"}


def test_an_older_schema_is_migrated(tmp_path: Path) -> None:
    assert "alembic" in loaded_by_an_upgrade(f"sqlite:{tmp_path}/new.sqlite3")


async def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    engine = create_async_engine(_engine_url(database_url))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(SchemaTooNew, match="9999"):
        await upgrade(database_url)
    async with engine.begin() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{head()}'"))
    await engine.dispose()


async def test_an_unreachable_server_is_said_so() -> None:
    with pytest.raises(Unavailable):
        await upgrade("postgresql://nobody@127.0.0.1:9/none")
