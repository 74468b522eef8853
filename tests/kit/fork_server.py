"""A process that has loaded what `fedserver` commands load, and forks for each: `commands` talks to it.

Python and the modules take seconds of CPU to load, which not every test of a command need pay. A fork is a
process like any other: it has a number, streams, signals and an exit status of its own.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import fedserver.cli

CONTROL = 3  # the descriptor on which requests come
STANDARD = ("stdin", "stdout", "stderr")
NUMBER = struct.Struct("!i")


def load_commands() -> None:
    """Load the modules of all commands."""
    for module in pkgutil.walk_packages(fedserver.cli.__path__, "fedserver.cli."):
        import_module(module.name)
    assert threading.active_count() == 1, "a fork has none of the threads"


def serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; return the request in a fork, None when the tests have ended."""
    selector, running = selectors.DefaultSelector(), dict[int, tuple[int, socket.socket]]()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                selector.unregister(key.fileobj)
                _report_end(key.fd, *running.pop(key.fd))
                continue
            data, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 4)
            if not data:
                _kill(running)
                return None
            request, report = json.loads(data), socket.socket(fileno=descriptors[0])
            if not (pid := os.fork()):
                selector.close()
                _become(request, descriptors[1:])
                return request  # type: ignore[no-any-return]
            for descriptor in descriptors[1:]:
                os.close(descriptor)
            report.send(NUMBER.pack(pid))
            end = os.pidfd_open(pid)
            running[end] = pid, report
            selector.register(end, selectors.EVENT_READ)


def _report_end(end: int, pid: int, report: socket.socket) -> None:
    """Collect a process and report how it ended; nobody need be listening any more."""
    os.close(end)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with report:
        try:
            report.send(NUMBER.pack(status))
        except OSError:
            return


def _kill(running: dict[int, tuple[int, socket.socket]]) -> None:
    """End what the tests have left behind."""
    for pid, _ in running.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Make this fork what a new process with these arguments, streams and environment would be."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.closerange(CONTROL, max(descriptors) + 64)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    for number, name in enumerate(STANDARD):
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        mode = "r" if name == "stdin" else "w"
        lines = name == "stderr" or os.isatty(number)
        opened = os.fdopen(number, mode, encoding="utf-8", errors=errors, buffering=1 if lines else -1)
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    sys.modules["__main__"].__package__ = "fedserver"  # as with `python -m fedserver`
    sys.orig_argv = [sys.executable, "-m", "fedserver", *request["arguments"]]
    sys.argv = [str(Path(fedserver.cli.__path__[0]).parent / "__main__.py"), *request["arguments"]]


if __name__ == "__main__":
    load_commands()
    gc.freeze()  # what is loaded stays: no fork needs to look for garbage in it
    with socket.socket(fileno=CONTROL) as connection:
        wanted = serve(connection)
        if wanted is not None:
            connection.detach()
    if wanted is not None:
        import_module("fedserver.cli.commands").main()
