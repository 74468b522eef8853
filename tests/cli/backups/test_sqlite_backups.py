"""Backups of SQLite: what lies beside the file, who has it open, and what is left when it fails."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from fedserver.cli.backups import sqlite_backups
from storage.revisions import read_newest_revision
from tests.kit import operators
from tests.kit.operators import add_member, ask, call, list_files, read_rows
from tests.storage.development_line import read_script


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the database of a node without members."""
    return f"sqlite:{tmp_path / 'node' / 'data' / 'fedserver.sqlite3'}"


@pytest.fixture
def path(url: str) -> Path:
    """Return its file."""
    return Path(url.removeprefix("sqlite:"))


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Path:
    """Return the folder of a node with one member."""
    return operators.make_node(tmp_path / "node", url)


def test_restore_on_a_full_disk_leaves_the_old_state(
    folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    add_member(folder, "bob")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sqlite_backups.shutil, "copyfile", fail)
    refused = call(folder, "db", "restore", str(copy), "--force")
    assert refused.exit_code == 1
    assert "No space left on device" in refused.output
    assert "Nothing was changed" in refused.output
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert not [name for name in list_files(folder) if ".part-" in name]


def test_restore_into_a_database_that_another_program_has_open_is_refused(
    folder: Path, url: str, path: Path
) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO settings (name, value, updated_at) VALUES ('a', '1', 1)")
        refused = call(folder, "db", "restore", str(copy), "--force")
        assert refused.exit_code == 1
        assert "Another program uses" in refused.output
        other.execute("COMMIT")
        assert other.execute("SELECT value FROM settings WHERE name = 'a'").fetchone() == ("1",)


def test_restore_over_a_damaged_database_keeps_what_was_there_aside(
    folder: Path, url: str, path: Path
) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    wanted = read_rows(url)
    path.write_bytes(b"the disk wrote nonsense here " * 1_000)
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"and here " * 1_000)
    restored = call(folder, "db", "restore", str(copy), "--force")
    assert restored.exit_code == 0, restored.output
    assert read_rows(url) == wanted
    kept = {file.name.partition(".damaged-")[0] for file in path.parent.glob("*.damaged-*")}
    assert kept == {path.name, log.name}


def test_log_of_a_former_database_is_not_applied_to_the_restored_one(
    folder: Path, url: str, path: Path
) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    wanted = read_rows(url)
    with closing(sqlite3.connect(path)) as former:
        former.execute("PRAGMA journal_mode=WAL")
        with former:
            former.execute("INSERT INTO settings (name, value, updated_at) VALUES ('a', '1', 1)")
        log = path.with_name(path.name + "-wal").read_bytes()
    assert len(log) > 4_096
    for name in ("-wal", "-journal"):
        path.with_name(path.name + name).write_bytes(log)
        assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0
        assert read_rows(url) == wanted


def test_copy_of_a_database_in_use_is_restored_with_its_log(folder: Path, url: str, path: Path) -> None:
    """A copy by another program than ours, whose newest rows are in the log beside it."""
    copy = folder / "copy"
    with closing(sqlite3.connect(path)) as used:
        used.execute("PRAGMA journal_mode=WAL")
        with used:
            used.execute("INSERT INTO settings (name, value, updated_at) VALUES ('a', '1', 1)")
        shutil.copyfile(path, copy)
        shutil.copyfile(path.with_name(path.name + "-wal"), copy.with_name("copy-wal"))
    assert "no checksum" in call(folder, "db", "verify", str(copy)).stderr
    restored = call(folder, "db", "restore", str(copy), "--force")
    assert restored.exit_code == 0
    assert "no checksum" in restored.stderr
    ask(url, "DELETE FROM settings WHERE name = 'a'")
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0
    assert ask(url, "SELECT value FROM settings WHERE name = 'a'") == [("1",)]


def test_restore_of_the_database_itself_is_refused(folder: Path, url: str, path: Path) -> None:
    assert "the database itself" in call(folder, "db", "restore", str(path), "--force").output


def test_backup_copied_to_the_place_of_the_database_can_be_backed_up_again(folder: Path, path: Path) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    shutil.copyfile(copy, path)
    add_member(folder, "bob")
    again = folder / "again"
    with closing(sqlite3.connect(path)) as origin, closing(sqlite3.connect(again)) as target:
        origin.backup(target)
    assert call(folder, "db", "verify", str(again)).exit_code == 0


def test_older_schema_is_restored_and_upgraded_at_the_next_start(tmp_path: Path) -> None:
    """A backup of the development line, which holds keys in clear: they are sealed when it is opened."""
    (tmp_path / "fedserver.toml").write_text(
        '[node]\ndomain = "alpha.test"\nbase_url = "https://alpha.test"\n'
    )
    copy = tmp_path / "old"
    with closing(sqlite3.connect(copy)) as old:
        old.executescript(read_script("0026.sqlite"))
    assert b"PRIVATE KEY" in copy.read_bytes()
    restored = call(tmp_path, "db", "restore", str(copy))
    assert restored.exit_code == 0, restored.output
    assert call(tmp_path, "db", "upgrade").exit_code == 0
    url = f"sqlite:{tmp_path}/data/fedserver.sqlite3"
    assert ask(url, "SELECT version_num FROM alembic_version") == [(read_newest_revision(),)]
    assert b"PRIVATE KEY" not in (tmp_path / "data/fedserver.sqlite3").read_bytes()


def test_files_with_secrets_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    config = tmp_path / "etc" / "fedserver.toml"
    before = os.umask(0)
    try:
        made = call(tmp_path, "init", "--domain", "commons.test", "--config", str(config))
        assert made.exit_code == 0, made.output
        assert call(config.parent, "db", "backup", str(tmp_path / "backups/today/copy")).exit_code == 0
        shutil.rmtree(tmp_path / "etc/data")
        # The key is gone with the rest.
        restored = call(config.parent, "db", "restore", str(tmp_path / "backups/today/copy"), "--lost-key")
        assert restored.exit_code == 0, restored.output
    finally:
        os.umask(before)
    modes = {
        str(path.relative_to(tmp_path)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in tmp_path.rglob("*")
    }
    assert {name for name, mode in modes.items() if mode not in ("0o600", "0o700")} == set(), modes
    assert re.search(r"data/fedserver\.sqlite3\b", " ".join(modes))
