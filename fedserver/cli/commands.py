"""The `fedserver` command: `fedserver --help` lists what there is."""

from __future__ import annotations

import click

from fedserver.cli.checking import check
from fedserver.cli.databases import db
from fedserver.cli.demo import demo
from fedserver.cli.initializing import init
from fedserver.cli.members import member
from fedserver.cli.peers import peer
from fedserver.cli.routes import routes
from fedserver.cli.serving import run
from fedserver.cli.tokens import token
from fedserver.version import VERSION


@click.group()
@click.version_option(VERSION, prog_name="fedserver")
def main() -> None:
    """A community server that its members own."""


for command in (init, run, member, token, peer, db, check, routes, demo):
    main.add_command(command)
