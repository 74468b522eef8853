"""Images as the rest of the node knows them. Pillow is loaded in child processes only.

Idle processes end after some minutes: most nodes receive an image now and then.
"""

from __future__ import annotations

import asyncio
from typing import Any, Generic, TypeVar

from msgspec import Struct

from fedserver.media.results import EncodedImage, ProcessedImage
from fedserver.on_demand import on_demand

# It brings the machinery of processes, which many nodes need rarely.
processes = on_demand("fedserver.media.processes")
T = TypeVar("T")
IDLE_TIMEOUT_S = 300.0


class ImageTask(Struct, Generic[T], frozen=True):
    """A function of the child process by its name, which the child resolves, and the type of its result."""

    name: str


# Each raises UnacceptableFileError; see the functions of the same names.
process_attachment = ImageTask[ProcessedImage]("fedserver.media.images:process_attachment")
process_remote = ImageTask[ProcessedImage]("fedserver.media.images:process_remote")
process_card = ImageTask[ProcessedImage]("fedserver.media.images:process_card")
process_emoji = ImageTask[ProcessedImage]("fedserver.media.images:process_emoji")
process_square = ImageTask[EncodedImage]("fedserver.media.images:process_square")
process_banner = ImageTask[EncodedImage]("fedserver.media.images:process_banner")


class ImageWorker:
    """The processes for images, started for the first one and ended after `idle_seconds` without any."""

    def __init__(self, idle_seconds: float = IDLE_TIMEOUT_S) -> None:
        self._idle_seconds = idle_seconds
        self._processes: Any = None
        self._running = 0
        self._idle_timer: asyncio.TimerHandle | None = None

    async def run(self, task: ImageTask[T], data: bytes) -> T:
        """Run `task` on `data` in a child process and return its result.

        Raises UnacceptableFileError, also if it takes too much time or memory.
        """
        self._ensure_started()
        self._running += 1
        try:
            result: T = await self._processes.run_named(task.name, data)
            return result
        finally:
            self._running -= 1
            if not self._running and self._processes is not None:
                self._idle_timer = asyncio.get_running_loop().call_later(self._idle_seconds, self.close)

    def _ensure_started(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._processes is None:
            self._processes = processes.Processes()

    def close(self) -> None:
        """End the processes; the next image starts new ones."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._processes is not None:
            self._processes.close()
            self._processes = None
