"""The command line has the manners of Unix tools: pipes, exit statuses, errors, JSON, colours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fedserver.cli.commands import COMMANDS, main
from tests.kit import commands, databases

ROOT = Path(__file__).parents[2]
# Commands that tell something, and so have to tell it to programs, too.
TELLING = {"list", "show", "routes", "check", "verify"}


def _run(folder: Path, *arguments: str, **options: object) -> tuple[int, str, str]:
    """Run a command in a folder with a database; return its status, output and errors."""
    if not (folder / "node.sqlite3").exists():
        databases.new_sqlite(folder)
    ended = commands.run(*arguments, folder=folder, environment={"LC_ALL": "C"}, **options)
    return ended.returncode, (ended.stdout or b"").decode(), ended.stderr.decode()


def _walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _walk(child, (*path, name))


def test_every_command_that_tells_something_writes_json_if_asked() -> None:
    without = [
        path
        for path, command in _walk(main)
        if path[-1] in TELLING and "--json" not in {name for option in command.params for name in option.opts}
    ]
    assert without == []
    assert set(COMMANDS) >= {"print", "check", "routes"}


def test_lists_are_json(tmp_path: Path) -> None:
    add = ("member", "add", "ann", "--email", "ann@mail.test", "--password", "correct horse battery")
    assert _run(tmp_path, *add)[0] == 0
    assert _run(tmp_path, "peer", "block", "bad.test", "--reason", "spam")[0] == 0
    members = json.loads(_run(tmp_path, "member", "list", "--json")[1])
    assert [(member["username"], member["state"]) for member in members] == [("ann", "active")]
    assert json.loads(_run(tmp_path, "member", "show", "ann", "--json")[1])["email"] == "ann@mail.test"
    (peer,) = json.loads(_run(tmp_path, "peer", "list", "--json")[1])
    assert (peer["domain"], peer["policy"], peer["reason"]) == ("bad.test", "block", "spam")
    assert json.loads(_run(tmp_path, "log", "verify", "--json")[1])["last"] == 2
    assert "/livez" in {route["path"] for route in json.loads(_run(tmp_path, "routes", "--json")[1])}


@pytest.mark.parametrize("arguments", [("member", "list"), ("--help",)])
def test_reader_of_a_pipe_that_leaves_ends_the_command_quietly(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    _run(tmp_path, "member", "add", "ann", "--email", "ann@mail.test", "--password", "correct horse battery")
    reading, writing = os.pipe()
    os.close(reading)
    status, _, errors = _run(tmp_path, *arguments, stdout=writing)
    os.close(writing)
    assert (status, errors) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("routes",), ("routes", "--json")])
def test_full_disk_behind_the_output_is_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        status, _, errors = _run(tmp_path, *arguments, stdout=full)
    assert status == 1
    assert (errors[:7], errors.count("\n")) == ("Error: ", 1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("member", "show", "nobody"), 1),
        (("peer", "list", "--config", "missing.toml"), 1),
        (("db", "backup", "/proc/nowhere/x"), 1),
        (("db", "verify", "missing"), 2),
        (("member", "show"), 2),
        (("nonsense",), 2),
        (("peer", "list"), 0),
    ],
)
def test_status_is_0_for_success_1_for_failure_2_for_wrong_use(
    arguments: tuple[str, ...], expected: int, tmp_path: Path
) -> None:
    status, output, errors = _run(tmp_path, *arguments)
    assert status == expected, errors
    assert output == ""
    assert "Traceback" not in errors
    if expected == 1:
        assert (errors[:7], errors.count("\n")) == ("Error: ", 1)
    assert "\x1b" not in errors


WALKED = [path for path, _ in _walk(main)]


@pytest.mark.parametrize("path", WALKED, ids=" ".join)
@pytest.mark.parametrize("wrong", ["--nonsense", "--config", "more arguments than it takes"])
def test_wrong_use_is_one_line_with_a_hint(path: tuple[str, ...], wrong: str) -> None:
    arguments = wrong.split() if wrong.startswith("--") else ["a"] * 9
    ended = CliRunner().invoke(main, [*path, *arguments])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert (ended.stderr[:7], ended.stderr.count("\n")) == ("Error: ", 1), ended.stderr
    assert ended.stderr.endswith(f" Read more with `main {' '.join(path)} --help`.\n")
    assert "Usage" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("nonsense", "There is no command nonsense."),
        ("mumber", "There is no command mumber. Did you mean member?"),
        ("member ad", "There is no command ad. Did you mean add?"),
        ("--nonsense", "There is no option --nonsense."),
        ("member add ann --rol admin", "There is no option --rol. Did you mean --role?"),
        ("member show", "NAME is missing."),
        ("member add ann", "--email is missing."),
        ("member show a b c", "These arguments are too many: b c."),
        ("member role ann boss", "ROLE: Please write one of: owner, admin, moderator, member."),
        ("member add ann --role boss", "--role: Please write one of: owner, admin, moderator, member."),
        ("demo --port many", "--port: Please write a whole number."),
        ("db verify missing", "PATH: There is no such file that can be read."),
        ("peer import missing", "FILE: There is no such file that can be read."),
        ("member list --json=yes", "The option --json takes no value."),
        ("init --domain", "The option --domain needs a value."),
    ],
)
def test_wrong_use_tells_what_to_write(arguments: str, text: str) -> None:
    ended = CliRunner().invoke(main, arguments.split())
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"Error: {text} Read more with `main")


def test_group_without_a_command_writes_its_help() -> None:
    ended = CliRunner().invoke(main, ["member"])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "Add, list and change members." in ended.stderr


def test_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_name: str) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("fedserver.cli.commands._load", interrupt)
    with pytest.raises(SystemExit) as ended:
        main(["routes"])
    assert ended.value.code == 130
    assert capsys.readouterr().out == ""


def test_every_command_takes_the_name_of_a_configuration() -> None:
    without = [
        path
        for path, command in _walk(main)
        if "--config" not in {name for option in command.params for name in option.opts}
    ]
    assert without == []


@pytest.mark.parametrize("arguments", [("routes",), ("db", "verify", "x"), ("demo", "--once")])
def test_named_configuration_that_is_wrong_is_told(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    status, _, errors = _run(tmp_path, *arguments, "--config", "missing.toml")
    assert (status, errors.count("\n")) == (1, 1)
    assert "missing.toml" in errors


@pytest.mark.parametrize("redirection", [">&-", "<&- >&-"])
@pytest.mark.parametrize("arguments", ["member list", "run", "--help"])
def test_closed_standard_output_is_one_line(arguments: str, redirection: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m fedserver {arguments} {redirection}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stderr=subprocess.PIPE, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        "Error: Standard output is closed. Please redirect it, for example to /dev/null.\n"
    )


@pytest.mark.parametrize("redirection", ["<&-", "2>&-"])
def test_command_works_with_another_stream_closed(redirection: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m fedserver member list --json {redirection}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stdout=subprocess.PIPE, timeout=60,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, b"[]\n")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:", "sqlite:/", "sqlite:.", "sqlite::memory:", "postgresql://h:x/d", "postgresql://[::1/d",
        "postgresql://h:99999/d", "postgresql://h,g:x/d", "postgresql://a b@h/d", "mysql://h/d", "sqlite",
    ],
)  # fmt: skip
def test_odd_database_url_is_one_line_that_names_the_key(url: str, tmp_path: Path) -> None:
    (tmp_path / "fedserver.toml").write_text(f'[database]\nurl = "{url}"\n')
    status, _, errors = _run(tmp_path, "member", "list")
    assert (status, errors.count("\n")) == (1, 1), errors
    assert "database.url: " in errors


def test_member_with_an_odd_email_address_is_told_what_to_write(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("correct horse battery")
    status, _, errors = _run(
        tmp_path, "member", "add", "ann", "--email", "x", "--password-file", str(password)
    )
    assert status == 1
    assert errors.endswith("Error: Please enter an email address, such as ann@mail.example.\n")
