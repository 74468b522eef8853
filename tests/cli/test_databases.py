"""`fedserver db …`: a backup of a running node is verified and restored, a damaged one changes nothing."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
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
        f'[node]\ndomain = "commons.test"\nlisten = "127.0.0.1:{port}"\n[database]\nurl = "{url}"\n'
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
    for seconds in (0.02, 0.05, 0.1, 0.2, 0.3, 0.6):
        process = operators.start(folder, "db", "restore", str(copy), "--force")
        with suppress(TimeoutError):
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


def set_node(folder: Path, domain: str, base_url: str, url: str) -> None:
    (folder / "fedserver.toml").write_text(
        f'[node]\ndomain = "{domain}"\nbase_url = "{base_url}"\n[database]\nurl = "{url}"\n'
    )


@pytest.mark.parametrize(
    ("domain", "base_url"),
    [("other.test", "http://localhost:8420"), ("commons.test", "https://commons.test")],
)
def test_database_of_another_domain_is_refused_by_every_command(
    folder: Path, url: str, domain: str, base_url: str
) -> None:
    set_node(folder, domain, base_url, url)
    before = read_state(url)
    for command in (["member", "list"], ["db", "upgrade"], ["peer", "block", "x.test"], ["run"]):
        refused = call(folder, *command)
        assert refused.exit_code == 1, command
        assert "The database is that of commons.test at http://localhost:8420" in refused.output
        assert "Please restore node.domain and node.base_url" in refused.output
    assert read_state(url) == before
    set_node(folder, "commons.test", "http://localhost:8420", url)
    assert call(folder, "member", "list").exit_code == 0


def test_database_without_people_takes_another_domain(tmp_path: Path, url: str) -> None:
    set_node(tmp_path, "typo.test", "https://typo.test", url)
    assert call(tmp_path, "db", "upgrade").exit_code == 0
    set_node(tmp_path, "right.test", "https://right.test", url)
    assert call(tmp_path, "db", "upgrade").exit_code == 0


@pytest.mark.parametrize("is_recorded", [True, False])
def test_backup_of_another_domain_is_restored_only_if_it_is_named(
    folder: Path, url: str, is_recorded: bool
) -> None:
    """A database of an earlier version tells by its accounts alone whose it is."""
    if not is_recorded:
        ask(url, "DELETE FROM settings WHERE name = 'node_identity' RETURNING 1")
        ask(
            url,
            "UPDATE accounts SET uri = 'http://localhost:8420/actor' RETURNING 1",
        )
    copy, stored = folder / "copy", "commons.test" if is_recorded else "localhost:8420"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    assert f"It is of the node {stored}." in call(folder, "db", "verify", str(copy)).output
    before = read_state(url)
    set_node(folder, "other.test", "https://other.test", url)
    for named in ([], ["--from-domain", "third.test"]):
        refused = call(folder, "db", "restore", str(copy), "--force", *named)
        assert refused.exit_code == 1
        assert read_state(url) == before
    assert "is not a backup of third.test" in refused.output
    refused = call(folder, "db", "restore", str(copy), "--force")
    assert f"a backup of {stored} at http://localhost:8420" in refused.output
    assert f"--from-domain {stored}" in refused.output
    restored = call(folder, "db", "restore", str(copy), "--force", "--from-domain", stored)
    assert restored.exit_code == 0, restored.output
    assert read_state(url) == before


def test_dump_or_file_with_less_or_more_than_the_schema_is_no_whole_backup(folder: Path, url: str) -> None:
    copy, damaged = folder / "copy", folder / "damaged"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    if is_sqlite(url):
        trigger = "CREATE TRIGGER evil AFTER INSERT ON accounts BEGIN DELETE FROM posts; END"
        changes = {
            "DROP INDEX ix_posts_account_id_id": "missing: posts: index (account_id, id)",
            "DROP INDEX uq_posts_slug": "missing: posts: unique index (account_id, slug) where",
            "DROP TRIGGER acts_stay": "missing: trigger acts_stay",
            trigger: "holds a trigger that is not of fedserver",
            "CREATE UNIQUE INDEX one ON posts (account_id)": "not of fedserver: posts: unique index",
        }
        contents = {statement: damages.change_sqlite(copy, statement) for statement in changes}
    else:
        trigger = (
            "CREATE TRIGGER evil BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION refuse_act('x')"
        )
        changes = {
            "DROP INDEX ix_posts_account_id_id": "missing: posts: index ix_posts_account_id_id",
            "DROP INDEX uq_posts_slug": "missing: posts: unique index uq_posts_slug",
            "DROP TRIGGER acts_stay ON acts": "missing: trigger acts_stay",
            "ALTER TABLE posts DROP CONSTRAINT fk_posts_account_id": "posts: constraint fk_posts_account_id",
            trigger: "holds a trigger that is not of fedserver",
        }
        contents = {statement: damages.dump_changed(url, folder, statement) for statement in changes}
    before = read_state(url)
    for statement, told in changes.items():
        damaged.write_bytes(contents[statement])
        for command in (["verify", str(damaged)], ["restore", str(damaged), "--force"]):
            refused = call(folder, "db", *command)
            assert refused.exit_code == 1, (statement, refused.output)
            assert told in refused.output, statement
    assert read_state(url) == before


def test_file_with_an_index_more_is_a_backup(folder: Path, url: str) -> None:
    """An operator may have made one, which changes no result."""
    if not is_sqlite(url):
        pytest.skip("the same on both")
    copy, changed = folder / "copy", folder / "changed"
    assert call(folder, "db", "backup", str(copy)).exit_code == 0
    changed.write_bytes(damages.change_sqlite(copy, "CREATE INDEX mine ON posts (language, id)"))
    assert call(folder, "db", "verify", str(changed)).exit_code == 0


def test_dump_of_rows_alone_is_no_whole_backup(folder: Path, url: str) -> None:
    if is_sqlite(url):
        pytest.skip("dumps are PostgreSQL's")
    dump = folder / "rows"
    subprocess.run(["pg_dump", "-Fc", "--data-only", f"--file={dump}", url], check=True, capture_output=True)
    verified = call(folder, "db", "verify", str(dump))
    assert verified.exit_code == 1
    assert "is not a whole backup" in verified.output


def test_copy_of_a_running_database_without_its_log_leaves_a_doubt(folder: Path, url: str) -> None:
    if not is_sqlite(url):
        pytest.skip("there is no such log")
    copy, path = folder / "copy", Path(url.removeprefix("sqlite:"))
    with closing(sqlite3.connect(path)) as used:
        used.execute("PRAGMA journal_mode=WAL")
        with used:
            used.execute("INSERT INTO settings (name, value, updated_at) VALUES ('a', '1', 1)")
        shutil.copyfile(path, copy)
    for command in (["verify", str(copy)], ["restore", str(copy), "--force"]):
        told = call(folder, "db", *command)
        assert told.exit_code == 0
        assert "newest rows are missing" in told.output
        assert "whole backup" not in told.output
    assert '"may_lack_newest_rows": true' in call(folder, "db", "verify", str(copy), "--json").output
