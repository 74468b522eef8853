"""Commands of `fedserver` as processes of their own, forked off a process that has loaded their modules.

`start` and `run` do for `python -m fedserver` what those of `subprocess` do, `start_async` does it within an
event loop. How the interpreter itself starts they do not show: use `subprocess` for that.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.kit import fork_server

ROOT = Path(__file__).parents[2]
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL


class _Process:
    """What was started: its number, its exit status once that is known, and signals for it."""

    def __init__(self, pid: int, report: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._report = report

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _note_end(self, data: bytes) -> int:
        (self.returncode,) = fork_server.NUMBER.unpack(data)
        self._report.close()
        return self.returncode


class Command(_Process):
    """A command, with the pipes to read what it writes."""

    def __init__(
        self, pid: int, report: socket.socket, stdout: IO[Any] | None, stderr: IO[Any] | None
    ) -> None:
        super().__init__(pid, report)
        self.stdout, self.stderr = stdout, stderr

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it has ended. Raises TimeoutError."""
        if self.returncode is None:
            self._report.settimeout(timeout)
            self._note_end(self._report.recv(fork_server.NUMBER.size))
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """Return all that it writes, or None without a pipe, when it has ended. Raises TimeoutError."""
        with ThreadPoolExecutor(2) as pool:
            readings = [stream and pool.submit(stream.read) for stream in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except TimeoutError:
                self.kill()
                raise
            written = [reading and reading.result() for reading in readings]
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        return written[0], written[1]


class AsyncCommand(_Process):
    """A command that an event loop waits for; standard errors are in its output."""

    def __init__(self, pid: int, report: socket.socket, stdout: asyncio.StreamReader | None) -> None:
        super().__init__(pid, report)
        self.stdout = stdout
        report.setblocking(False)
        self._end = asyncio.create_task(self._await_end())

    async def _await_end(self) -> int:
        size = fork_server.NUMBER.size
        return self._note_end(await asyncio.get_running_loop().sock_recv(self._report, size))

    async def wait(self) -> int:
        """Return the exit status when it has ended."""
        return await asyncio.shield(self._end)

    async def communicate(self) -> tuple[bytes, None]:
        """Return the rest of its output when it has ended."""
        output = b"" if self.stdout is None else await self.stdout.read()
        await self.wait()
        return output, None


def start(
    *arguments: str,
    folder: Path,
    environment: dict[str, str] | None = None,
    stdin: int = DEVNULL,
    stdout: int | IO[Any] = PIPE,
    stderr: int | IO[Any] = PIPE,
    text: bool = False,
) -> Command:
    """Start a command in a folder; `environment` is added to that of the tests."""
    pipes: list[IO[Any] | None] = []
    given: list[int] = []
    for wanted in (stdin, stdout, stderr):
        reading, number = _open_stream(wanted, given)
        pipes.append(None if reading is None else os.fdopen(reading, "r" if text else "rb"))
        given.append(number)
    pid, report = _request(arguments, folder, environment, given)
    _close_ours((stdin, stdout, stderr), given)
    return Command(pid, report, pipes[1], pipes[2])


def run(*arguments: str, timeout: float = 60, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end, with the options of `start`."""
    process = start(*arguments, **options)
    out, errors = process.communicate(timeout)
    assert process.returncode is not None
    return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


async def start_async(
    *arguments: str, folder: Path, environment: dict[str, str] | None = None, stdout: int = PIPE
) -> AsyncCommand:
    """Start a command in a folder, its errors in the same pipe as its output."""
    reading, number = _open_stream(stdout, [])
    _, null = _open_stream(DEVNULL, [])
    pid, report = _request(arguments, folder, environment, [null, number, number])
    os.close(null)
    os.close(number)
    if reading is None:
        return AsyncCommand(pid, report, None)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0))
    return AsyncCommand(pid, report, reader)


def _open_stream(wanted: int | IO[Any], given: list[int]) -> tuple[int | None, int]:
    """Return our end of a pipe, if one is wanted, and the descriptor that the command gets."""
    if wanted == PIPE:
        return os.pipe()
    if wanted == DEVNULL:
        return None, os.open(os.devnull, os.O_RDWR)
    if wanted == STDOUT:
        return None, given[1]
    return None, wanted if isinstance(wanted, int) else wanted.fileno()


def _close_ours(wanted: tuple[int | IO[Any], ...], given: list[int]) -> None:
    """Close what was opened for the command only."""
    for kind, number in zip(wanted, given, strict=True):
        if kind in (PIPE, DEVNULL):
            os.close(number)


def _request(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str] | None, streams: list[int]
) -> tuple[int, socket.socket]:
    """Let a process be forked; return its number and the socket that tells of its end."""
    request = {
        "arguments": arguments,
        "folder": str(folder),
        "environment": {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        socket.send_fds(_start_server(), [json.dumps(request).encode()], [theirs.fileno(), *streams])
    (pid,) = fork_server.NUMBER.unpack(ours.recv(fork_server.NUMBER.size))
    return pid, ours


@cache
def _start_server() -> socket.socket:
    """Start the process that forks; it ends, and kills what it has forked, when this end is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-c", _BEGIN.format(given=theirs.fileno(), wanted=fork_server.CONTROL)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=DEVNULL,
            pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip

    def stop() -> None:
        ours.close()
        server.wait()

    atexit.register(stop)
    return ours


# The descriptor gets the number that the server knows.
_BEGIN = """import os, runpy
if {given} != {wanted}:
    os.dup2({given}, {wanted})
    os.close({given})
runpy.run_module("tests.kit.fork_server", run_name="__main__")"""
