"""Films and sounds for tests, made with PyAV: small, real, and talkative in their metadata."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import av
from PIL import Image

PRIVATE_TEXT = "secret place"
METADATA = {
    "title": PRIVATE_TEXT,
    "comment": PRIVATE_TEXT,
    "location": "+51.0543+003.7174/",
    "artist": PRIVATE_TEXT,
}


def make_video(
    container: str = "mp4",
    video: str | None = "libx264",
    audio: str | None = "aac",
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (64, 48),
    rate: int = 10,
    **options: str,
) -> bytes:
    """Return a video whose picture goes from red to blue, with silent sound."""
    with NamedTemporaryFile() as file:
        _write_file(file.name, container, video, audio, seconds, size, rate, options)
        return Path(file.name).read_bytes()


def _write_file(
    path: str,
    container: str,
    video: str | None,
    audio: str | None,
    seconds: float,
    size: tuple[int, int],
    rate: int,
    options: dict[str, str],
) -> None:
    with av.open(path, "w", format=container, options=options) as target:
        target.metadata.update(METADATA)
        film = _add_video_stream(target, video, size, rate) if video else None
        sound = target.add_stream(audio, rate=48_000, layout="mono") if audio else None
        if film is not None:
            for number in range(round(seconds * rate)):
                shade = int(255 * number / (seconds * rate))
                image = Image.new("RGB", size, (255 - shade, 0, shade))
                frame = av.VideoFrame.from_image(image)
                frame.pts, frame.time_base = number, Fraction(1, rate)
                target.mux(film.encode(frame))
            target.mux(film.encode(None))
        if sound is not None:
            for frame in _make_silent_frames(seconds):
                target.mux(sound.encode(frame))
            target.mux(sound.encode(None))


def _add_video_stream(target: Any, codec: str, size: tuple[int, int], rate: int) -> Any:
    stream = target.add_stream(codec, rate=rate)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.metadata["handler_name"] = PRIVATE_TEXT
    return stream


def _make_silent_frames(seconds: float) -> list[Any]:
    frames = []
    for start in range(0, round(seconds * 48_000), 1_024):
        frame = av.AudioFrame(format="s16", layout="mono", samples=1_024)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        frames.append(frame)
    return frames


def make_audio(container: str = "mp3", codec: str = "libmp3lame", seconds: float = 1.0) -> bytes:
    """Silence."""
    return make_video(container, None, codec, seconds=seconds)


def rotate_video(data: bytes) -> bytes:
    """Return an MP4 with the rotation matrix of a telephone that was held upright."""
    straight = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    upright = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    place = data.index(straight, data.index(b"tkhd"))
    return data[:place] + upright + data[place + len(straight) :]
