"""Databases of the development line: one of its last revision is served as before, earlier ones refused."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from fedserver.cli.commands import main
from storage import alembic_upgrade
from storage import upgrade as storage_upgrade
from storage.alembic_upgrade import DEVELOPMENT_REVISIONS, LAST_DEVELOPMENT_REVISION
from storage.errors import DatabaseUnavailableError, UnsupportedSchemaError
from storage.upgrade import read_newest_revision, upgrade
from tests.kit import nodes, tls
from tests.kit.api import Api
from tests.kit.clock import Clock
from tests.kit.schemas import new_bare_database, query, read_rows, read_schema
from tests.storage.development_line import ask_all, load_database, read_answers

CURRENT = "SELECT version_num FROM alembic_version"
ACTIVITY = {"Accept": "application/activity+json"}


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def last_url(kind: str, tmp_path: Path) -> str:
    """Return the database of the last revision of the development line."""
    return await load_database(kind, LAST_DEVELOPMENT_REVISION, tmp_path)


@pytest.fixture
async def alpha(
    kind: str, last_url: str, names: tls.LoopbackResolver, tmp_path: Path
) -> AsyncIterator[nodes.TestNode]:
    """Return the node of that database, started by the code of today."""
    clock = Clock(read_answers(kind)["now"])
    node = await nodes.start_node("alpha.test", tmp_path / "alpha", names, clock, last_url)
    yield node
    await node.close()


async def run_command(url: str, folder: Path, *arguments: str) -> Result:
    """Run a command of `fedserver` on a database."""
    config = folder / "fedserver.toml"
    node = 'domain = "alpha.test"\nbase_url = "https://alpha.test"'
    config.write_text(f'[node]\n{node}\n[database]\nurl = "{url}"\n')
    return await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--config", str(config)])


def add_ids(recorded: Any) -> Any:
    """Return what was recorded with the ids that headings of articles have since, also of older ones."""
    text = msgspec.json.encode(recorded).decode()
    return msgspec.json.decode(text.replace("<h1>Roads", '<h1 id=\\"user-content-roads\\">Roads'))


async def test_last_revision_serves_the_same_answers(alpha: nodes.TestNode, kind: str, last_url: str) -> None:
    recorded = read_answers(kind)
    answers = await ask_all(alpha, recorded["tokens"], recorded["paths"])
    assert len(answers) > 150
    for path, answer in add_ids(recorded["answers"]).items():
        assert answers[path] == answer, path
    assert await query(last_url, CURRENT) == [(read_newest_revision(),)]


async def test_last_revision_serves_the_same_pages_and_objects(alpha: nodes.TestNode, kind: str) -> None:
    pages = add_ids(read_answers(kind)["pages"])
    assert len(pages) == 6
    for path, post in pages.items():
        page = await Api(alpha).request("GET", path)
        assert page.status == 200, path
        # Below the title of the page, the first heading of an article is of the second level.
        shown = post["content"].replace("<h1 ", "<h2 ").replace("</h1>", "</h2>")
        assert shown in page.body, path
        served = await alpha.http.get(post["uri"], headers=ACTIVITY)
        document: dict[str, Any] = await served.json(content_type=None)
        assert document["id"] == post["uri"], path
        assert document["content"] == post["content"], path


async def test_last_revision_keeps_a_log_that_verifies(kind: str, last_url: str, tmp_path: Path) -> None:
    result = await run_command(last_url, tmp_path, "log", "verify")
    newest = read_answers(kind)["answers"][" /api/fedserver/v1/log"][1][0]["hash"]
    expected = f"Entries 1 to 12 are as they were written. The hash of the last one is:\n{newest}\n"
    assert (result.exit_code, result.output) == (0, expected)


async def test_last_revision_loses_no_row(last_url: str) -> None:
    before = await read_rows(last_url)
    await upgrade(last_url)
    after = await read_rows(last_url)
    assert after.pop("alembic_version") == [(read_newest_revision(),)]
    assert before.pop("alembic_version") == [(LAST_DEVELOPMENT_REVISION,)]
    assert sum(map(len, before.values())) > 250
    # Counts of minutes: nobody misses those from before an upgrade.
    before.pop("login_attempts")
    assert after.pop("attempt_counts") == []
    for table, rows in before.items():
        # Later revisions add tables, and columns at the end.
        width = len(rows[0]) if rows else 0
        assert [row[:width] for row in after[table]] == rows, table


async def test_work_that_waited_is_done_after_the_upgrade(
    alpha: nodes.TestNode, kind: str, last_url: str, names: tls.LoopbackResolver, tmp_path: Path
) -> None:
    recorded = read_answers(kind)
    for table, count in recorded["due"].items():
        assert await query(last_url, f"SELECT count(*) FROM {table}") == [(count,)], table
    beta = await nodes.start_node(
        "beta.test",
        tmp_path / "beta",
        names,
        alpha.clock,
        nodes.new_database("sqlite", tmp_path / "beta", "beta.test"),
    )
    bob = Api(beta, await beta.create_token(await beta.create_member("bob")))
    alpha.clock.forward(days=2)
    while sum([await node.settle() for node in (alpha, beta)]):
        pass
    mentions = [entry["status"]["content"] for entry in await bob.get("/api/v1/notifications")]
    home = await Api(alpha, recorded["tokens"]["ann"]).get("/api/v1/timelines/home")
    await beta.close()
    # The delivery that had failed, and the post of which only a task knew.
    assert any("Nobody there" in content for content in mentions)
    assert any("Nobody told yet" in content for content in mentions)
    # What lay in the inbox.
    assert any("This waits in the inbox" in status["content"] for status in home)
    assert await query(last_url, "SELECT count(*) FROM inbox_items") == [(0,)]


async def test_upgraded_schema_equals_a_new_one(kind: str, last_url: str, tmp_path: Path) -> None:
    """Tables, columns in their order, defaults, constraints, indexes, triggers and functions."""
    new_url = new_bare_database(kind, tmp_path)
    await upgrade(new_url)
    await upgrade(last_url)
    schema = await read_schema(last_url)
    assert len(schema) > 400
    assert schema == await read_schema(new_url)


@pytest.mark.parametrize("revision", ["0013", "0020"])
async def test_earlier_revision_is_refused_and_unchanged(kind: str, revision: str, tmp_path: Path) -> None:
    url = await load_database(kind, revision, tmp_path)
    before = await read_schema(url), await read_rows(url)
    result = await run_command(url, tmp_path, "db", "upgrade")
    assert result.exit_code == 1
    assert result.output.startswith("Error: the database ")
    assert result.output.count("\n") == 1
    assert url.rpartition("/")[2] in result.output
    assert f"at revision {revision} of the development line" in result.output
    assert "start fedserver at commit 8303e8b once" in result.output
    assert (await read_schema(url), await read_rows(url)) == before


@pytest.mark.parametrize("revision", sorted(DEVELOPMENT_REVISIONS - {LAST_DEVELOPMENT_REVISION}))
async def test_every_earlier_revision_is_refused(revision: str, tmp_path: Path) -> None:
    url = new_bare_database("sqlite", tmp_path)
    await query(url, f"CREATE TABLE alembic_version AS SELECT '{revision}' AS version_num")
    with pytest.raises(UnsupportedSchemaError, match=f"revision {revision} of the development line"):
        await upgrade(url)
    assert await read_rows(url) == {"alembic_version": [(revision,)]}


async def test_incomplete_database_is_refused_and_unchanged(kind: str, tmp_path: Path) -> None:
    url = new_bare_database(kind, tmp_path)
    await query(url, "CREATE TABLE accounts (id bigint)")
    before = await read_schema(url)
    result = await run_command(url, tmp_path, "db", "upgrade")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "holds tables of fedserver (accounts …) but no revision" in result.output
    assert await read_schema(url) == before


async def test_database_with_an_empty_revision_table_is_refused(kind: str, last_url: str) -> None:
    await query(last_url, "DELETE FROM alembic_version")
    before = await read_rows(last_url)
    with pytest.raises(UnsupportedSchemaError, match="no revision"):
        await upgrade(last_url)
    assert await read_rows(last_url) == before


async def test_tables_of_others_are_left_alone(kind: str, tmp_path: Path) -> None:
    url = new_bare_database(kind, tmp_path)
    await query(url, "CREATE TABLE spatial_ref_sys AS SELECT 1 AS srid")
    await upgrade(url)
    rows = await read_rows(url)
    assert rows["spatial_ref_sys"] == [(1,)]
    assert rows["accounts"] == []


@pytest.mark.parametrize("state", ["empty", "last"])
async def test_processes_that_start_together_upgrade_once(kind: str, state: str, tmp_path: Path) -> None:
    if state == "last":
        url = await load_database(kind, LAST_DEVELOPMENT_REVISION, tmp_path)
    else:
        url = new_bare_database(kind, tmp_path)
    code = f"import asyncio; from storage.upgrade import upgrade; asyncio.run(upgrade({url!r}))"
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(2)]
    assert [await process.wait() for process in processes] == [0, 0]
    rows = await read_rows(url)
    assert rows["alembic_version"] == [(read_newest_revision(),)]
    assert len(rows["posts"]) == (28 if state == "last" else 0)


LATER = """
import sqlalchemy as sa
from alembic import op
revision = "later"
down_revision = "{newest}"
def upgrade():
    op.add_column("posts", sa.Column("later", sa.Text()))
    op.execute("UPDATE {table} SET later = uri")
