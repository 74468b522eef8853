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

from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import ACCEPTED_FORMATS, EncodedImage, ProcessedImage, has_heif, has_video

T = TypeVar("T")
MAX_PIXELS = 33_177_600
FULL_PIXELS = 8_294_400
SMALL_SIZE = (640, 360)
EMOJI_SIZE = (256, 256)
MAX_FRAMES = 300
MAX_SIDE = 16_384

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
if has_heif():
    # By name, because it is an extra.
    importlib.import_module("pillow_heif").register_heif_opener(thumbnails=False)


def _reject_on_error(work: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """What decoders raise on broken input is no closed list: whatever it is, the picture is refused."""

    @wraps(work)
    def guarded(data: bytes) -> T:
        try:
            return work(data)
        except UnacceptableFileError:
            raise
        except MemoryError as error:
            raise UnacceptableFileError("The picture is too complicated") from error
        except Exception as error:
            raise UnacceptableFileError("The picture is broken") from error

    return guarded


@_reject_on_error
def process_attachment(data: bytes) -> ProcessedImage:
    """Clean a picture for a post; one that moves becomes a film if that can be. Raises Unacceptable."""
    image = _open(data)
    return _to_video(image) if _is_animated(image) and has_video() else _clean(image)


@_reject_on_error
def process_remote(data: bytes) -> ProcessedImage:
    """Clean a picture of a peer; one that moves stays a picture. Raises Unacceptable."""
    return _clean(_open(data))


def _is_animated(image: Image.Image) -> bool:
    return getattr(image, "n_frames", 1) > 1 and image.format == "GIF"


def _clean(image: Image.Image) -> ProcessedImage:
    if _is_animated(image):
        full = _encode_animation(image)
        image.seek(0)
    else:
        full = _encode(_shrink(_to_upright(image), FULL_PIXELS), image.format or "")
    return _add_small_form("image", image, full)


def _add_small_form(kind: str, image: Image.Image, full: EncodedImage) -> ProcessedImage:
    still = _to_upright(image)
    still.thumbnail(SMALL_SIZE, Image.Resampling.LANCZOS)
    small = _encode(still, "PNG" if _is_transparent(still) and full.content_type == "image/png" else "JPEG")
    return ProcessedImage(kind, full, small, _compute_blurhash(still))


def _to_video(image: Image.Image) -> ProcessedImage:
    """A silent film of an animated GIF."""
    frames, times = _read_frames(image)
    image.seek(0)
    # By name, because PyAV is an extra.
    film = importlib.import_module("fedserver.media.video").encode_silent_video(frames, times)
    made = _add_small_form("gifv", image, film)
    seconds = sum(times) / 1000
    return structs.replace(made, duration=seconds, frame_rate=f"{round(len(frames) / seconds)}/1")


def render_still(image: Image.Image) -> tuple[EncodedImage, str | None]:
    """The small form and the blur of a frame of a film."""
    still = _strip_metadata(image)
    still.thumbnail(SMALL_SIZE, Image.Resampling.LANCZOS)
    return _encode(still, "JPEG"), _compute_blurhash(still)


@_reject_on_error
def process_square(data: bytes) -> EncodedImage:
    """An avatar: 400x400. Raises Unacceptable."""
    return _fit(data, (400, 400))


@_reject_on_error
def process_banner(data: bytes) -> EncodedImage:
    """A header: 1500x500. Raises Unacceptable."""
    return _fit(data, (1500, 500))


@_reject_on_error
def process_card(data: bytes) -> ProcessedImage:
    """The picture of a card: a small still one. Raises Unacceptable."""
    small, blur = render_still(_to_upright(_open(data)))
    return ProcessedImage("image", small, small, blur)


@_reject_on_error
def process_emoji(data: bytes) -> ProcessedImage:
    """An emoji, which may move, and a still one: PNG, as its edges are see-through. Raises Unacceptable."""
    image = _open(data)
    frames, times = _read_frames(image)
    for frame in frames:
        frame.thumbnail(EMOJI_SIZE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": times, "loop": 0}
    frames[0].save(out, "PNG", **(more if len(frames) > 1 else {}))
    full = EncodedImage(out.getvalue(), "image/png", frames[0].width, frames[0].height)
    return ProcessedImage("image", full, _encode(frames[0], "PNG"), None)


def _fit(data: bytes, size: tuple[int, int]) -> EncodedImage:
    image = _to_upright(_open(data))
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return _encode(fitted, "PNG" if _is_transparent(fitted) else "JPEG")


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=(*ACCEPTED_FORMATS, *(("HEIF",) if has_heif() else ())))
    except Exception as error:
        raise UnacceptableFileError(
            "The file is not a picture that we know (JPEG, PNG, GIF, WebP, AVIF)"
        ) from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise UnacceptableFileError(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels")
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise UnacceptableFileError(f"The picture has more than {MAX_FRAMES} frames")
    image.load()
    return image


def _to_upright(image: Image.Image) -> Image.Image:
    """A still copy, turned as it was held and in sRGB, that carries nothing but pixels."""
    turned = ImageOps.exif_transpose(image) or image
    if turned.mode not in ("RGB", "RGBA", "CMYK") or "transparency" in turned.info:
        turned = turned.convert("RGBA" if _is_transparent(turned) else "RGB")
    return _strip_metadata(_to_srgb(turned))


def _to_srgb(image: Image.Image) -> Image.Image:
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


def _strip_metadata(image: Image.Image) -> Image.Image:
    """A copy without the comments, profiles and notes that encoders would write out again."""
    mode = "RGBA" if _is_transparent(image) else "RGB"
    bare = image.convert(mode) if image.mode != mode else image.copy()
    bare.info = {}
    return bare


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _shrink(image: Image.Image, pixels: int) -> Image.Image:
    count = image.width * image.height
    if count <= pixels:
        return image
    factor = (pixels / count) ** 0.5
    size = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encode(image: Image.Image, source: str) -> EncodedImage:
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
    return EncodedImage(out.getvalue(), kind, image.width, image.height)


def _encode_animation(image: Image.Image) -> EncodedImage:
    """An animated GIF, frame by frame, without anything else that was in the file."""
    frames, times = _read_frames(image)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, disposal=2)
    return EncodedImage(out.getvalue(), "image/gif", image.width, image.height)


def _read_frames(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """The frames, and how long each is shown (ms)."""
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in ImageSequence.Iterator(image):
        # What names no time, or hardly any, is shown for a tenth of a second, as browsers do.
        time = int(frame.info.get("duration", 100))
        times.append(time if time > 10 else 100)
        frames.append(_strip_metadata(frame.convert("RGBA")))
    return frames, times


def _compute_blurhash(image: Image.Image) -> str | None:
    tiny = image.convert("RGB")
    tiny.thumbnail((32, 32))
    rows = [[list(tiny.getpixel((x, y))) for x in range(tiny.width)] for y in range(tiny.height)]  # type: ignore[arg-type]
    made: str = blurhash.encode(rows, components_x=4, components_y=3)
    return made
