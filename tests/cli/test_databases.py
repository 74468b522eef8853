"""`fedserver db …`: a backup made while the node runs can be verified and restored."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fedserver.cli.commands import main
from tests.kit import databases


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"FEDSERVER_CONFIG": str(folder / "fedserver.toml")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a node with one member."""
    (tmp_path / "fedserver.toml").write_text('[node]\ndomain = "commons.test"\n')
    added = call(tmp_path, "member", "add", "ann", "--email", "a@mail.test", "--password", "long enough")
    assert added.exit_code == 0, added.output
    return tmp_path


def test_a_backup_is_one_file_that_can_be_verified_and_restored(folder: Path) -> None:
    copy = folder / "backups" / "copy"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    verified = call(folder, "db", "verify", str(copy))
    assert verified.exit_code == 0
    assert "members: 1\n" in verified.output
    assert list(copy.parent.iterdir()) == [copy]
    assert "exists already" in call(folder, "db", "backup", str(copy)).output

    call(folder, "member", "add", "bob", "--email", "b@mail.test", "--password", "long enough")
    assert call(folder, "db", "restore", str(copy)).exit_code == 1
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0
    listed = call(folder, "member", "list").output
    assert "ann\t" in listed
    assert "bob" not in listed


def test_verify_of_another_file_is_refused(folder: Path) -> None:
    wrong = folder / "wrong"
    wrong.write_bytes(b"not a database at all, but longer than a header " * 10)
    verified = call(folder, "db", "verify", str(wrong))
    assert verified.exit_code == 1
    assert "not a database" in verified.output


def test_postgresql_is_backed_up_by_its_own_programs(tmp_path: Path) -> None:
    databases.require_postgres()
    url = databases.new_postgres()
    (tmp_path / "fedserver.toml").write_text(f'[database]\nurl = "{url}"\n')
    call(tmp_path, "member", "add", "ann", "--email", "a@mail.test", "--password", "long enough")
    copy = tmp_path / "copy"
    backup = call(tmp_path, "db", "backup", str(copy))
    if "not installed" in backup.output:
        pytest.skip("pg_dump is not installed")
    assert call(tmp_path, "db", "verify", str(copy)).output == f"{copy} can be read.\n"
    call(tmp_path, "member", "add", "bob", "--email", "b@mail.test", "--password", "long enough")
    assert call(tmp_path, "db", "restore", str(copy), "--force").exit_code == 0
    listed = call(tmp_path, "member", "list").output
    assert "ann\t" in listed
    assert "bob" not in listed
    databases.release(url)
