"""Pictures: checked by content, freed of what they tell about their maker, and given a small form.

Everything is decoded and encoded anew, so that nothing of the file that came in is ever served: no EXIF, no
place, no comment, no colour profile (its colours are turned into sRGB), no second file behind the first. It
runs in a process of its own with limits on memory and time, as it parses hostile input. Sizes follow
Mastodon: 8.3 megapixels, 640x360 for the small one.
"""

from __future__ import annotations

import asyncio
import io
import resource
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import wraps
from multiprocessing import get_context
from typing import Any, TypeVar

import blurhash
from PIL import Image, ImageCms, ImageOps, ImageSequence

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
AT_ONCE = 2

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def _refusing(work: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """What decoders raise on broken input is no closed list: whatever it is, the picture is refused."""

    @wraps(work)
    def guarded(data: bytes) -> T:
        try:
            return work(data)
        except Unacceptable:
            raise
        except MemoryError as error:
            raise Unacceptable("The picture is too complicated") from error
        except Exception as error:
            raise Unacceptable("The picture is broken") from error

    return guarded


@_refusing
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


@_refusing
def process_square(data: bytes) -> Picture:
    """An avatar: 400x400. Raises Unacceptable."""
    return _fitted(data, (400, 400))


@_refusing
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
    except Exception as error:
        raise Unacceptable("The file is not a picture that we know (JPEG, PNG, GIF, WebP, AVIF)") from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise Unacceptable(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels")
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise Unacceptable(f"The picture has more than {MAX_FRAMES} frames")
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """A still copy, turned as it was held and in sRGB, that carries nothing but pixels."""
    turned = ImageOps.exif_transpose(image) or image
    if turned.mode not in ("RGB", "RGBA", "CMYK") or "transparency" in turned.info:
        turned = turned.convert("RGBA" if _is_transparent(turned) else "RGB")
    return _bare(_in_srgb(turned))


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return (
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that cannot be read says nothing about the colours


def _bare(image: Image.Image) -> Image.Image:
    """A copy without the comments, profiles and notes that encoders would write out again."""
    mode = "RGBA" if _is_transparent(image) else "RGB"
    bare = image.convert(mode) if image.mode != mode else image.copy()
    bare.info = {}
    return bare


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
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in ImageSequence.Iterator(image):
        times.append(frame.info.get("duration", 100))
        frames.append(_bare(frame.convert("RGBA")))
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
    """Processes for pictures: `AT_ONCE` at a time, each with a time limit of its own.

    A process is started when it is first needed and serves one picture after another. One that is stuck is
    killed and takes nobody along.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._idle: list[ProcessPoolExecutor] = []
        self._busy: list[ProcessPoolExecutor] = []

    async def run(self, work: Callable[[bytes], T], data: bytes) -> T:
        """Do `work` on `data` elsewhere. Raises Unacceptable, also if it takes too long or too much."""
        async with self._turn:
            pool = self._idle.pop() if self._idle else _new_process()
            self._busy.append(pool)
            future: Any = asyncio.wrap_future(pool.submit(work, data))
            try:
                done, _ = await asyncio.wait([future], timeout=self._seconds)
            finally:
                # Still at work: it took too long, or nobody waits for it any more.
                self._busy.remove(pool)
                if future.done():
                    self._idle.append(pool)
                else:
                    future.cancel()
                    _kill(pool)
            if not done:
                raise Unacceptable("The picture is too complicated")
            return await self._outcome(pool, future)

    async def _outcome(self, pool: ProcessPoolExecutor, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except BrokenExecutor as error:
            self._idle.remove(pool)
            _kill(pool)
            raise Unacceptable("The picture is too complicated") from error

    def close(self) -> None:
        """End the processes."""
        for pool in (*self._idle, *self._busy):
            _kill(pool)
        self._idle.clear()


def _new_process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_limit)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)
