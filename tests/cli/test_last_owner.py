"""The command line does not leave a community without an owner either."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main
from tests.kit import databases


def run(config: Path, *words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(main, [*words, "--config", str(config)])
    return ended.exit_code, ended.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "fedserver.toml"
    path.write_text(f'[database]\nurl = "{databases.new_sqlite(tmp_path)}"\n')
    for name in ("ann", "bob"):
        words = ("--email", f"{name}@mail.test", "--password", "correct horse battery", "--role", "owner")
        assert run(path, "member", "add", name, *words)[0] == 0
    return path


def test_the_last_owner_stays(config: Path) -> None:
    told = (1, "Error: This is the last owner. Make another member an owner first.\n")
    assert run(config, "member", "role", "bob", "member") == (0, "")
    assert run(config, "member", "role", "ann", "admin") == told
    assert run(config, "member", "disable", "ann") == told
    assert run(config, "member", "role", "bob", "owner") == (0, "")
    assert run(config, "member", "disable", "ann") == (0, "")
    assert run(config, "member", "role", "bob", "member") == told
