"""Videos and audio as the rest of the node knows them. PyAV is loaded in child processes only.

They need the extra `video`. The work is done on files, never in memory, by a process that ends with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fedserver.media.errors import UnacceptableFileError
from fedserver.media.formats import has_video
from fedserver.media.results import ConvertedMedia, MediaLimits
from fedserver.on_demand import on_demand

# It brings the machinery of processes, which many nodes need rarely.
processes = on_demand("fedserver.media.processes")
# The names of functions, which the child process resolves.
PROBE, CONVERT = "fedserver.media.video:probe", "fedserver.media.video:convert"
# An hour of video, the default bound, is transcoded in some ten minutes on two cores.
CONVERT_TIMEOUT_S, CONVERT_CPU_S = 900.0, 1_500
PROBE_TIMEOUT_S, PROBE_CPU_S = 20.0, 20
# Address space, not memory in use: codecs reserve much more than they touch.
MAX_MEMORY_BYTES = 3_000_000_000
MAX_CONCURRENCY = 2  # one for the queue, one for a client that waits for an answer
NICENESS = 10  # requests come first


class AvWorker:
    """The processes for videos and audio, few at a time."""

    def __init__(self, limits: MediaLimits) -> None:
        self._limits = limits
        self._probing: Any = None
        self._converting: Any = None
        self._replaced: list[Any] = []

    def set_limits(self, limits: MediaLimits) -> None:
        """Apply other limits, to files that come from now on."""
        if limits == self._limits:
            return
        self._limits = limits
        # What is under way goes on in the processes of before, which cannot get another bound.
        self._replaced += [pool for pool in (self._probing, self._converting) if pool is not None]
        self._probing = self._converting = None

    async def probe(self, path: Path) -> None:
        """Check that a file is acceptable, which takes a moment. Raises UnacceptableFileError."""
        if self._probing is None:
            self._probing = self._create_processes(PROBE_TIMEOUT_S, PROBE_CPU_S)
        await self._run(self._probing, PROBE, str(path), self._limits)

    async def convert(self, path: Path, folder: Path) -> ConvertedMedia:
        """Convert a file into one in `folder`, which takes minutes. Raises UnacceptableFileError."""
        if self._converting is None:
            self._converting = self._create_processes(CONVERT_TIMEOUT_S, CONVERT_CPU_S)
        converted: ConvertedMedia = await self._run(
            self._converting, CONVERT, str(path), str(folder), self._limits
        )
        return converted

    async def _run(self, pool: Any, name: str, *arguments: Any) -> Any:
        if not has_video():
            raise UnacceptableFileError("Video and audio cannot be uploaded here. Please choose an image.")
        return await pool.run_named(name, *arguments)

    def _create_processes(self, seconds: float, cpu_seconds: int) -> Any:
        bounds = processes.Bounds(
            what="file",
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory=MAX_MEMORY_BYTES,
            written=self._limits.max_bytes,
            at_once=MAX_CONCURRENCY,
            reused=False,
            niceness=NICENESS,
        )
        return processes.Processes(bounds)

    def close(self) -> None:
        """End the work that is under way."""
        for pool in (self._probing, self._converting, *self._replaced):
            if pool is not None:
                pool.close()
