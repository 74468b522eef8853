"""The `fedserver` command: `fedserver --help` lists its subcommands."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import click

from fedserver.cli.language import Group, describe_usage_error, option, translate_help, use_language
from fedserver.on_demand import on_demand

version = on_demand("fedserver.version")  # it reads the metadata of the package
locales = on_demand("fedserver.text.locales")


INTERRUPTED, BROKEN_PIPE = 128 + 2, 128 + 13


class CommandEntry(NamedTuple):
    """The module of a command, and its line in the list: listing commands must not load them all."""

    module: str
    summary: str


COMMANDS = {
    "init": CommandEntry("init", "Write a commented configuration and create the database."),
    "run": CommandEntry("run", "Serve until SIGTERM; then finish what is under way and stop."),
    "member": CommandEntry("members", "Add, list and change members."),
    "token": CommandEntry("tokens", "Create access tokens for scripts."),
    "peer": CommandEntry("peers", "List, allow, limit and block peers; import and export decisions."),
    "emoji": CommandEntry("emojis", "List, add, copy, disable and remove custom emoji."),
    "settings": CommandEntry("node_settings.commands", "Show and change settings; export and import them."),
    "log": CommandEntry("audit_log", "Check the log of what moderators and admins did."),
    "db": CommandEntry("databases", "Upgrade, back up, verify and restore the database."),
    "check": CommandEntry("checks.check", "Check the configuration and surroundings of this node."),
    "print": CommandEntry(
        "machine_files", "Print files for systemd, Caddy and nginx that go with the configuration."
    ),
    "routes": CommandEntry("routes", "List every HTTP route with its scope and role."),
    "demo": CommandEntry("demo", "Run three nodes on loopback until Ctrl-C, to look at."),
}


# Where the name of a command is that of a function of Python.
ATTRIBUTES = {"print": "print_"}


class LazyGroup(Group):
    """A group that loads the module of a command when it is named, and none for the list."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command, with its texts in the language of the environment.

        Exit statuses: 0, 1 for a failure, 2 for a wrong use, 130 after Ctrl-C, 141 if the reader of a pipe
        left (as a shell counts SIGINT and SIGPIPE).
        """
        output_was_closed = _reopen_closed_streams()
        with use_language(os.environ):
            if output_was_closed:
                _print_error(
                    locales.gettext(
                        "Standard output is closed. Please redirect it, for example to /dev/null."
                    )
                )
                sys.exit(1)
            parent_main: Callable[..., Any] = super().main
            if not kwargs.pop("standalone_mode", True):
                return parent_main(*args, standalone_mode=False, **kwargs)
            sys.exit(_run_quietly(lambda: parent_main(*args, standalone_mode=False, **kwargs)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(_load(COMMANDS[cmd_name].module), ATTRIBUTES.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, translate_help(entry.summary)) for name, entry in COMMANDS.items()])


def _reopen_closed_streams() -> bool:
    """Open /dev/null in the place of each standard stream that is closed; return True if output was.

    Else the next file or socket would get its number, and be written to, or refused by libraries.
    """
    was_closed = sys.stdout is None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # Python says so of a stream whose number is closed
            # The lowest free number is that of the stream, as those before it are open by now.
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    return was_closed


def _run_quietly(run: Callable[[], Any]) -> int:
    """Run a command and return its exit status; expected failures are one line on standard error."""
    output = sys.stdout
    try:
        status = run()
        sys.stdout.flush()
    except SystemExit as ended:
        # As `head` leaves: nobody reads on. click replaces the output then, and ends with 1.
        return _to_status(ended.code) if sys.stdout is output else BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt) as ended:
        click.echo("", err=True)
        # A question that nobody answers, at the end of the input, is no interrupt.
        return 1 if isinstance(ended.__context__, EOFError) else INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()  # the help, as there is no better answer to the bare name of a group
        return error.exit_code
    except click.UsageError as error:
        _print_error(describe_usage_error(error))
        return error.exit_code
    except click.ClickException as error:
        _print_error(error.format_message())
        return error.exit_code
    except OSError as error:
        _print_error(str(error))
        _discard_output()
        return 1
    return _to_status(status)


def _discard_output() -> None:
    """Let what is left of the output go nowhere, or writing it fails again at the end, with status 120."""
    with suppress(OSError, ValueError):
        number = os.open(os.devnull, os.O_WRONLY)
        os.dup2(number, sys.stdout.fileno())
        os.close(number)


def _to_status(code: object) -> int:
    return code if isinstance(code, int) else 0


def _print_error(message: str) -> None:
    """Write an error as one line, whatever libraries say in how many."""
    click.echo(click.style("Error:", fg="red") + " " + " ".join(message.split()), err=True)


def _load(module: str) -> object:
    # What is loaded stays: looking for garbage in it meanwhile costs a seventh of the time.
    gc.disable()
    try:
        return importlib.import_module(f"fedserver.cli.{module}")
    finally:
        gc.enable()


def _print_version(ctx: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"fedserver, version {version.VERSION}")
        ctx.exit()


@click.group(cls=LazyGroup)
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Run and manage a community server that its members own."""
