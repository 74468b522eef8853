"""Commands as operators give them, and what is in a database after each. For tests without an event loop."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fedserver.cli.commands import main
from fedserver.domain.metrics import backups
from tests.kit import commands, databases, schemas

ROOT = Path(__file__).parents[2]
PASSWORD = "long enough"


def call(folder: Path, *arguments: str, **environment: str) -> Result:
    """Run a command with the configuration of a folder."""
    return CliRunner().invoke(main, arguments, env={**to_environment(folder), **environment})


def to_environment(folder: Path) -> dict[str, str]:
    return {"FEDSERVER_CONFIG": str(folder / "fedserver.toml")}


def start(folder: Path, *arguments: str) -> commands.Command:
    """Start a command as a process of its own."""
    return commands.start(
        *arguments, folder=folder, environment=to_environment(folder), stderr=commands.DEVNULL
    )


def make_node(folder: Path, url: str) -> Path:
    """Return the folder of a node with one member, ann."""
    folder.mkdir()
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        databases.new_sqlite(path.parent, path.name)
        path.chmod(0o600)
    (folder / "fedserver.toml").write_text(f'[node]\ndomain = "commons.test"\n[database]\nurl = "{url}"\n')
    add_member(folder, "ann")
    return folder


def add_member(folder: Path, name: str) -> None:
    added = call(folder, "member", "add", name, "--email", f"{name}@mail.test", "--password", PASSWORD)
    assert added.exit_code == 0, added.output


def new_postgres() -> str:
    """Return an empty database; skip the test without a server or its client programs."""
    databases.require_postgres()
    for program in ("pg_dump", "pg_restore", "psql"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    return databases.new_postgres()


def read_state(url: str) -> tuple[Any, Any]:
    """Return everything in a database, as `read_rows` does."""
    return asyncio.run(schemas.read_schema(url)), read_rows(url)


def read_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows but the note of the last backup, which no backup can hold of itself."""
    rows = asyncio.run(schemas.read_rows(url))
    if "settings" in rows:
        rows["settings"] = [row for row in rows["settings"] if row[0] != backups.SETTING]
    return rows


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    return asyncio.run(schemas.query(url, statement))


def list_files(folder: Path) -> set[str]:
    """Return the names of all files and folders below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
