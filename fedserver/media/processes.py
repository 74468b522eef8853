"""Child processes for work on untrusted files, bounded in memory, in time and in what they may write."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pkgutil import resolve_name
from typing import Any, TypeVar

from msgspec import Struct

from fedserver.media.errors import UnacceptableFileError, build_too_complex_error

T = TypeVar("T")


class Bounds(Struct, frozen=True):
    """The bounds of work; 0 stands for none. `what` is image or file, for the text of an error.

    `seconds` are of the clock, `cpu_seconds` of the processor; `memory` (address space) and `written` (the
    size of a file) are bytes.
    """

    what: str = "image"
    seconds: float = 30.0
    cpu_seconds: int = 0
    memory: int = 2_000_000_000
    written: int = 0
    at_once: int = 2
    reused: bool = True
    niceness: int = 0


class Processes:
    """Processes for one kind of work: `at_once` at a time, each with a time limit of its own.

    A process is started when it is first needed and, where `reused`, works on one file after another. One
    that is stuck is killed without effect on the others.
    """

    def __init__(self, bounds: Bounds = Bounds()) -> None:  # noqa: B008
        self._bounds = bounds
        self._slots = asyncio.Semaphore(bounds.at_once)
        self._idle: list[ProcessPoolExecutor] = []
        self._busy: list[ProcessPoolExecutor] = []

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Call `work`, a module-level function, in a child process and return its result.

        Raises UnacceptableFileError, also if it exceeds a bound.
        """
        async with self._slots:
            pool = self._idle.pop() if self._idle else self._new_process()
            self._busy.append(pool)
            future: Any = asyncio.wrap_future(pool.submit(work, *arguments))
            try:
                done, _ = await asyncio.wait([future], timeout=self._bounds.seconds)
            finally:
                # Still running: it took too long, or the caller was cancelled.
                self._busy.remove(pool)
                if future.done() and self._bounds.reused:
                    self._idle.append(pool)
                else:
                    future.cancel()
                    _kill(pool)
            if not done:
                raise self._limit_error()
            return await self._get_result(pool, future)

    async def run_named(self, name: str, *arguments: Any) -> Any:
        """Call the function `name` (module:function), which only the child process loads; see `run`."""
        return await self.run(call_named, name, *arguments)

    async def _get_result(self, pool: ProcessPoolExecutor, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except BrokenExecutor as error:
            if pool in self._idle:
                self._idle.remove(pool)
            _kill(pool)
            raise self._limit_error() from error

    def _limit_error(self) -> UnacceptableFileError:
        return build_too_complex_error(self._bounds.what)

    def _new_process(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_apply_limits, initargs=(self._bounds,)
        )

    def close(self) -> None:
        """Kill the processes."""
        for pool in (*self._idle, *self._busy):
            _kill(pool)
        self._idle.clear()


def call_named(name: str, *arguments: Any) -> Any:
    """Call the function `name` (module:function), in a child process."""
    return resolve_name(name)(*arguments)


def _apply_limits(bounds: Bounds) -> None:
    # Libraries written in C, and Python at the end of its memory, write about a file as they like;
    # what counts reaches the parent as an exception. The log of the parent stays one event a line.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.close(quiet)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bounds.cpu_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_seconds, bounds.cpu_seconds))
    if bounds.written:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.written, bounds.written))
    os.nice(bounds.niceness)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)
