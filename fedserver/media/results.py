"""What the child processes return or raise, and what bounds them: all that the node knows of codecs."""

from __future__ import annotations

from msgspec import Struct

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
}


class EncodedImage(Struct, frozen=True):
    """An image ready to be stored."""

    data: bytes
    content_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """The file name extension of its type, without a dot."""
        return EXTENSIONS[self.content_type]


class ProcessedImage(Struct, frozen=True):
    """An attached image: the full one, a small one, and its BlurHash. `kind` is image or gifv."""

    kind: str
    full: EncodedImage
    small: EncodedImage
    blurhash: str | None
    duration: float | None = None
    frame_rate: str | None = None


class ConvertedMedia(Struct, frozen=True):
    """A video or audio file, ready to be stored, at `path`.

    `kind` is video or audio, `duration` in seconds, `frame_rate` a fraction such as 25/1.
    """

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
        """Bits per second."""
        return int(self.bytes * 8 / self.duration) if self.duration else 0


class MediaLimits(Struct, frozen=True):
    """Upper bounds of a video or audio file; `max_bytes` is that of the result."""

    max_seconds: int
    max_pixels: int
    max_frame_rate: int
    max_bytes: int
