"""Backups of PostgreSQL: its programs may fail at any point, and get no password as an argument."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedserver.cli.backups import client_programs
from tests.kit import damages, databases, operators
from tests.kit.operators import ask, call, read_rows, read_state


@pytest.fixture
def url() -> Iterator[str]:
    """Provide the database of a node without members."""
    url = operators.new_postgres()
    yield url
    databases.release(url)


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Path:
    """Return the folder of a node with one member."""
    return operators.make_node(tmp_path / "node", url)


def test_restore_of_a_cut_dump_of_pg_dump_itself_leaves_the_old_state(folder: Path, url: str) -> None:
    """Without our checksum only reading all of it finds the damage."""
    whole = damages.dump_changed(url, folder)
    damaged, before = folder / "damaged", read_state(url)
    for part in (0.5, 0.8, 0.85, 0.9, 0.95, 0.99):
        damaged.write_bytes(damages.cut(whole, part))
        assert call(folder, "db", "verify", str(damaged)).exit_code == 1, part
        assert call(folder, "db", "restore", str(damaged), "--force").exit_code == 1, part
        assert read_state(url) == before, part
    damaged.write_bytes(whole)
    verified = call(folder, "db", "verify", str(damaged))
    assert verified.exit_code == 0, verified.output
    assert "no checksum" in verified.output
    assert call(folder, "db", "restore", str(damaged), "--force").exit_code == 0
    assert read_rows(url) == before[1]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", "is not a backup of fedserver"),
        ("exit 3", "ended with status 3 and said nothing"),
        ("echo 'pg_restore: error: no such thing' >&2; exit 1", "no such thing"),
        (None, "not installed"),
    ],
)
def test_restore_with_a_broken_pg_restore_leaves_the_old_state(
    folder: Path, url: str, tmp_path: Path, script: str | None, told: str
) -> None:
    copy, programs = folder / "copy", tmp_path / "programs"
    call(folder, "db", "backup", str(copy))
    before = read_state(url)
    programs.mkdir()
    if script is not None:
        (programs / "pg_restore").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "pg_restore").chmod(0o755)
    for command in (["verify", str(copy)], ["restore", str(copy), "--force"]):
        failed = call(folder, "db", *command, PATH=str(programs))
        assert failed.exit_code == 1
        assert told in failed.output
        assert "Traceback" not in failed.output
    assert read_state(url) == before


def test_restore_with_a_program_that_dies_in_the_middle_leaves_the_old_state(
    folder: Path, url: str, tmp_path: Path
) -> None:
    """The script stops before its end, and psql gets no more of it: nothing may be committed."""
    copy, programs = folder / "copy", tmp_path / "programs"
    call(folder, "db", "backup", str(copy))
    before = read_state(url)
    programs.mkdir()
    real = {name: shutil.which(name) for name in ("pg_restore", "psql")}
    cut = f'case "$*" in *--use-list*) {real["pg_restore"]} "$@" | head -n -300; exit 0;; esac'
    for name, script in (
        ("pg_restore", f'{cut}\nexec {real["pg_restore"]} "$@"'),
        ("pg_restore", f'{cut.replace("exit 0", "kill -9 $$")}\nexec {real["pg_restore"]} "$@"'),
        ("psql", f'head -c 90000 | {real["psql"]} "$@"; exit 0'),
        ("psql", "kill -9 $$"),
    ):
        for program in ("pg_restore", "psql"):
            body = script if program == name else f'exec {real[program]} "$@"'
            (programs / program).write_text(f"#!/bin/sh\n{body}\n")
            (programs / program).chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        failed = call(folder, "db", "restore", str(copy), "--force", PATH=path)
        assert failed.exit_code == 1, (name, script, failed.output)
        assert read_state(url) == before


def test_restore_beside_tables_of_another_program_is_refused(folder: Path, url: str) -> None:
    copy = folder / "copy"
    call(folder, "db", "backup", str(copy))
    ask(url, "CREATE TABLE songs (title text)")
    try:
        before = read_state(url)
        refused = call(folder, "db", "restore", str(copy), "--force")
        assert refused.exit_code == 1
        assert "songs" in refused.output
        assert read_state(url) == before
    finally:
        ask(url, "DROP TABLE songs")


def test_password_is_in_no_argument_of_any_program(folder: Path, url: str, tmp_path: Path) -> None:
    programs, seen = tmp_path / "programs", tmp_path / "seen"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (programs / name).write_text(
            f'#!/bin/sh\necho "{name} $@ password=$PGPASSWORD" >> {seen}\nexec {shutil.which(name)} "$@"\n'
        )
        (programs / name).chmod(0o755)
    with_password = url.replace("//root@", "//root:s%C3%A9cret%40word@") + "?application_name=backup"
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "FEDSERVER_DATABASE_URL": with_password}
    copy = str(folder / "copy")
    for command in (["backup", copy], ["verify", copy], ["restore", copy, "--force"]):
        done = call(folder, "db", *command, **environment)
        assert done.exit_code == 0, done.output
    lines = seen.read_text().splitlines()
    assert {line.split()[0] for line in lines} == {"pg_dump", "pg_restore", "psql"}
    for line in lines:
        arguments, _, password = line.partition(" password=")
        assert "cret" not in arguments
        if "--dbname" in arguments:
            assert password == "sécret@word"
            assert "application_name=backup" in arguments


@pytest.mark.parametrize(
    ("url", "shown", "password"),
    [
        ("postgresql://ann:top@db.example/x", "postgresql://ann@db.example/x", "top"),
        ("postgres://ann:a%2Fb%40c@[::1]:5433/x", "postgres://ann@[::1]:5433/x", "a/b@c"),
        (
            "postgresql://ann@db/x?password=top&sslmode=require",
            "postgresql://ann@db/x?sslmode=require",
            "top",
        ),
        (
            "postgresql:///x?host=/run/pg&user=ann&password=t",
            "postgresql:///x?host=%2Frun%2Fpg&user=ann",
            "t",
        ),
        ("postgresql://ann:p:q@a,b:1/x", "postgresql://ann@a,b:1/x", "p:q"),
        ("postgresql://ann@db.example", "postgresql://ann@db.example", None),
    ],
)
def test_address_of_programs_has_no_password(
    monkeypatch: pytest.MonkeyPatch, url: str, shown: str, password: str | None
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    address = client_programs.to_address(url)
    expected = shown.replace("%2F", "/") if "%2F" not in address.url else shown
    assert address.url == expected
    assert address.environment.get("PGPASSWORD") == password
