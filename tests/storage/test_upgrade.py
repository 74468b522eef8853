"""Migrations: a migrated database is what the schema says, and a newer one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Boolean, Connection, Integer, MetaData, Table, insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from fedserver.domain import tasks
from storage import SchemaTooNew, Unavailable
from storage.schema.posts import APART
from storage.schema.tables import metadata
from storage.upgrade import alembic_config, head, upgrade
from tests.kit import databases


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


OLD_POST = {
    "accounts": {
        "id": 1,
        "uri": "u",
        "username": "ann",
        "username_lower": "ann",
        "domain": "",
        "created_at": 1,
    },
    "posts": {"id": 2, "uri": "p", "account_id": 1, "thread_id": 2, "published_at": 1, "state": "published"},
}


def _fill(connection: Connection, table: str, values: dict[str, object]) -> None:
    """Add a row; columns that are not named and may not be empty get the emptiest value of their kind."""
    reflected = Table(table, MetaData(), autoload_with=connection)
    empty = {Boolean: False, BigInteger: 0, Integer: 0}
    rest = {
        column.name: next((value for kind, value in empty.items() if isinstance(column.type, kind)), "")
        for column in reflected.c
        if not column.nullable and column.name not in values
    }
    connection.execute(insert(reflected).values({**rest, **values}))


def _before_search(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    revisions = ScriptDirectory.from_config(config).walk_revisions()
    search = next(each for each in revisions if each.path.endswith("_search_trends_collections.py"))
    command.upgrade(config, str(search.down_revision))
    for table, values in OLD_POST.items():
        _fill(connection, table, values)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_posts_from_before_search_are_owed_to_the_index(kind: str, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else databases.bare_postgres()
    engine = create_async_engine(_engine_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(_before_search)
    await upgrade(url)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT payload FROM tasks"))).scalars().all()
    await engine.dispose()
    assert [tasks.decode(payload) for payload in found] == [tasks.IndexPosts()]


async def test_an_unreachable_server_is_said_so() -> None:
    with pytest.raises(Unavailable):
        await upgrade("postgresql://nobody@127.0.0.1:9/none")
