"""What a node loads at its start: what it serves with, and nothing that only some nodes or commands need."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import MODULES, main
from fedserver.domain.accounts import accounts
from fedserver.node import open_node
from storage.queries.accounts import keys as key_queries
from tests.kit.nodes import make_config


def loaded_by(module: str) -> set[str]:
    """The modules in a fresh process that imported one."""
    code = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(found.stdout.split())


def test_serving_loads_neither_pictures_nor_migrations_nor_other_commands() -> None:
    loaded = loaded_by("fedserver.cli.server")
    assert "fedserver.node" in loaded
    unneeded = {"PIL", "alembic", "sqlalchemy.orm", "asyncpg", "fedserver.cli.demo", "fedserver.cli.members"}
    unneeded |= {"webauthn", "joserfc", "prometheus_client", "segno"}
    assert not loaded & unneeded


def test_a_supervisor_has_no_node_in_it() -> None:
    loaded = loaded_by("fedserver.cli.run")
    assert "fedserver.cli.supervisor" in loaded
    assert not loaded & {"fedserver.node", "fedserver.domain", "aiohttp", "sqlalchemy", "cryptography"}


@pytest.mark.parametrize("name", MODULES)
def test_every_command_is_found_by_its_name(name: str) -> None:
    asked = CliRunner().invoke(main, [name, "--help"])
    assert asked.exit_code == 0 and asked.output.startswith(f"Usage: main {name}")


def test_help_lists_the_commands_and_an_unknown_one_is_told() -> None:
    listed = CliRunner().invoke(main, ["--help"])
    assert all(f"\n  {name} " in listed.output for name in MODULES)
    unknown = CliRunner().invoke(main, ["runn"])
    assert unknown.exit_code == 2 and "No such command 'runn'" in unknown.output


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
