"""`fedserver run`: serves in this process, or looks after several that do."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from pathlib import Path
from typing import Any

import click

from fedserver.cli.configuration import config_option, read_config
from fedserver.cli.supervisor import Supervisor


@click.command()
@config_option
@click.option("--only", type=click.Choice(["web", "worker"]), help="Only answer, or only work.")
@click.option("--number", type=int, hidden=True, help="Which of several processes this is.")
@click.option("--fd", type=int, hidden=True, help="A socket that the supervisor listens on.")
def run(config_path: Path | None, only: str | None, number: int | None, fd: int | None) -> None:
    """Serve until SIGTERM; then finish what is under way and stop."""
    # The supervisor has warned already; its processes would repeat it.
    config = read_config(config_path, quiet=number is not None)
    if config.node.processes == 1 or only == "worker" or number is not None:
        serving = _load_serving()
        serving.serve(config, serving.ProcessRole(only, number, fd))
        return
    try:
        status = asyncio.run(Supervisor(config, only).run())
    except OSError as error:
        raise click.ClickException(f"cannot listen on {config.node.listen}: {error}") from error
    sys.exit(status)


def _load_serving() -> Any:
    """The module that serves: by name, as whoever looks after others has no use for a node.

    What is loaded stays: looking for garbage meanwhile costs a seventh of the start.
    """
    gc.disable()
    serving = importlib.import_module("fedserver.cli.server")
    gc.freeze()
    gc.enable()
    return serving
