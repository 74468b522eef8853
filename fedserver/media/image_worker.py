"""Pictures as the rest of the node knows them; `images`, and with it Pillow, is loaded for the first of them.

Processes that have nothing to do end after some minutes: most nodes are sent a picture now and then.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")
ACCEPTED_FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
}
IDLE_TIMEOUT_S = 300.0


class EncodedImage(Struct, frozen=True):
    """A picture ready to be kept."""

    data: bytes
    content_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.content_type]


class ProcessedImage(Struct, frozen=True):
    """An attached picture: the full one, a small one, and a blur of it. `kind` is image or gifv."""

    kind: str
    full: EncodedImage
    small: EncodedImage
    blurhash: str | None
    duration: float | None = None
    frame_rate: str | None = None


def has_heif() -> bool:
    """True with the extra `heif`: pictures of phones that are in no other format."""
    return find_spec("pillow_heif") is not None


def has_video() -> bool:
    """True with the extra `video`: films, sound, and animated pictures as films."""
    return find_spec("av") is not None


def list_accepted_types() -> list[str]:
    """The types of pictures that this node takes."""
    return sorted((*ACCEPTED_FORMATS.values(), *(("image/heic", "image/heif") if has_heif() else ())))


def process_attachment(data: bytes) -> ProcessedImage:
    """Clean a picture for a post. Raises Unacceptable."""
    made: ProcessedImage = _load_images_module().process_attachment(data)
    return made


def process_remote(data: bytes) -> ProcessedImage:
    """Clean a picture of a peer; one that moves stays a picture. Raises Unacceptable."""
    made: ProcessedImage = _load_images_module().process_remote(data)
    return made


def process_square(data: bytes) -> EncodedImage:
    """An avatar: 400x400. Raises Unacceptable."""
    made: EncodedImage = _load_images_module().process_square(data)
    return made


def process_banner(data: bytes) -> EncodedImage:
    """A header: 1500x500. Raises Unacceptable."""
    made: EncodedImage = _load_images_module().process_banner(data)
    return made


def process_card(data: bytes) -> ProcessedImage:
    """The picture of a card: a small still one. Raises Unacceptable."""
    made: ProcessedImage = _load_images_module().process_card(data)
    return made


def process_emoji(data: bytes) -> ProcessedImage:
    """An emoji, which may move, and a still one. Raises Unacceptable."""
    made: ProcessedImage = _load_images_module().process_emoji(data)
    return made


def _load_images_module() -> Any:
    # By name, as it is only needed when there is a picture.
    return importlib.import_module("fedserver.media.images")


class ImageWorker:
    """The image worker, started for the first picture and ended when none came for `idle_seconds`."""

    def __init__(self, idle_seconds: float = IDLE_TIMEOUT_S) -> None:
        self._idle_seconds = idle_seconds
        self._worker: Any = None
        self._running = 0
        self._idle_timer: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[[bytes], T], data: bytes) -> T:
        """Do `work` on `data` elsewhere. Raises Unacceptable, also if it takes too long or too much."""
        self._ensure_started()
        self._running += 1
        try:
            made: T = await self._worker.run(work, data)
            return made
        finally:
            self._running -= 1
            if not self._running and self._worker is not None:
                self._idle_timer = asyncio.get_running_loop().call_later(self._idle_seconds, self.close)

    def _ensure_started(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._worker is None:
            # By name too: it brings the machinery of processes.
            self._worker = importlib.import_module("fedserver.media.processes").Processes()

    def close(self) -> None:
        """End the processes; the next picture starts them anew."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
