"""The `fedserver` command: `fedserver --help` lists what there is."""

from __future__ import annotations

import importlib

import click

from fedserver.version import VERSION

MODULES = {
    "init": "init",
    "run": "run",
    "member": "members",
    "token": "tokens",
    "peer": "peers",
    "log": "audit_log",
    "db": "databases",
    "check": "check",
    "routes": "routes",
    "demo": "demo",
}


class LazyGroup(click.Group):
    """Loads the module of a command when it is named: none waits for what the others need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        found = getattr(importlib.import_module(f"fedserver.cli.{MODULES[cmd_name]}"), cmd_name)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=LazyGroup)
@click.version_option(VERSION, prog_name="fedserver")
def main() -> None:
    """A community server that its members own."""
