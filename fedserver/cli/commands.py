"""The `fedserver` command: `fedserver --help` lists its subcommands."""

from __future__ import annotations

import gc
import importlib
import os
from typing import Any, NamedTuple

import click

from fedserver.cli.language import Group, option, translate_help, use_language
from fedserver.on_demand import on_demand

version = on_demand("fedserver.version")  # it reads the metadata of the package


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
    "log": CommandEntry("audit_log", "Check the log of what moderators and admins did."),
    "db": CommandEntry("databases", "Upgrade, back up, verify and restore the database."),
    "check": CommandEntry("check", "Check the configuration and surroundings of this node."),
    "routes": CommandEntry("routes", "List every HTTP route with its scope and role."),
    "demo": CommandEntry("demo", "Run three nodes on loopback until Ctrl-C, to look at."),
}


class LazyGroup(Group):
    """A group that loads the module of a command when it is named, and none for the list."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command, with its texts in the language of the environment."""
        with use_language(os.environ):
            return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(_load(COMMANDS[cmd_name].module), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, translate_help(entry.summary)) for name, entry in COMMANDS.items()])


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
