"""Migrations: a migrated database is what the schema says, and a newer one is refused."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage import SchemaTooNew, Unavailable
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
