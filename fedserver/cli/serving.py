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
from fedserver.cli.notifying import READY, STOPPING, notify
from fedserver.cli.settings import asynchronous
from fedserver.config import Config
from fedserver.node import Node, Sites, open_node

__all__ = ["Place", "configure_log", "serve", "sites_of"]
BACKLOG = 1_024


class Place(Struct, frozen=True):
    """What one process does: all, or `only` a part; which of several it is, and a socket given to it."""

    only: str | None = None
    number: int | None = None
    fd: int | None = None


ALONE = Place()


def sites_of(listen: str, place: Place = ALONE) -> Sites:
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


def metrics_of(listen: str, number: int | None) -> str:
    """Where a process tells its figures: each of several on a port (or path) of its own, counted upwards."""
    if not number:
        return listen
    if listen.startswith("unix:"):
        return f"{listen}.{number}"
    host, _, port = listen.rpartition(":")
    return f"{host}:{int(port) + number}"


@asynchronous
async def serve(config: Config, place: Place) -> None:
    """Serve until SIGTERM; then finish what was begun and stop."""
    configure_log(config.log)
    node = await open_node(config)
    stopping = asyncio.Event()
    _stop_on_signals(stopping, place)
    try:
        if place.only != "worker":
            await _listen(node.serve, config.node.listen, sites_of(config.node.listen, place))
        if config.metrics.listen:
            listen = metrics_of(config.metrics.listen, place.number)
            await _listen(node.serve_metrics, listen, sites_of(listen))
        node.runner.start(only_watch=place.only == "web")
        await _announce(node, config, place)
        notify(READY)
        _keep_what_is_there()
        await stopping.wait()
        notify(STOPPING)
    finally:
        await node.close()


def _keep_what_is_there() -> None:
    """What a node is made of lives as long as it. Looking through it for garbage took 60 ms a time.

    What the start alone needed, some 5 MB, goes back to the system where the C library can do that (glibc).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _stop_on_signals(stopping: asyncio.Event, place: Place) -> None:
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


async def _listen(serve: Callable[[Sites], Awaitable[None]], listen: str, sites: Sites) -> None:
    try:
        await serve(sites)
    except (OSError, socket.gaierror) as error:
        raise click.ClickException(f"cannot listen on {listen}: {error}") from error


async def _announce(node: Node, config: Config, place: Place) -> None:
    if place.number is None:
        where = "" if place.only == "worker" else f" (listening on {config.node.listen})"
        click.echo(f"fedserver is running at {config.node.base_url}{where}")
    # One process asks for the link, as a new one makes earlier ones void.
    if place.number or (place.number is None and place.only == "worker"):
        return
    link = await node.setup_link()
    if link is not None:
        click.echo(
            f"Nobody is registered yet. Make the first account, the owner's, here (once, 24 hours):\n  {link}"
        )
