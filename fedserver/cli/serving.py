"""`fedserver run`."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import structlog
from aiohttp import web

from fedserver.cli.settings import asynchronous, config_option, read_config
from fedserver.config import Config, Log
from fedserver.node import Node, open_node

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_log(settings: Log) -> None:
    """One line an event, for people or for machines."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    logging.basicConfig(level=LEVELS[settings.level], format="%(message)s")
    for noisy in ("asyncio", "aiosqlite", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info
            if settings.format == "json"
            else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
    )


def sites_of(listen: str) -> Callable[[web.AppRunner], Sequence[web.BaseSite]]:
    """Where to listen: `host:port` or `unix:/path`."""

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        if listen.startswith("unix:"):
            return [web.UnixSite(runner, listen.removeprefix("unix:"))]
        host, _, port = listen.rpartition(":")
        return [web.TCPSite(runner, host.strip("[]"), int(port), backlog=1_024)]

    return sites


@click.command()
@config_option
@click.option("--only", type=click.Choice(["web", "worker"]), help="Only answer, or only work.")
@asynchronous
async def run(config_path: Path | None, only: str | None) -> None:
    """Serve until SIGTERM; then finish what was begun and stop."""
    config = read_config(config_path)
    configure_log(config.log)
    node = await open_node(config)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        if only != "worker":
            await _listen(node, config)
        node.runner.start(only_watch=only == "web")
        await _announce(node, config)
        await stopping.wait()
    finally:
        await node.close()


async def _listen(node: Node, config: Config) -> None:
    try:
        await node.serve(sites_of(config.node.listen))
    except (OSError, socket.gaierror) as error:
        raise click.ClickException(f"cannot listen on {config.node.listen}: {error}") from error


async def _announce(node: Node, config: Config) -> None:
    click.echo(f"fedserver is running at {config.node.base_url} (listening on {config.node.listen})")
    link = await node.setup_link()
    if link is not None:
        click.echo(
            f"Nobody is registered yet. Make the first account, the owner's, here (once, 24 hours):\n  {link}"
        )
