"""Pictures: checked by content, freed of what they tell about their maker, and given a small form.

Everything is decoded and encoded anew, so that nothing of the file that came in is ever served: no EXIF, no
place, no comment, no colour profile (its colours are turned into sRGB), no second file behind the first. It
runs in a process of its own with limits on memory and time, as it parses hostile input. Sizes follow
Mastodon: 8.3 megapixels, 640x360 for the small one.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import blurhash
from msgspec import structs
from PIL import Image, ImageCms, ImageOps, ImageSequence

from fedserver.media.errors import Unacceptable
from fedserver.media.image_worker import ACCEPTED, Picture, Processed, has_heif, has_video

T = TypeVar("T")
MAX_PIXELS = 33_177_600
FULL_PIXELS = 8_294_400
SMALL = (640, 360)
EMOJI = (256, 256)
MAX_FRAMES = 300
MAX_SIDE = 16_384

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
if has_heif():
    # By name, because it is an extra.
    importlib.import_module("pillow_heif").register_heif_opener(thumbnails=False)


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
    """Clean a picture for a post; one that moves becomes a film if that can be. Raises Unacceptable."""
    image = _opened(data)
    return _film(image) if _moves(image) and has_video() else _cleaned(image)


@_refusing
def process_shown(data: bytes) -> Processed:
    """Clean a picture of a peer; one that moves stays a picture. Raises Unacceptable."""
    return _cleaned(_opened(data))


def _moves(image: Image.Image) -> bool:
    return getattr(image, "n_frames", 1) > 1 and image.format == "GIF"


def _cleaned(image: Image.Image) -> Processed:
    if _moves(image):
        full = _animated(image)
        image.seek(0)
    else:
        full = _encoded(_shrunk(_upright(image), FULL_PIXELS), image.format or "")
    return _with_small("image", image, full)


def _with_small(kind: str, image: Image.Image, full: Picture) -> Processed:
    still = _upright(image)
    still.thumbnail(SMALL, Image.Resampling.LANCZOS)
    small = _encoded(still, "PNG" if _is_transparent(still) and full.content_type == "image/png" else "JPEG")
    return Processed(kind, full, small, _blur(still))


def _film(image: Image.Image) -> Processed:
    """A silent film of an animated GIF."""
    frames, times = _frames(image)
    image.seek(0)
    # By name, because PyAV is an extra.
    film = importlib.import_module("fedserver.media.video").silent(frames, times)
    made = _with_small("gifv", image, film)
    seconds = sum(times) / 1000
    return structs.replace(made, duration=seconds, frame_rate=f"{round(len(frames) / seconds)}/1")


def still_of(image: Image.Image) -> tuple[Picture, str | None]:
    """The small form and the blur of a frame of a film."""
    still = _bare(image)
    still.thumbnail(SMALL, Image.Resampling.LANCZOS)
    return _encoded(still, "JPEG"), _blur(still)


@_refusing
def process_square(data: bytes) -> Picture:
    """An avatar: 400x400. Raises Unacceptable."""
    return _fitted(data, (400, 400))


@_refusing
def process_banner(data: bytes) -> Picture:
    """A header: 1500x500. Raises Unacceptable."""
    return _fitted(data, (1500, 500))


@_refusing
def process_card(data: bytes) -> Processed:
    """The picture of a card: a small still one. Raises Unacceptable."""
    small, blur = still_of(_upright(_opened(data)))
    return Processed("image", small, small, blur)


@_refusing
def process_emoji(data: bytes) -> Processed:
    """An emoji, which may move, and a still one: PNG, as its edges are see-through. Raises Unacceptable."""
    image = _opened(data)
    frames, times = _frames(image)
    for frame in frames:
        frame.thumbnail(EMOJI, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": times, "loop": 0}
    frames[0].save(out, "PNG", **(more if len(frames) > 1 else {}))
    full = Picture(out.getvalue(), "image/png", frames[0].width, frames[0].height)
    return Processed("image", full, _encoded(frames[0], "PNG"), None)


def _fitted(data: bytes, size: tuple[int, int]) -> Picture:
    image = _upright(_opened(data))
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return _encoded(fitted, "PNG" if _is_transparent(fitted) else "JPEG")


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=(*ACCEPTED, *(("HEIF",) if has_heif() else ())))
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
    frames, times = _frames(image)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, disposal=2)
    return Picture(out.getvalue(), "image/gif", image.width, image.height)


def _frames(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """The frames, and how long each is shown (ms)."""
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in ImageSequence.Iterator(image):
        # What names no time, or hardly any, is shown for a tenth of a second, as browsers do.
        time = int(frame.info.get("duration", 100))
        times.append(time if time > 10 else 100)
        frames.append(_bare(frame.convert("RGBA")))
    return frames, times


def _blur(image: Image.Image) -> str | None:
    tiny = image.convert("RGB")
    tiny.thumbnail((32, 32))
    rows = [[list(tiny.getpixel((x, y))) for x in range(tiny.width)] for y in range(tiny.height)]  # type: ignore[arg-type]
    made: str = blurhash.encode(rows, components_x=4, components_y=3)
    return made
