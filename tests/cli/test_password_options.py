"""Passwords come from standard input, a file or a question, and are shown to nobody."""

from __future__ import annotations

import asyncio
import os
import pty
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from fedserver.cli.commands import main
from fedserver.domain.auth import members, passwords
from storage.clock import system_clock
from storage.opening import open_database
from tests.kit import commands

PASSWORD = "a fine long password"
ADD = ("member", "add", "ann", "--email", "ann@mail.test")
RESET = ("member", "reset-password", "ann")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "fedserver.toml"
    path.write_text(f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n')
    return path


def _call(config: Path, *arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(main, [*arguments, "--config", str(config)], input=text)


def _has_password(config: Path, password: str) -> bool:
    async def verify() -> bool:
        database = await open_database(f"sqlite:{config.parent}/node.sqlite3", system_clock)
        async with database.read() as tx:
            row = await members.get_by_username(tx, "ann")
        await database.close()
        return await passwords.Passwords().verify(row.password_hash, password)

    return asyncio.run(verify())


def _write_password_file(config: Path, content: bytes) -> str:
    path = config.parent / "password"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("options", [["--password-stdin"], ["--password", "-"]])
@pytest.mark.parametrize("command", [ADD, RESET])
def test_password_is_the_first_line_of_standard_input(
    config: Path, command: tuple[str, ...], options: list[str]
) -> None:
    if command == RESET:
        assert _call(config, *ADD, "--password-stdin", text="another password\n").exit_code == 0
    result = _call(config, *command, *options, text=f"{PASSWORD}\r\nmore\n")
    assert result.exit_code == 0, result.output
    assert (result.stderr, PASSWORD in result.output) == ("", False)
    assert _has_password(config, PASSWORD)


def test_password_is_the_first_line_of_a_file(config: Path) -> None:
    result = _call(config, *ADD, "--password-file", _write_password_file(config, f"{PASSWORD}\n".encode()))
    assert (result.exit_code, result.stderr) == (0, "")
    assert _has_password(config, PASSWORD)


def test_password_as_an_argument_works_with_a_warning(config: Path) -> None:
    result = _call(config, *ADD, "--password", PASSWORD)
    assert result.exit_code == 0
    assert "Everyone on this machine can see" in result.stderr
    assert PASSWORD not in result.output
    assert _has_password(config, PASSWORD)


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe\n", "not text in UTF-8")]
)
def test_password_of_a_wrong_file_is_refused(config: Path, content: bytes, problem: str) -> None:
    result = _call(config, *ADD, "--password-file", _write_password_file(config, content))
    assert (result.exit_code, problem in result.stderr) == (1, True)
    assert _call(config, "member", "show", "ann").exit_code == 1


def test_reset_with_an_empty_input_does_not_lock_the_member_out(config: Path) -> None:
    assert _call(config, *ADD, "--password-stdin", text=PASSWORD).exit_code == 0
    for option in (["--password-stdin"], ["--password", "-"], ["--password", ""]):
        assert _call(config, *RESET, *option).exit_code == 1
    assert _has_password(config, PASSWORD)


def test_reset_without_an_option_prints_a_password_that_works(config: Path) -> None:
    assert _call(config, *ADD, "--password-stdin", text=PASSWORD).exit_code == 0
    result = _call(config, *RESET)
    assert _has_password(config, result.stdout.split()[-1])


@pytest.mark.parametrize(
    "options",
    [[], ["--password-stdin", "--password", PASSWORD], ["--password-stdin", "--password-file", "x"]],
)
def test_add_without_one_clear_password_is_a_wrong_use(config: Path, options: list[str]) -> None:
    (config.parent / "x").write_text(PASSWORD)
    options = [str(config.parent / "x") if option == "x" else option for option in options]
    assert _call(config, *ADD, *options, text=PASSWORD).exit_code == 2


def _answer_at_a_terminal(config: Path, options: list[str], *answers: str) -> tuple[int, str]:
    """Run `member add` at a terminal, answer each question; return the exit status and what was shown."""
    ours, theirs = pty.openpty()
    process = commands.start(
        *ADD, *options, "--config", str(config), folder=config.parent,
        environment={"LC_ALL": "C"}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = ""
    for answer in (*answers, ""):
        asked = len(shown)
        while ":" not in shown[asked:]:
            try:
                shown += os.read(ours, 1_000).decode()
            except OSError:  # the end, on Linux
                break
        if answer:
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.wait(60), shown


@pytest.mark.parametrize("options", [[], ["--password-stdin"], ["--password", "-"]])
def test_password_is_asked_for_at_a_terminal_and_not_shown(config: Path, options: list[str]) -> None:
    status, shown = _answer_at_a_terminal(config, options, PASSWORD, PASSWORD)
    assert status == 0, shown
    assert "Password" in shown
    assert PASSWORD not in shown
    assert _has_password(config, PASSWORD)


def _list_options(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Option]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _list_options(child, f"{path} {name}")
        return
    for option in command.params:
        if isinstance(option, click.Option):
            yield path, option


def test_no_other_option_takes_a_secret() -> None:
    words = ("password", "secret", "token", "key", "dsn", "credential")
    taking = {
        (path.strip(), name)
        for path, option in _list_options(main)
        for name in option.opts
        if any(word in name for word in words) and not option.is_flag and not name.endswith("-file")
    }
    assert taking == {("member add", "--password"), ("member reset-password", "--password")}
