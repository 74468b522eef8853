"""MediaAttachment (docs.joinmastodon.org/entities/MediaAttachment)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.links import Links
from storage import MediaRow


class Size(Struct, frozen=True):
    width: int
    height: int
    size: str
    aspect: float


class Focus(Struct, frozen=True):
    x: float
    y: float


class Meta(Struct, frozen=True, omit_defaults=True):
    original: Size | None = None
    small: Size | None = None
    focus: Focus | None = None


class MediaAttachment(Struct, frozen=True):
    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: Meta
    description: str | None
    blurhash: str | None


def media_attachment(links: Links, row: MediaRow) -> MediaAttachment:
    """A file of a post; one of a peer is shown from where it lies."""
    url = links.media(row.file_key) if row.file_key else row.remote_url
    preview = links.media(row.preview_key) if row.preview_key else url
    return MediaAttachment(
        id=str(row.id),
        type=row.kind,
        url=url,
        preview_url=preview,
        remote_url=row.remote_url or None,
        preview_remote_url=None,
        text_url=None,
        meta=Meta(
            _size(row.width, row.height),
            _size(row.preview_width, row.preview_height),
            Focus(row.focus_x, row.focus_y),
        ),
        description=row.description or None,
        blurhash=row.blurhash,
    )


def _size(width: int | None, height: int | None) -> Size | None:
    if not width or not height:
        return None
    return Size(width, height, f"{width}x{height}", round(width / height, 6))
