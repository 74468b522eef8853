"""PostgreSQL through PgBouncer: with the server's own address all works, without it the start says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from sqlalchemy import func, select, text

from fedserver.cli.commands import main
from fedserver.config import Config
from fedserver.node import open_node
from storage.engine import Database, Event
from storage.errors import DatabaseUnavailableError
from storage.opening import open_database
from storage.queries.kernel import settings as setting_queries
from storage.tables.kernel import settings
from tests.kit import databases
from tests.kit.clock import Clock
from tests.kit.nodes import make_config
from tests.kit.pgbouncer import require_pgbouncer, run_pgbouncer

COUNT = select(func.count()).select_from(settings)


@pytest.fixture
def direct_url() -> Iterator[str]:
    require_pgbouncer()
    databases.require_postgres()
    url = databases.new_postgres()
    yield url
    databases.release(url)


@pytest.fixture
def pooled_url(direct_url: str) -> Iterator[str]:
    with run_pgbouncer(direct_url) as url:
        yield url


async def count_up(db: Database, name: str) -> None:
    """Write and read as many processes do at once."""
    for number in range(15):
        async with db.write() as tx:
            await setting_queries.set_value(tx, f"{name} {number}", "1")
            tx.emit("counted", name=name)
        async with db.read() as tx:
            assert await setting_queries.find(tx, f"{name} {number}") == "1"
            await tx.value(COUNT)


async def test_several_processes_share_the_sessions_of_a_pooler(
    pooled_url: str, direct_url: str, clock: Clock
) -> None:
    opened = [await open_database(pooled_url, clock, direct_url=direct_url) for _ in range(4)]
    heard: list[Event] = []
    opened[0].listen(heard.append)
    await asyncio.gather(
        *(count_up(db, f"{number} {part}") for number, db in enumerate(opened) for part in "ab")
    )
    async with opened[0].read() as tx:
        assert await tx.value(COUNT) == 120
    for _ in range(200):
        if len(heard) == 120:
            break
        await asyncio.sleep(0.01)
    assert len(heard) == 120, "LISTEN needs a session of its own"
    for db in opened:
        await db.close()


async def test_node_behind_a_pooler_starts_and_works(
    pooled_url: str, direct_url: str, tmp_path: Path, clock: Clock
) -> None:
    config = make_config("alpha.test", tmp_path, pooled_url)
    config = name_server(config, direct_url)
    nodes = [await open_node(config, clock=clock) for _ in range(2)]
    for node in nodes:
        assert await node.create_setup_link()
        await node.settle()
        await node.close()


def name_server(config: Config, url: str) -> Config:
    return structs.replace(config, database=structs.replace(config.database, direct_url=url))


async def test_pooler_of_transactions_without_a_direct_url_is_refused_with_what_to_set(
    pooled_url: str, clock: Clock
) -> None:
    for _ in range(3):
        with pytest.raises(DatabaseUnavailableError, match=r"set database\.direct_url"):
            await (await open_database(pooled_url, clock)).close()


async def test_direct_url_through_the_pooler_is_refused(pooled_url: str, clock: Clock) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"^database\.direct_url leads through a pooler"):
        await (await open_database(pooled_url, clock, direct_url=pooled_url)).close()


async def test_direct_url_of_another_database_is_refused(pooled_url: str, clock: Clock) -> None:
    other = databases.new_bare_postgres()
    with pytest.raises(DatabaseUnavailableError, match="different databases"):
        await (await open_database(pooled_url, clock, direct_url=other)).close()


async def test_pooler_of_sessions_needs_no_direct_url(direct_url: str, clock: Clock) -> None:
    with run_pgbouncer(direct_url, "session", sessions=10) as url:
        db = await open_database(url, clock)
        await count_up(db, "a")
        await db.close()


async def test_statement_of_another_session_is_explained(
    pooled_url: str, direct_url: str, clock: Clock
) -> None:
    """What a pooler that was not recognized causes later."""
    db = await open_database(direct_url, clock)
    with pytest.raises(DatabaseUnavailableError, match=r"database\.direct_url"):
        async with db.write() as tx:
            await tx.run(text("EXECUTE missing_statement"))
    await db.close()


def test_commands_say_what_to_set_and_work_with_it(pooled_url: str, direct_url: str, tmp_path: Path) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "{pooled_url}"\n')
    call = CliRunner().invoke
    for command in (["check"], ["db", "upgrade"], ["member", "list"], ["run"]):
        refused = call(main, [*command, "--config", str(config)])
        assert refused.exit_code == 1
        assert "database.direct_url" in refused.output, command
    config.write_text(f'[database]\nurl = "{pooled_url}"\ndirect_url = "{direct_url}"\n')
    arguments = ["add", "ann", "--email", "a@mail.test", "--password", "long enough"]
    assert call(main, ["member", *arguments, "--config", str(config)]).exit_code == 0
    assert "ok    database" in call(main, ["check", "--config", str(config)]).output
    copy = tmp_path / "copy"
    for command in (["backup", str(copy)], ["restore", str(copy), "--force"]):
        done = call(main, ["db", *command, "--config", str(config)])
        assert done.exit_code == 0, done.output
