"""`fedserver db …`: a backup of a running node is verified and restored, a damaged one changes nothing."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.kit import damages, databases, operators
from tests.kit.nodes import _find_free_port as find_free_port
from tests.kit.operators import add_member, ask, call, list_files, read_rows, read_state


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Provide the database of a node without members."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'node' / 'data' / 'fedserver.sqlite3'}"
        return
    url = operators.new_postgres()
    yield url
    databases.release(url)


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Path:
    """Return the folder of a node with one member."""
    return operators.make_node(tmp_path / "node", url)


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite:")


def test_backup_that_is_verified_and_restored_brings_everything_back(folder: Path, url: str) -> None:
    copy = folder / "backups" / "today" / "copy"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    verified = call(folder, "db", "verify", str(copy))
    assert verified.exit_code == 0, verified.output
    assert "members: 1\n" in verified.output
    assert "posts: 0\n" in verified.output
    assert f"{copy} is a whole backup." in verified.output
    assert list(copy.parent.iterdir()) == [copy]
    assert "exists already" in call(folder, "db", "backup", str(copy)).output
    before = read_state(url)

    add_member(folder, "bob")
    refused = call(folder, "db", "restore", str(copy))
    assert refused.exit_code == 1
    assert "--force" in refused.output
    restored = call(folder, "db", "restore", str(copy), "--force")
    assert restored.exit_code == 0, restored.output
    assert "members: 1\n" in restored.output
    assert read_state(url) == before
    assert call(folder, "member", "list").output.count("\n") == 1
    # Once more, over itself, and again usable afterwards.
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0
    add_member(folder, "eve")
    assert list(copy.parent.iterdir()) == [copy]


def test_backup_restored_where_nothing_is_needs_no_force(folder: Path, url: str) -> None:
    copy = folder / "copy"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    elsewhere = databases.new_bare_postgres() if not is_sqlite(url) else f"sqlite:{folder}/new/folder/db"
    restored = call(folder, "db", "restore", str(copy), FEDSERVER_DATABASE_URL=elsewhere)
    assert restored.exit_code == 0, restored.output
    assert read_rows(elsewhere) == read_rows(url)
    if is_sqlite(url):
        assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "new/folder/db").stat().st_mode) == 0o600


def test_restore_of_damaged_copies_leaves_the_old_state(folder: Path, url: str) -> None:
    copy, damaged = folder / "copy", folder / "damaged"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    copies = damages.make_damaged_copies(copy.read_bytes())
    add_member(folder, "bob")
    before, files = read_state(url), list_files(folder)
    for what, content in copies.items():
        damaged.write_bytes(content)
        verified = call(folder, "db", "verify", str(damaged))
        assert (verified.exit_code, "Error: " in verified.output) == (1, True), (what, verified.output)
        restored = call(folder, "db", "restore", str(damaged), "--force")
        assert restored.exit_code == 1, (what, restored.output)
        assert str(damaged) in restored.output, what
        assert "Traceback" not in restored.output, what
        assert read_state(url) == before, what
    assert list_files(folder) == files | {"damaged"}


@pytest.mark.parametrize(
    ("revision", "told"),
    [("9999_later", "newer fedserver"), ("0012", "too old"), ("", "not a backup of fedserver")],
)
def test_restore_of_another_schema_leaves_the_old_state(
    folder: Path, url: str, revision: str, told: str
) -> None:
    other = folder / "other"
    change = (
        f"UPDATE alembic_version SET version_num = '{revision}'" if revision else "DROP TABLE alembic_version"
    )
    if is_sqlite(url):
        call(folder, "db", "backup", str(folder / "copy"))
        other.write_bytes(damages.change_sqlite(folder / "copy", change))
    else:
        other.write_bytes(damages.dump_changed(url, folder, change))
    before = read_state(url)
    for command in (["verify", str(other)], ["restore", str(other), "--force"]):
        refused = call(folder, "db", *command)
        assert refused.exit_code == 1
        assert told in refused.output
    assert read_state(url) == before


def test_restore_of_another_programs_database_leaves_the_old_state(folder: Path, url: str) -> None:
    other, before = folder / "other", read_state(url)
    statement = "CREATE TABLE songs (title text)"
    other.write_bytes(
        damages.make_other_sqlite(folder) if is_sqlite(url) else damages.dump_changed("", folder, statement)
    )
    refused = call(folder, "db", "restore", str(other), "--force")
    assert refused.exit_code == 1
    assert "not a backup of fedserver" in refused.output
    assert read_state(url) == before


def test_restore_with_a_missing_table_or_column_leaves_the_old_state(folder: Path, url: str) -> None:
    other, before = folder / "other", read_state(url)
    call(folder, "db", "backup", str(folder / "copy"))
    for change, named in (
        ("DROP TABLE poll_votes", "poll_votes"),
        ("ALTER TABLE posts DROP COLUMN html", "posts.html"),
    ):
        if change.startswith("DROP") and not _has_table(url, named):
            continue
        other.write_bytes(
            damages.change_sqlite(folder / "copy", change)
            if is_sqlite(url)
            else damages.dump_changed(url, folder, change)
        )
        refused = call(folder, "db", "restore", str(other), "--force")
        assert refused.exit_code == 1
        assert named in refused.output
    assert read_state(url) == before


def _has_table(url: str, name: str) -> bool:
    return name in read_rows(url)


def test_backup_of_the_other_kind_of_database_is_refused(folder: Path, url: str) -> None:
    other = folder / "other"
    if is_sqlite(url):
        other.write_bytes(b"PGDMP and more")
    else:
        other.write_bytes(damages.make_other_sqlite(folder))
    refused = call(folder, "db", "restore", str(other), "--force")
    assert refused.exit_code == 1
    assert "another kind of database" in refused.output or "not a backup of fedserver" in refused.output


class RunningNode:
    """`fedserver run` as a process, until the block ends."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = operators.start(folder, "run", *arguments)

    def __enter__(self) -> RunningNode:
        assert self.process.stdout is not None
        assert b"running" in self.process.stdout.readline()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)


