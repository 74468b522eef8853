"""Pictures: checked by content, freed of what they tell about their maker, and given a small form.

Everything is decoded and encoded anew, so that nothing of the file that came in is ever served: no EXIF, no
place, no second file behind the first. It runs in a process of its own with limits on memory and time, as it
parses hostile input. Sizes follow Mastodon: 8.3 megapixels, 640x360 for the small one.
"""

from __future__ import annotations

import asyncio
import io
import resource
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import blurhash
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from fedserver.media.errors import Unacceptable
from fedserver.media.pictures import ACCEPTED, Picture, Processed

T = TypeVar("T")
MAX_PIXELS = 33_177_600
FULL_PIXELS = 8_294_400
SMALL = (640, 360)
MAX_FRAMES = 300
MAX_SIDE = 16_384
SECONDS = 30.0
MEMORY = 2_000_000_000

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def process_attachment(data: bytes) -> Processed:
    """Clean a picture for a post. Raises Unacceptable."""
    image = _opened(data)
    if getattr(image, "n_frames", 1) > 1 and image.format == "GIF":
        full = _animated(image)
        image.seek(0)
    else:
        full = _encoded(_shrunk(_upright(image), FULL_PIXELS), image.format or "")
    still = _upright(image)
    still.thumbnail(SMALL, Image.Resampling.LANCZOS)
    small = _encoded(still, "PNG" if _is_transparent(still) and full.content_type == "image/png" else "JPEG")
    return Processed("image", full, small, _blur(still))


def process_square(data: bytes) -> Picture:
    """An avatar: 400x400. Raises Unacceptable."""
    return _fitted(data, (400, 400))


def process_banner(data: bytes) -> Picture:
    """A header: 1500x500. Raises Unacceptable."""
    return _fitted(data, (1500, 500))


def _fitted(data: bytes, size: tuple[int, int]) -> Picture:
    image = _upright(_opened(data))
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return _encoded(fitted, "PNG" if _is_transparent(fitted) else "JPEG")


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(ACCEPTED))
        if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
            raise Unacceptable(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels")
        if getattr(image, "n_frames", 1) > MAX_FRAMES:
            raise Unacceptable(f"The picture has more than {MAX_FRAMES} frames")
        image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Unacceptable("The file is not a picture that we know (JPEG, PNG, GIF, WebP, AVIF)") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise Unacceptable("The picture is broken") from error
    return image


def _upright(image: Image.Image) -> Image.Image:
    turned = ImageOps.exif_transpose(image) or image
    mode = "RGBA" if _is_transparent(turned) else "RGB"
    return turned.convert(mode) if turned.mode != mode else turned.copy()


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _shrunk(image: Image.Image, pixels: int) -> Image.Image:
    count = image.width * image.height
    if count <= pixels:
        return image
    factor = (pixels / count) ** 0.5
    size = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, source: str) -> Picture:
    """JPEG for photographs, PNG where it was PNG or GIF or is transparent, WebP for WebP and AVIF."""
    out = io.BytesIO()
    if source in ("WEBP", "AVIF"):
        image.save(out, "WEBP", quality=85, method=3)
        kind = "image/webp"
    elif source in ("PNG", "GIF") or _is_transparent(image):
        image.save(out, "PNG", optimize=False)
        kind = "image/png"
    else:
        image.convert("RGB").save(out, "JPEG", quality=88, progressive=True)
        kind = "image/jpeg"
    return Picture(out.getvalue(), kind, image.width, image.height)


def _animated(image: Image.Image) -> Picture:
    """An animated GIF, frame by frame, without anything else that was in the file."""
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    times = [frame.info.get("duration", 100) for frame in ImageSequence.Iterator(image)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, disposal=2)
    return Picture(out.getvalue(), "image/gif", image.width, image.height)


def _blur(image: Image.Image) -> str | None:
    tiny = image.convert("RGB")
    tiny.thumbnail((32, 32))
    rows = [[list(tiny.getpixel((x, y))) for x in range(tiny.width)] for y in range(tiny.height)]  # type: ignore[arg-type]
    made: str = blurhash.encode(rows, components_x=4, components_y=3)
    return made


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class ImageWorker:
    """A process for pictures, started when it is first needed and anew after it was killed."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Semaphore(2)

    async def run(self, work: Callable[[bytes], T], data: bytes) -> T:
        """Do `work` on `data` elsewhere. Raises Unacceptable, also if it takes too long or too much."""
        async with self._turn:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_limit)
            future: Any = self._pool.submit(work, data)
            try:
                return await asyncio.wait_for(asyncio.wrap_future(future), SECONDS)
            except (TimeoutError, BrokenExecutor) as error:
                self._kill()
                raise Unacceptable("The picture is too complicated") from error

    def _kill(self) -> None:
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        """End the process."""
        self._kill()