"""


@pytest.fixture
def add_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Add a migration that writes to a table, in a copy of the migrations that this test alone sees."""
    folder, newest = tmp_path / "migrations", read_newest_revision()
    shutil.copytree(alembic_upgrade.MIGRATIONS, folder)
    monkeypatch.setattr(alembic_upgrade, "MIGRATIONS", folder)
    monkeypatch.setattr(storage_upgrade, "read_newest_revision", lambda: "later")

    def add(table: str) -> None:
        (folder / "versions" / "later.py").write_text(LATER.format(newest=newest, table=table))

    return add


async def test_later_migrations_build_on_the_last_revision(
    last_url: str, add_migration: Callable[[str], None]
) -> None:
    add_migration("posts")
    await upgrade(last_url)
    assert await query(last_url, CURRENT) == [("later",)]
    assert await query(last_url, "SELECT count(*) FROM posts WHERE later = uri") == [(28,)]


@pytest.mark.parametrize("revision", [LAST_DEVELOPMENT_REVISION, read_newest_revision()])
async def test_a_migration_that_fails_changes_nothing(
    last_url: str, revision: str, add_migration: Callable[[str], None]
) -> None:
    """Neither the column that it added before nor the new name of the revision stays."""
    await query(last_url, f"UPDATE alembic_version SET version_num = '{revision}'")
    add_migration("nothing")
    before = await read_schema(last_url), await read_rows(last_url)
    with pytest.raises(DatabaseUnavailableError, match="nothing"):
        await upgrade(last_url)
    assert (await read_schema(last_url), await read_rows(last_url)) == before
