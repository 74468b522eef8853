"""What images and frames of videos share: still copies without metadata, encoded, and their BlurHash."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import blurhash
from PIL import Image

from fedserver.media.errors import UnacceptableFileError, build_broken_error, build_too_complex_error
from fedserver.media.results import EncodedImage

T = TypeVar("T")
SMALL_SIZE = (640, 360)  # as in Mastodon


def reject_on_error(what: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Make a function raise UnacceptableFileError for any error; `what` is image or file.

    What decoders raise on broken input is no closed list.
    """

    def decorate(work: Callable[..., T]) -> Callable[..., T]:
        @wraps(work)
        def run_guarded(*arguments: Any) -> T:
            try:
                return work(*arguments)
            except UnacceptableFileError:
                raise
            except MemoryError as error:
                raise build_too_complex_error(what) from error
            except Exception as error:
                raise build_broken_error(what) from error

        return run_guarded

    return decorate


def render_still(image: Image.Image) -> tuple[EncodedImage, str | None]:
    """Return a small JPEG of an image or frame, and its BlurHash."""
    still = strip_metadata(image)
    still.thumbnail(SMALL_SIZE, Image.Resampling.LANCZOS)
    return encode(still, "JPEG"), compute_blurhash(still)


def strip_metadata(image: Image.Image) -> Image.Image:
    """Return a copy without the comments, profiles and notes that encoders would write out again."""
    mode = "RGBA" if is_transparent(image) else "RGB"
    bare = image.convert(mode) if image.mode != mode else image.copy()
    bare.info = {}
    return bare


def is_transparent(image: Image.Image) -> bool:
    """Return True if an image has an alpha channel or a transparent colour."""
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def encode(image: Image.Image, source: str) -> EncodedImage:
    """Encode an image that was in the format `source`.

    JPEG for photos, PNG where it was PNG or GIF or is transparent, WebP for WebP and AVIF.
    """
    out = io.BytesIO()
    if source in ("WEBP", "AVIF"):
        image.save(out, "WEBP", quality=85, method=3)
        content_type = "image/webp"
    elif source in ("PNG", "GIF") or is_transparent(image):
        image.save(out, "PNG", optimize=False)
        content_type = "image/png"
    else:
        image.convert("RGB").save(out, "JPEG", quality=88, progressive=True)
        content_type = "image/jpeg"
    return EncodedImage(out.getvalue(), content_type, image.width, image.height)


def compute_blurhash(image: Image.Image) -> str | None:
    """Return the BlurHash of an image, 4x3 components as in Mastodon."""
    tiny = image.convert("RGB")
    tiny.thumbnail((32, 32))
    rows = [[list(tiny.getpixel((x, y))) for x in range(tiny.width)] for y in range(tiny.height)]  # type: ignore[arg-type]
    hashed: str = blurhash.encode(rows, components_x=4, components_y=3)
    return hashed
