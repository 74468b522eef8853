"""The formats that this node accepts; some need an extra."""

from __future__ import annotations

from importlib.util import find_spec

IMAGE_FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
HEIF_TYPES = ("image/heic", "image/heif")
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


def has_heif() -> bool:
    """Return True with the extra `heif`: photos of phones that are in no other format."""
    return find_spec("pillow_heif") is not None


def has_video() -> bool:
    """Return True with the extra `video`: videos, audio, and animated images as videos."""
    return find_spec("av") is not None


def list_image_types() -> list[str]:
    """Return the media types of images that this node accepts."""
    return sorted((*IMAGE_FORMATS.values(), *(HEIF_TYPES if has_heif() else ())))


def list_av_types() -> list[str]:
    """Return the media types of videos and audio that this node accepts: none without the extra."""
    return sorted((*AUDIO_TYPES, *VIDEO_TYPES)) if has_video() else []
