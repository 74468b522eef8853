"""What a node loads at its start: what it serves with, and nothing that only some nodes or commands need."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fedserver.cli.commands import COMMANDS, main
from fedserver.domain.accounts import accounts
from fedserver.node import open_node
from storage.queries.accounts import keys as key_queries
from tests.kit import operators
from tests.kit.nodes import _find_free_port as find_free_port
from tests.kit.nodes import make_config


def loaded_by(module: str) -> set[str]:
    """Return the modules in a fresh process that imported one."""
    code = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(found.stdout.split())


def loaded_for(*arguments: str) -> set[str]:
    """Return the modules in a fresh process that ran a command."""
    code = (
        "import sys\nfrom fedserver.cli.commands import main\n"
        "try:\n    main()\nfinally:\n    print('modules:', *sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return set(ended.stdout.partition("modules:")[2].split())


def test_help_loads_no_command() -> None:
    loaded = loaded_for("--help")
    assert "fedserver.cli.commands" in loaded
    ours = {name for name in loaded if name.startswith(("fedserver", "storage", "activitypub", "addresses"))}
    assert ours == {
        "fedserver",
        "fedserver.cli",
        "fedserver.cli.commands",
        "fedserver.cli.language",
        "fedserver.on_demand",
    }
    assert not loaded & {"sqlalchemy", "asyncio", "msgspec"}


@pytest.mark.parametrize("command", [["peer", "list"], ["member", "list"], ["log", "verify"]])
def test_command_on_one_table_loads_no_server(tmp_path: Path, command: list[str]) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n')
    upgraded = CliRunner().invoke(main, ["db", "upgrade", "--config", str(config)])
    assert upgraded.exit_code == 0
    loaded = loaded_for(*command, "--config", str(config))
    assert "fedserver.cli.settings" in loaded
    servers = {"fedserver.node", "fedserver.web", "fedserver.runtime", "fedserver.jobs", "fedserver.pages"}
    libraries = {"aiohttp", "jinja2", "PIL", "alembic", "sqlalchemy.orm", "prometheus_client", "babel"}
    assert not loaded & (servers | libraries)


def test_serving_loads_neither_pictures_nor_migrations_nor_other_commands() -> None:
    loaded = loaded_by("fedserver.cli.server")
    assert "fedserver.node" in loaded
    unneeded = {"PIL", "alembic", "sqlalchemy.orm", "asyncpg", "fedserver.cli.demo", "fedserver.cli.members"}
    unneeded |= {"webauthn", "joserfc", "segno", "emoji", "multiprocessing"}
    assert not loaded & unneeded


def test_a_supervisor_has_no_node_in_it() -> None:
    loaded = loaded_by("fedserver.cli.run")
    assert "fedserver.cli.supervisor" in loaded
    assert not loaded & {"fedserver.node", "fedserver.domain", "aiohttp", "sqlalchemy", "cryptography"}


@pytest.mark.parametrize("name", COMMANDS)
def test_summary_of_a_command_is_the_first_line_of_its_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found_by_its_name(name: str) -> None:
    asked = CliRunner().invoke(main, [name, "--help"])
    assert asked.exit_code == 0
    assert asked.output.startswith(f"Usage: main {name}")


def test_help_lists_the_commands_and_an_unknown_one_is_told() -> None:
    listed = CliRunner().invoke(main, ["--help"])
    assert all(f"\n  {name} " in listed.output for name in COMMANDS)
    unknown = CliRunner().invoke(main, ["runn"])
    assert unknown.exit_code == 2
    assert "There is no command runn. Did you mean run?" in unknown.output


async def test_instance_account_with_nodes_that_start_together_is_created_once(
    database_url: str, tmp_path: Path
) -> None:
    config = make_config("alpha.test", tmp_path, database_url)
    nodes = await asyncio.gather(*(open_node(config) for _ in range(5)))
    account_ids = set()
    for node in nodes:
        async with node.services.db.read() as tx:
            account = await accounts.find_instance_account(tx, node.services.site)
            assert account is not None
            account_ids.add(account.id)
            rows = await key_queries.list_by_account(tx, account.id)
            assert sorted(row.kind for row in rows) == ["ed25519", "rsa"], "keys of one start only"
    assert len(account_ids) == 1
    for node in nodes:
        await node.close()


def test_media_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder is wanted")
    port = find_free_port()
    (tmp_path / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[media]\nstore = "file:taken/media"\n'
    )
    process = operators.start(tmp_path, "run")
    try:
        assert process.stdout is not None
        told = process.stdout.readline().decode()
        assert told.startswith(f"media.store: Nothing can be written to {tmp_path}/taken/media ("), told
        assert b"running" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=60)
