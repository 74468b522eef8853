"""Serve in this process: listen, work, report readiness, and stop in order."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from fedserver.cli.configuration import build_listen_error
from fedserver.cli.logs import configure_log, report
from fedserver.cli.sd_notify import READY, STOPPING, notify
from fedserver.cli.settings import async_command
from fedserver.config import Config
from fedserver.node import Node, SiteFactory, open_node
from fedserver.runtime.self_check import probe_path
from fedserver.text.locales import SOURCE, current_locale, gettext, set_locale, use_locale

__all__ = ["ProcessRole", "build_sites", "configure_log", "serve"]
BACKLOG = 1_024


class ProcessRole(Struct, frozen=True):
    """The role of one process: `only` "web" or "worker", its number among several, an inherited socket."""

    only: str | None = None
    number: int | None = None
    fd: int | None = None


SINGLE_PROCESS = ProcessRole()


def build_sites(listen: str, role: ProcessRole = SINGLE_PROCESS) -> SiteFactory:
    """Return the sites to listen on: `host:port` or `unix:/path`. Several processes share a port."""

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        if role.fd is not None:
            return [web.SockSite(runner, socket.socket(fileno=role.fd), backlog=BACKLOG)]
        if listen.startswith("unix:"):
            return [web.UnixSite(runner, listen.removeprefix("unix:"), backlog=BACKLOG)]
        host, _, port = listen.rpartition(":")
        shared = role.number is not None
        return [web.TCPSite(runner, host.strip("[]"), int(port), backlog=BACKLOG, reuse_port=shared)]

    return sites


def choose_metrics_listen(listen: str, number: int | None) -> str:
    """Return the address of the metrics of a process: each of several has its own, counted upwards."""
    if not number:
        return listen
    if listen.startswith("unix:"):
        return f"{listen}.{number}"
    host, _, port = listen.rpartition(":")
    return f"{host}:{int(port) + number}"


@async_command
async def serve(config: Config, role: ProcessRole) -> None:
    """Serve until SIGTERM; then finish what is under way and stop."""
    language = current_locale()
    # Requests and jobs begin in English, whatever the language of the operator.
    set_locale(SOURCE)
    node = await open_node(config)
    stopping = asyncio.Event()
    _stop_on_signals(stopping, role)
    with use_locale(language):
        await _warn_of_media_folder(config)
    try:
        if role.only != "worker":
            await _listen(node.serve, config.node.listen, build_sites(config.node.listen, role))
        if config.metrics.listen:
            listen = choose_metrics_listen(config.metrics.listen, role.number)
            await _listen(node.serve_metrics, listen, build_sites(listen))
        node.runner.start(only_watch=role.only == "web")
        with use_locale(language):
            await _report_ready(node, config, role)
            _report_settings(node, config)
        notify(READY)
        _freeze_garbage_collector()
        await stopping.wait()
        notify(STOPPING)
    finally:
        await node.close()


def _report_settings(node: Node, config: Config) -> None:
    """Tell the operator which keys of the configuration went to the database, or do not count any more."""
    if node.taken_over:
        text = gettext(
            "These settings are in the database now, as the configuration has them: %(keys)s. From now on "
            "change them in the console or with `fedserver settings set`.",
            keys=", ".join(node.taken_over),
        )
        report(config.log, "settings_taken_over", text, keys=list(node.taken_over))
    if node.ignored:
        text = gettext(
            "The configuration has other values for settings that are in the database, which are ignored: "
            "%(keys)s. Please remove them, or use `fedserver settings set`.",
            keys=", ".join(node.ignored),
        )
        report(config.log, "settings_ignored", text, keys=list(node.ignored))


async def _warn_of_media_folder(config: Config) -> None:
    """Tell the operator if no file can be stored: pages and posts work without, so that the node runs on."""
    folder = Path(config.media.store.removeprefix("file:"))
    probed = await asyncio.to_thread(probe_path, folder)
    if probed.problem:
        report(
            config.log,
            "media_store_unwritable",
            gettext(
                "media.store: Nothing can be written to %(path)s (%(reason)s), so that no file can be "
                "uploaded. Please let the user of this process write there.",
                path=str(folder),
                reason=probed.problem,
            ),
        )


def _freeze_garbage_collector() -> None:
    """Exclude all present objects from garbage collection, as a full collection of them took 60 ms.

    They live as long as the node. Memory that only the start needed, some 5 MB, is returned to the system
    where the C library can do that (glibc).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _stop_on_signals(stopping: asyncio.Event, role: ProcessRole) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    def stop_without_supervisor() -> None:
        # The supervisor never writes: the input becomes readable, at its end, when the supervisor is gone.
        if not os.read(0, 1):
            loop.remove_reader(0)
            stopping.set()

    if role.number is not None:
        loop.add_reader(0, stop_without_supervisor)


async def _listen(serve: Callable[[SiteFactory], Awaitable[None]], listen: str, sites: SiteFactory) -> None:
    try:
        await serve(sites)
    except (OSError, socket.gaierror) as error:
        raise build_listen_error(listen, error) from error


async def _report_ready(node: Node, config: Config, role: ProcessRole) -> None:
    if role.number is None:
        values = {"url": config.node.base_url, "address": config.node.listen}
        if role.only == "worker":
            text = gettext("The worker of %(url)s is running.", **values)
        else:
            text = gettext("fedserver is running at %(url)s (listening on %(address)s)", **values)
        report(config.log, "started", text, url=config.node.base_url, listen=config.node.listen)
    # Only one process creates the link, as a new link invalidates earlier ones.
    if role.number or (role.number is None and role.only == "worker"):
        return
    link = await node.create_setup_link()
    if link is not None:
        text = gettext("This node has no members yet. Create the account of the owner here, within 24 hours:")
        report(config.log, "setup_link", f"{text}\n  {link}", link=link)