@pytest.mark.parametrize("arguments", [[], ["--only", "worker"]])
def test_restore_while_a_node_runs_is_refused(folder: Path, url: str, arguments: list[str]) -> None:
    port = find_free_port()
    (folder / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[database]\nurl = "{url}"\n'
    )
    copy = folder / "copy"
    with RunningNode(folder, *arguments):
        assert call(folder, "db", "backup", str(copy)).exit_code == 0
        before = read_rows(url)
        refused = call(folder, "db", "restore", str(copy), "--force")
        assert refused.exit_code == 1
        assert "in use" in refused.output
        # Its first clean-up, which runs meanwhile, leaves a mark there.
        assert {**read_rows(url), "settings": []} == {**before, "settings": []}
        add_member(folder, "bob")  # the node still has its log, and so have others
    restored = call(folder, "db", "restore", str(copy), "--force")
    assert restored.exit_code == 0, restored.output


def test_restore_killed_at_any_moment_leaves_one_state_or_the_other(folder: Path, url: str) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    restored = read_rows(url)
    add_member(folder, "bob")
    current = read_rows(url)
    for seconds in (0.3, 0.6, 0.8, 1.0, 1.2, 1.5):
        process = operators.start(folder, "db", "restore", str(copy), "--force")
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.communicate()
        assert _read_when_free(url) in (current, restored), seconds
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0
    assert read_rows(url) == restored
    assert not [name for name in list_files(folder) if ".part-" in name]


def _read_when_free(url: str) -> dict[str, Any]:
    """Return all rows once the server has rolled back what a killed program left."""
    for _ in range(100):
        rows = read_rows(url)
        if rows:
            return rows
        time.sleep(0.05)
    raise TimeoutError


def test_verify_of_another_file_is_refused(folder: Path) -> None:
    wrong = folder / "wrong"
    wrong.write_bytes(b"not a database at all, but longer than a header " * 10)
    verified = call(folder, "db", "verify", str(wrong))
    assert verified.exit_code == 1
    assert "not a database" in verified.output


@pytest.mark.parametrize("name", ["a copy?mode=rw", "100%25#1", "ä ö"])
def test_backup_with_an_unusual_name_is_verified_and_restored(folder: Path, url: str, name: str) -> None:
    copy = folder / name
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    assert call(folder, "db", "verify", str(copy)).exit_code == 0
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0


def test_backup_that_fails_leaves_nothing(folder: Path, url: str, tmp_path: Path) -> None:
    copies = folder / "copies"
    copies.mkdir()
    if is_sqlite(url):
        Path(url.removeprefix("sqlite:")).write_bytes(b"not a database " * 1_000)
        failed = call(folder, "db", "backup", str(copies / "copy"))
    else:
        wrong = url.rpartition("/")[0] + "/no_such_database"
        failed = call(folder, "db", "backup", str(copies / "copy"), FEDSERVER_DATABASE_URL=wrong)
    assert failed.exit_code == 1
    assert "Error: " in failed.output
    assert list(copies.iterdir()) == []


def test_backup_of_another_key_is_refused(folder: Path, url: str) -> None:
    copy, key = folder / "copy", folder / "data" / "seal.key"
    call(folder, "db", "backup", str(copy))
    right, before = key.read_bytes(), read_state(url)
    for other in (None, b"ab" * 32):
        key.unlink()
        if other is not None:
            key.write_bytes(other)
        refused = call(folder, "db", "restore", str(copy), "--force")
        assert refused.exit_code == 1
        assert str(key) in refused.output
        assert "--lost-key" in refused.output
        assert key.exists() is (other is not None)
        assert read_state(url) == before
        key.write_bytes(right)
    assert call(folder, "db", "restore", str(copy), "--force").exit_code == 0


def test_lost_key_is_replaced_with_all_that_it_sealed(folder: Path, url: str) -> None:
    copy, key = folder / "copy", folder / "data" / "seal.key"
    refused = call(folder, "db", "replace-keys")
    assert (refused.exit_code, "nothing has to be replaced" in refused.output) == (1, True)
    call(folder, "db", "backup", str(copy))
    former = ask(url, "SELECT uri, public FROM keys WHERE private IS NOT NULL ORDER BY uri")
    key.unlink()
    started = call(folder, "member", "list")
    assert started.exit_code == 1
    assert "seal.key" in started.output
    assert not key.exists()
    assert call(folder, "db", "restore", str(copy), "--force", "--lost-key").exit_code == 0
    replaced = call(folder, "db", "replace-keys")
    assert replaced.exit_code == 0, replaced.output
    assert "1 account has new keys" in replaced.output
    current = ask(url, "SELECT uri, public FROM keys WHERE private IS NOT NULL ORDER BY uri")
    assert [uri for uri, _ in current] == [uri for uri, _ in former]
    assert all(new != old for (_, new), (_, old) in zip(current, former, strict=True))
    assert call(folder, "member", "list").output.startswith("ann\t")
    payloads = ask(url, "SELECT payload FROM tasks WHERE kind = 'update_account'")
    assert len([json.loads(payload) for (payload,) in payloads]) == 1
