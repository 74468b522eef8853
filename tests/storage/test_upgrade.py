"""Migrations: a migrated database is what the schema says, and a newer one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.text.words import fold
from storage.errors import DatabaseUnavailableError, SchemaTooNewError
from storage.migrating import alembic_config
from storage.opening import open_database
from storage.paging import Page
from storage.schema import metadata
from storage.tables.posts import APART
from storage.upgrade import head, upgrade
from tests.kit import databases
from tests.kit.clock import Clock


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


def _to_first(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


OLD_NAME = "José Ørsted-Nguyễn ﬁ مُحَمَّد İÆß 東京\u200b"


def _tell_something(connection: Connection) -> None:
    """An account and a notification, written as the first version wrote them."""
    tables = MetaData()
    tables.reflect(connection, only=["accounts", "notifications"])
    values = {
        column.name: "" if isinstance(column.type, Text) else 0
        for column in tables.tables["accounts"].columns
        if not column.nullable
    }
    connection.execute(
        insert(tables.tables["accounts"]).values({**values, "id": 7, "display_name": OLD_NAME})
    )
    told = {"id": 9, "account_id": 7, "from_id": 7, "kind": "favourite", "post_id": 5, "created_at": 1}
    connection.execute(insert(tables.tables["notifications"]).values(told))


async def test_what_was_told_before_groups_stands_alone(tmp_path: Path, database_url: str) -> None:
    """What an older program wrote is kept; it is in no group, and nothing of it is kept back."""
    sqlite = database_url.startswith("sqlite:")
    url = f"sqlite:{tmp_path / 'old.sqlite3'}" if sqlite else database_url
    engine = create_async_engine(_engine_url(url))
    async with engine.begin() as connection:
        for statement in () if sqlite else ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await connection.execute(text(statement))
        await connection.run_sync(_to_first)
        await connection.run_sync(_tell_something)
    await engine.dispose()
    await upgrade(url)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT id, kind, group_key, filtered FROM notifications"))
        assert [tuple(row) for row in found] == [(9, "favourite", "ungrouped-9", False)]
        assert (await connection.execute(text("SELECT name_folded FROM accounts"))).scalar() == fold(OLD_NAME)
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    engine = create_async_engine(_engine_url(database_url))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(SchemaTooNewError, match="9999"):
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
    for number, target in ((3, "u"), (4, "peer.test")):
        verb = "account.silence" if number == 3 else "peer.block"
        _fill(connection, "acts", {"id": number, "verb": verb, "target": target, "reason": "for moderators"})


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_posts_and_acts_from_before(kind: str, tmp_path: Path) -> None:
    """Old posts are owed to the index of words; old acts are chained, and their reasons stay private."""
    url = f"sqlite:{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else databases.new_bare_postgres()
    engine = create_async_engine(_engine_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(_before_search)
    await upgrade(url)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT payload FROM tasks"))).scalars().all()
    await engine.dispose()
    database = await open_database(url, Clock())
    async with database.read() as tx:
        assert (await audit_log.verify(tx)).last == 2
        peer, account = await audit_log.list_page(tx, Page())
    await database.close()
    assert (account.subject_kind, peer.subject_kind, peer.subject_name) == ("member", "peer", "")
    assert peer.reason == "for moderators" and not peer.shows_reason and not account.shows_reason
    assert [jobs.decode(payload) for payload in found] == [jobs.IndexPosts()]


async def test_an_unreachable_server_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailableError):
        await upgrade("postgresql://nobody@127.0.0.1:9/none")


def test_push_tokens_in_clear_leave_the_file(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    config = alembic_config()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        connection.execute(
            text("INSERT INTO push_subscriptions VALUES (1, 2, 3, '', '', '', 1, '[]', 'all', 'in-clear', 1)")
        )
    assert b"in-clear" in path.read_bytes()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert connection.execute(text("SELECT sealed_token FROM push_subscriptions")).all() == []
    engine.dispose()
    assert b"in-clear" not in path.read_bytes()
