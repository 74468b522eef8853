"""Films and sound as the rest of the node knows them; `films`, and with it PyAV, is loaded when needed.

They need the extra `video`. The work is done on files, never in memory, by a process that ends with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import EncodedImage, has_video

AUDIO_TYPES = (
    "audio/mpeg",
    "audio/mp3",
    "audio/ogg",
    "audio/flac",
    "audio/x-flac",
    "audio/wav",
    "audio/x-wav",
    "audio/wave",
    "audio/aac",
    "audio/mp4",
    "audio/m4a",
    "audio/x-m4a",
    "audio/webm",
)
VIDEO_TYPES = (
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "video/x-m4v",
    "video/ogg",
    "video/3gpp",
    "video/x-matroska",
)
CONVERT_TIMEOUT_S, CONVERT_CPU_S = 900.0, 1_500
PROBE_TIMEOUT_S = 20.0
MAX_MEMORY_BYTES = 3_000_000_000
MAX_CONCURRENCY = 2  # one for what waits in the queue, one for who waits for an answer


class MediaLimits(Struct, frozen=True):
    """What a recording may have at most: length, size, pictures a second, bytes of the result."""

    max_seconds: int
    max_pixels: int
    max_frame_rate: int
    max_bytes: int


class ConvertedMedia(Struct, frozen=True):
    """A film or sound, ready to be kept, at `path`. `kind` is video or audio, `frame_rate` like 25/1."""

    kind: str
    path: str
    content_type: str
    extension: str
    bytes: int
    duration: float
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None
    small: EncodedImage | None = None
    blurhash: str | None = None

    @property
    def bitrate(self) -> int:
        """Bits a second."""
        return int(self.bytes * 8 / self.duration) if self.duration else 0


def list_accepted_types() -> list[str]:
    """The types of films and sound that this node takes: none without the extra."""
    return sorted((*AUDIO_TYPES, *VIDEO_TYPES)) if has_video() else []


def probe(path: str, limits: MediaLimits) -> None:
    """Look whether a file can be taken. Raises Unacceptable."""
    _load_video_module().probe(path, limits)


def convert(path: str, folder: str, limits: MediaLimits) -> ConvertedMedia:
    """Make of a file what is kept, in `folder`. Raises Unacceptable."""
    made: ConvertedMedia = _load_video_module().convert(path, folder, limits)
    return made


def _load_video_module() -> Any:
    # By name, because PyAV is an extra.
    return importlib.import_module("fedserver.media.video")


class AvWorker:
    """Does the work on recordings, few at a time."""

    def __init__(self, most: MediaLimits) -> None:
        self._limits = most
        self._probing: Any = None
        self._converting: Any = None

    async def probe(self, path: Path) -> None:
        """Look whether a file can be taken: this takes a moment. Raises Unacceptable."""
        if self._probing is None:
            self._probing = self._new_processes(PROBE_TIMEOUT_S, 20)
        await self._run(self._probing, probe, str(path), self._limits)

    async def convert(self, path: Path, folder: Path) -> ConvertedMedia:
        """Make of a file what is kept, in `folder`: this takes minutes. Raises Unacceptable."""
        if self._converting is None:
            self._converting = self._new_processes(CONVERT_TIMEOUT_S, CONVERT_CPU_S)
        made: ConvertedMedia = await self._run(
            self._converting, convert, str(path), str(folder), self._limits
        )
        return made

    async def _run(self, processes: Any, work: Callable[..., Any], *arguments: Any) -> Any:
        if not has_video():
            raise UnacceptableFileError("This node takes no films and no sound, only pictures")
        return await processes.run(work, *arguments)

    def _new_processes(self, seconds: float, cpu_seconds: int) -> Any:
        # By name: it brings the machinery of processes, which most nodes need now and then.
        module = importlib.import_module("fedserver.media.processes")
        bounds = module.Bounds(
            what="file",
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory=MAX_MEMORY_BYTES,
            written=self._limits.max_bytes,
            at_once=MAX_CONCURRENCY,
            reused=False,
            niceness=10,
        )
        return module.Processes(bounds)

    def close(self) -> None:
        """End what is under way."""
        for each in (self._probing, self._converting):
            if each is not None:
                each.close()
