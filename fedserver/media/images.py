"""Images: checked by content, stripped of metadata, and given a small version.

Everything is decoded and encoded again, so that no byte of the received file is ever served: no EXIF, no
location, no comment, no colour profile (its colours are converted to sRGB), no second file behind the first.
Runs in a child process with limits on memory and time, as it parses untrusted input. Sizes follow Mastodon:
8.3 megapixels, 640x360 for the small version.
"""

from __future__ import annotations

import importlib
import io
from typing import Any

from msgspec import structs
from PIL import Image, ImageCms, ImageOps, ImageSequence

from fedserver.media.errors import FileLimitError, UnacceptableFileError
from fedserver.media.formats import IMAGE_FORMATS, has_heif, has_video
from fedserver.media.frames import (
    SMALL_SIZE,
    compute_blurhash,
    encode,
    is_transparent,
    reject_on_error,
    render_still,
    strip_metadata,
)
from fedserver.media.results import EncodedImage, ProcessedImage
from fedserver.on_demand import on_demand

# PyAV is an extra, and only animated images need it.
video = on_demand("fedserver.media.video")
MAX_PIXELS = 33_177_600  # 7680x4320, as Mastodon accepts
FULL_PIXELS = 8_294_400  # 3840x2160, as Mastodon stores
EMOJI_SIZE = (256, 256)
MAX_FRAMES = 300  # each is held in memory while it is encoded
MAX_SIDE = 16_384  # a strip one pixel high would pass the bound on pixels

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
if has_heif():
    # By name, because it is an extra.
    importlib.import_module("pillow_heif").register_heif_opener(thumbnails=False)


@reject_on_error("image")
def process_attachment(data: bytes) -> ProcessedImage:
    """Clean an image for a post; an animated one becomes a video with the extra `video`.

    Raises UnacceptableFileError, as all functions here do.
    """
    image = _open(data)
    return _to_video(image) if _is_animated(image) and has_video() else _clean(image)


@reject_on_error("image")
def process_remote(data: bytes) -> ProcessedImage:
    """Clean an image of a peer; an animated one stays an image."""
    return _clean(_open(data))


def _is_animated(image: Image.Image) -> bool:
    return getattr(image, "n_frames", 1) > 1 and image.format == "GIF"


def _clean(image: Image.Image) -> ProcessedImage:
    if _is_animated(image):
        full = _encode_animation(image)
        image.seek(0)
    else:
        full = encode(_shrink(_to_upright(image), FULL_PIXELS), image.format or "")
    return _add_small_version("image", image, full)


def _add_small_version(kind: str, image: Image.Image, full: EncodedImage) -> ProcessedImage:
    still = _to_upright(image)
    still.thumbnail(SMALL_SIZE, Image.Resampling.LANCZOS)
    small = encode(still, "PNG" if is_transparent(still) and full.content_type == "image/png" else "JPEG")
    return ProcessedImage(kind, full, small, compute_blurhash(still))


def _to_video(image: Image.Image) -> ProcessedImage:
    """Return a silent video of an animated GIF, as browsers play it with less memory."""
    frames, times = _read_frames(image)
    image.seek(0)
    encoded = video.encode_silent_video(frames, times)
    processed = _add_small_version("gifv", image, encoded)
    seconds = sum(times) / 1000
    return structs.replace(processed, duration=seconds, frame_rate=f"{round(len(frames) / seconds)}/1")


@reject_on_error("image")
def process_square(data: bytes) -> EncodedImage:
    """Return an avatar, 400x400 pixels as in Mastodon."""
    return _fit(data, (400, 400))


@reject_on_error("image")
def process_banner(data: bytes) -> EncodedImage:
    """Return a header, 1500x500 pixels as in Mastodon."""
    return _fit(data, (1500, 500))


@reject_on_error("image")
def process_card(data: bytes) -> ProcessedImage:
    """Return the image of a link preview card: a small still one."""
    small, blurhash = render_still(_to_upright(_open(data)))
    return ProcessedImage("image", small, small, blurhash)


@reject_on_error("image")
def process_emoji(data: bytes) -> ProcessedImage:
    """Return a custom emoji, which may be animated, and a still one: PNG, as its edges are transparent."""
    image = _open(data)
    frames, times = _read_frames(image)
    for frame in frames:
        frame.thumbnail(EMOJI_SIZE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    animation: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": times, "loop": 0}
    frames[0].save(out, "PNG", **(animation if len(frames) > 1 else {}))
    full = EncodedImage(out.getvalue(), "image/png", frames[0].width, frames[0].height)
    return ProcessedImage("image", full, encode(frames[0], "PNG"), None)


def _fit(data: bytes, size: tuple[int, int]) -> EncodedImage:
    image = _to_upright(_open(data))
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return encode(fitted, "PNG" if is_transparent(fitted) else "JPEG")


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=(*IMAGE_FORMATS, *(("HEIF",) if has_heif() else ())))
    except Exception as error:
        raise UnacceptableFileError(
            "This file is not an image that can be used here. "
            "Please choose a JPEG, PNG, GIF, WebP or AVIF file."
        ) from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise FileLimitError(
            "This image is too large: %(count)s million pixels are allowed. Please make it smaller.",
            "This image is too large: %(count)s million pixels are allowed. Please make it smaller.",
            count=MAX_PIXELS // 1_000_000,
        )
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise FileLimitError(
            "This animation is too long: %(count)s frame is allowed. Please shorten it.",
            "This animation is too long: %(count)s frames are allowed. Please shorten it.",
            count=MAX_FRAMES,
        )
    image.load()
    return image


def _to_upright(image: Image.Image) -> Image.Image:
    """Return a still copy without metadata, rotated as the camera was held and in sRGB."""
    upright = ImageOps.exif_transpose(image) or image
    if upright.mode not in ("RGB", "RGBA", "CMYK") or "transparency" in upright.info:
        upright = upright.convert("RGBA" if is_transparent(upright) else "RGB")
    return strip_metadata(_to_srgb(upright))


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


def _shrink(image: Image.Image, pixels: int) -> Image.Image:
    count = image.width * image.height
    if count <= pixels:
        return image
    factor = (pixels / count) ** 0.5
    size = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _encode_animation(image: Image.Image) -> EncodedImage:
    """Encode an animated GIF frame by frame, without anything else that was in the file."""
    frames, times = _read_frames(image)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, disposal=2)
    return EncodedImage(out.getvalue(), "image/gif", image.width, image.height)


def _read_frames(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """Return the frames, and for how long each is shown (ms)."""
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in ImageSequence.Iterator(image):
        # A frame without a time, or with hardly any, is shown for a tenth of a second, as browsers do.
        time = int(frame.info.get("duration", 100))
        times.append(time if time > 10 else 100)
        frames.append(strip_metadata(frame.convert("RGBA")))
    return frames, times
