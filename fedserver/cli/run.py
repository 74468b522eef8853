"""`fedserver run`: serve in this process, or supervise several that do."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from pathlib import Path
from typing import Any

import click

from fedserver.cli.configuration import (
    build_listen_error,
    choose_config_path,
    config_option,
    read_config,
)
from fedserver.cli.language import command, option
from fedserver.cli.logs import configure_log, report_failed_start, report_warning
from fedserver.cli.supervisor import Supervisor
from fedserver.config import Config
from fedserver.marked_text import MarkedText
from fedserver.runtime.checks.secret_files import find_open_files


@command()
@config_option
@option("--only", type=click.Choice(["web", "worker"]), help="Only answer requests, or only work on jobs.")
@option("--number", type=int, hidden=True, help="The number of this process among several.")
@option("--fd", type=int, hidden=True, help="A socket that the supervisor opened.")
def run(config_path: Path | None, only: str | None, number: int | None, fd: int | None) -> None:
    """Serve until SIGTERM; then finish what is under way and stop."""
    warnings: list[MarkedText] = []
    config = read_config(config_path, warn=warnings.append)
    configure_log(config.log)
    warnings += [file.text for file in find_open_files(config, choose_config_path(config_path))]
    # The supervisor has warned already; its processes would repeat it.
    for text in warnings if number is None else ():
        report_warning(config.log, text)
    try:
        _run(config, only, number, fd)
    except click.ClickException as error:
        report_failed_start(config.log, error)


def _run(config: Config, only: str | None, number: int | None, fd: int | None) -> None:
    if config.node.processes == 1 or only == "worker" or number is not None:
        server = _load_server()
        server.serve(config, server.ProcessRole(only, number, fd))
        return
    try:
        status = asyncio.run(Supervisor(config, only).run())
    except OSError as error:
        raise build_listen_error(config.node.listen, error) from error
    sys.exit(status)


def _load_server() -> Any:
    """Load the module that serves, by name, as the supervisor needs no node.

    Loaded modules stay: looking for garbage in them meanwhile takes a seventh of the start.
    """
    gc.disable()
    server = importlib.import_module("fedserver.cli.server")
    gc.freeze()
    gc.enable()
    return server
