"""Options that take a password without showing it: everyone on the machine can see arguments (`ps`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from fedserver.cli.language import option
from fedserver.text.locales import gettext

STDIN = "-"
MAX_BYTES = 10_000  # more than the longest password; a wrong file is not read to its end
Command = Callable[..., None]
OPTIONS = (
    option(
        "--password",
        default=None,
        help="The password; - is the same as --password-stdin. Others can see one that is written here.",
    ),
    option(
        "--password-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="The file with the password in its first line.",
    ),
    option("--password-stdin", is_flag=True, help="Read the password from standard input."),
)


def password_options(*, is_required: bool) -> Callable[[Command], Command]:
    """Add `--password-stdin`, `--password-file` and `--password`, and pass the password as `password`.

    That is None if none of them is given; where `is_required`, the password is asked for instead.
    """

    def decorate(command: Command) -> Command:
        # Before the event loop, in which Ctrl-C would not end the question.
        @wraps(command)
        def run(*args: Any, **kwargs: Any) -> None:
            names = ("password", "password_file", "password_stdin")
            password = read_password(*(kwargs.pop(name) for name in names))
            command(*args, password=require_password(password) if is_required else password, **kwargs)

        decorated: Command = run
        for add in OPTIONS:
            decorated = add(decorated)
        return decorated

    return decorate


def read_password(password: str | None, password_file: Path | None, password_stdin: bool) -> str | None:
    """Return the password that the options name; None without one.

    At a terminal it is asked for, and not shown. Raises UsageError for several options, ClickException for
    an empty password.
    """
    if (password is not None) + (password_file is not None) + password_stdin > 1:
        raise click.UsageError(gettext("Please give the password in one way only."))
    if password_file is not None:
        with password_file.open("rb") as file:
            return _require(_decode_line(file.readline(MAX_BYTES)))
    if password_stdin or password == STDIN:
        return _require(
            ask_password() if sys.stdin.isatty() else sys.stdin.readline(MAX_BYTES).rstrip("\r\n")
        )
    if password is not None:
        warning = gettext(
            "Everyone on this machine can see a password that is written on the command line. "
            "--password-stdin and --password-file hide it."
        )
        click.echo(gettext("Warning: %(text)s", text=warning), err=True)
    return password


def ask_password() -> str:
    """Ask for a password twice at the terminal, without showing it."""
    answer: str = click.prompt(gettext("Password"), hide_input=True, confirmation_prompt=True, err=True)
    return answer


def require_password(password: str | None) -> str:
    """Return the password, or one that is asked for. Raises UsageError where there is no terminal."""
    if password is not None:
        return password
    if not sys.stdin.isatty():
        raise click.UsageError(gettext("Please give the password with --password-stdin or --password-file."))
    return ask_password()


def _decode_line(line: bytes) -> str:
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise click.ClickException(gettext("The password is not text in UTF-8.")) from error


def _require(password: str) -> str:
    """Return a password. An empty one is no wish for none, but a pipe or a file that is wrong."""
    if not password:
        raise click.ClickException(gettext("The password is empty."))
    return password
