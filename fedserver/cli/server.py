"""Serves in this process: listens, works, says so, and stops in order."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence

import click
from aiohttp import web
from msgspec import Struct

from fedserver.cli.logs import configure_log
from fedserver.cli.sd_notify import READY, STOPPING, notify
from fedserver.cli.settings import async_command
from fedserver.config import Config
from fedserver.node import Node, SiteFactory, open_node

__all__ = ["ProcessRole", "build_sites", "configure_log", "serve"]
BACKLOG = 1_024


class ProcessRole(Struct, frozen=True):
    """What one process does: all, or `only` a part; which of several it is, and a socket given to it."""

    only: str | None = None
    number: int | None = None
    fd: int | None = None


SINGLE_PROCESS = ProcessRole()


def build_sites(listen: str, place: ProcessRole = SINGLE_PROCESS) -> SiteFactory:
    """Where to listen: `host:port` or `unix:/path`. Several processes share a port."""

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        if place.fd is not None:
            return [web.SockSite(runner, socket.socket(fileno=place.fd), backlog=BACKLOG)]
        if listen.startswith("unix:"):
            return [web.UnixSite(runner, listen.removeprefix("unix:"), backlog=BACKLOG)]
        host, _, port = listen.rpartition(":")
        shared = place.number is not None
        return [web.TCPSite(runner, host.strip("[]"), int(port), backlog=BACKLOG, reuse_port=shared)]

    return sites


def choose_metrics_listen(listen: str, number: int | None) -> str:
    """Where a process tells its figures: each of several on a port (or path) of its own, counted upwards."""
    if not number:
        return listen
    if listen.startswith("unix:"):
        return f"{listen}.{number}"
    host, _, port = listen.rpartition(":")
    return f"{host}:{int(port) + number}"


@async_command
async def serve(config: Config, place: ProcessRole) -> None:
    """Serve until SIGTERM; then finish what was begun and stop."""
    configure_log(config.log)
    node = await open_node(config)
    stopping = asyncio.Event()
    _stop_on_signals(stopping, place)
    try:
        if place.only != "worker":
            await _listen(node.serve, config.node.listen, build_sites(config.node.listen, place))
        if config.metrics.listen:
            listen = choose_metrics_listen(config.metrics.listen, place.number)
            await _listen(node.serve_metrics, listen, build_sites(listen))
        node.runner.start(only_watch=place.only == "web")
        await _report_ready(node, config, place)
        notify(READY)
        _freeze_garbage_collector()
        await stopping.wait()
        notify(STOPPING)
    finally:
        await node.close()


def _freeze_garbage_collector() -> None:
    """What a node is made of lives as long as it. Looking through it for garbage took 60 ms a time.

    What the start alone needed, some 5 MB, goes back to the system where the C library can do that (glibc).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _stop_on_signals(stopping: asyncio.Event, place: ProcessRole) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    def ended() -> None:
        # The supervisor never writes: there is something to read when it has gone.
        if not os.read(0, 1):
            loop.remove_reader(0)
            stopping.set()

    if place.number is not None:
        loop.add_reader(0, ended)


async def _listen(serve: Callable[[SiteFactory], Awaitable[None]], listen: str, sites: SiteFactory) -> None:
    try:
        await serve(sites)
    except (OSError, socket.gaierror) as error:
        raise click.ClickException(f"cannot listen on {listen}: {error}") from error


async def _report_ready(node: Node, config: Config, place: ProcessRole) -> None:
    if place.number is None:
        where = "" if place.only == "worker" else f" (listening on {config.node.listen})"
        click.echo(f"fedserver is running at {config.node.base_url}{where}")
    # One process asks for the link, as a new one makes earlier ones void.
    if place.number or (place.number is None and place.only == "worker"):
        return
    link = await node.create_setup_link()
    if link is not None:
        click.echo(
            f"Nobody is registered yet. Make the first account, the owner's, here (once, 24 hours):\n  {link}"
        )
