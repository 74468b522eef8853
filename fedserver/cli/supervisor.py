"""The supervisor of a node with several processes: web processes that share its address, and one worker.

A process that dies is restarted, after a delay that grows while it keeps dying. Until all have been ready
once, none is restarted: then something is wrong that the operator has to solve. If the supervisor is killed,
the processes read the end of their input and stop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from fedserver.cli.logs import report
from fedserver.cli.sd_notify import READY, STOPPING, notify
from fedserver.config import Config
from fedserver.text.locales import gettext, ngettext

log = structlog.stdlib.get_logger("fedserver.cli")
MAX_RESTART_DELAY_S = 30.0
STABLE_S = 60.0  # a process that ran this long was all right: the delay starts from its minimum again
STOP_TIMEOUT_S = 45.0  # a process takes up to half a minute to finish its work


def restart_delay_s(failures: int) -> float:
    """Return the seconds until a restart, after `failures` failures in a row."""
    return float(min(MAX_RESTART_DELAY_S, 0.5 * 2 ** (failures - 1)))


class Supervisor:
    """The processes of one node. `only` is "web" where another machine has the worker."""

    def __init__(self, config: Config, only: str | None) -> None:
        self._config = config
        web = config.node.processes
        self._parts = ["web"] * web if only == "web" else ["worker"] + ["web"] * web
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._waiting_for = len(self._parts)
        self._status = 0

    async def run(self) -> int:
        """Run until SIGTERM and return the exit status. Raises OSError if the address cannot be used."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        with (
            _reserve_address(self._config.node.listen) as shared,
            self._open_notify_socket() as notify_socket,
        ):
            tasks = [
                asyncio.create_task(self._keep_running(number, shared, notify_socket))
                for number in range(len(self._parts))
            ]
            for task in tasks:
                task.add_done_callback(lambda _task: self._stopping.set())
            await self._stopping.wait()
            notify(STOPPING)
            await self._stop(tasks)
            for task in tasks:
                task.result()
        return self._status

    @contextmanager
    def _open_notify_socket(self) -> Iterator[str]:
        """Yield the name of a socket to which each process reports that it is ready."""
        loop = asyncio.get_running_loop()
        with tempfile.TemporaryDirectory(prefix="fedserver-") as folder:
            name = f"{folder}/notify"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
                listening.bind(name)
                loop.add_reader(listening, lambda: self._handle_message(listening.recv(4_096)))
                yield name
                loop.remove_reader(listening)

    def _handle_message(self, message: bytes) -> None:
        if message != READY.encode() or not self._waiting_for:
            return
        self._waiting_for -= 1
        if not self._waiting_for:
            node = self._config.node
            text = ngettext(
                "fedserver is running at %(url)s (%(count)s web process, listening on %(address)s)",
                "fedserver is running at %(url)s (%(count)s web processes, listening on %(address)s)",
                node.processes,
                url=node.base_url,
                count=node.processes,
                address=node.listen,
            )
            report(self._config.log, "started", text, url=node.base_url, listen=node.listen)
            notify(READY)

    async def _keep_running(self, number: int, shared: socket.socket | None, notify_socket: str) -> None:
        """Start a process, and restart it whenever it ends."""
        name = "worker" if self._parts[number] == "worker" else f"web-{number}"
        failures, loop = 0, asyncio.get_running_loop()
        while not self._stopping.is_set():
            started_at = loop.time()
            status = await self._run_process(number, shared, notify_socket)
            if self._stopping.is_set():
                return
            if self._waiting_for:
                log.error("process_did_not_start", process=name, status=status)
                self._status = 1
                self._stopping.set()
                return
            failures = failures + 1 if loop.time() - started_at < STABLE_S else 1
            delay = restart_delay_s(failures)
            log.warning("process_ended", process=name, status=status, again_in=delay)
            try:
                await asyncio.wait_for(self._stopping.wait(), delay)
            except TimeoutError:
                continue

    async def _run_process(self, number: int, shared: socket.socket | None, notify_socket: str) -> int:
        """Run a process to its end and return its status. It gets our arguments, and its role."""
        part = self._parts[number]
        fds = [shared.fileno()] if shared is not None and part == "web" else []
        arguments = ["--only", part, "--number", str(number), *(f"--fd={fd}" for fd in fds)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *sys.orig_argv[1:],
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            pass_fds=fds,
            env={**os.environ, "NOTIFY_SOCKET": notify_socket},
            start_new_session=True,  # Ctrl-C reaches only the supervisor, which terminates the others
        )
        self._running[number] = process
        if self._stopping.is_set():
            process.terminate()
        status = await process.wait()
        del self._running[number]
        return status

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        for process in self._running.values():
            process.terminate()
        _, late = await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
        for number, process in self._running.items():
            log.error("process_killed", number=number)
            process.kill()
            self._status = 1
        if late:
            await asyncio.wait(late)


@contextmanager
def _reserve_address(listen: str) -> Iterator[socket.socket | None]:
    """Check that an address is free. A socket with a path is opened here, as only ports can be shared."""
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        with socket.socket(socket.AF_UNIX) as shared:
            _remove_stale_socket(path)
            shared.bind(str(path))
            shared.listen(1_024)
            yield shared
            path.unlink(missing_ok=True)
        return
    host, _, port = listen.rpartition(":")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        # Not with SO_REUSEPORT, which would succeed beside another node that uses it.
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    yield None


def _remove_stale_socket(path: Path) -> None:
    """Remove a socket that no process listens on. Raises OSError if one does."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(path)) == 0:
            raise OSError(gettext("another process listens there"))
    path.unlink()
