"""MediaAttachment (docs.joinmastodon.org/entities/MediaAttachment)."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.links import Links
from storage.rows.content import MediaRow


class MediaSize(Struct, frozen=True):
    width: int
    height: int
    size: str
    aspect: float


class MediaFocus(Struct, frozen=True):
    x: float
    y: float


class OriginalMeta(Struct, frozen=True, omit_defaults=True):
    """The whole file: images have a size, videos a frame rate too, audio only a duration (seconds)."""

    width: int | None = None
    height: int | None = None
    size: str | None = None
    aspect: float | None = None
    frame_rate: str | None = None
    duration: float | None = None
    bitrate: int | None = None


class MediaMeta(Struct, frozen=True, omit_defaults=True):
    """Metadata for players before the file is loaded; `length` is like 0:01:02.50, `duration` in seconds."""

    length: str | None = None
    duration: float | None = None
    fps: int | None = None
    size: str | None = None
    width: int | None = None
    height: int | None = None
    aspect: float | None = None
    original: OriginalMeta | None = None
    small: MediaSize | None = None
    focus: MediaFocus | None = None


class MediaAttachment(Struct, frozen=True):
    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: MediaMeta
    description: str | None
    blurhash: str | None


def render_media_attachment(links: Links, row: MediaRow, *, former: bool = False) -> MediaAttachment:
    """Return a file of a post, with the address where this node serves it.

    One that was `former`ly attached has no row any more, which else the address of a remote file needs.
    """
    url, preview = _list_urls(links, row, former=former)
    return MediaAttachment(
        id=str(row.id),
        type=row.kind,
        url=url,
        preview_url=preview,
        remote_url=row.remote_url or None,
        preview_remote_url=None,
        text_url=None,
        meta=_render_meta(row),
        description=row.description or None,
        blurhash=row.blurhash,
    )


def _list_urls(links: Links, row: MediaRow, *, former: bool) -> tuple[str | None, str | None]:
    """Return the addresses of the file and of its preview, which audio has not, with grants."""
    url, small = _list_plain_urls(links, row, former=former)
    return url and links.with_grant(url), small and links.with_grant(small)


def _list_plain_urls(links: Links, row: MediaRow, *, former: bool) -> tuple[str | None, str | None]:
    preview = links.media(row.preview_key) if row.preview_key else None
    if row.state != "ready":
        return None, preview
    if row.file_key:
        url = links.media(row.file_key)
        return url, preview or (url if row.kind == "image" else None)
    if row.kind == "unknown":
        return row.remote_url, None  # a link to follow; nothing is loaded from there
    if former and row.post_id is not None:
        url = links.post_file(row.post_id, row.kind, row.remote_url)
        return url, url if row.kind == "image" else None
    small = links.remote_media(row.id, "small", row.remote_url) if row.kind == "image" else None
    return links.remote_media(row.id, "original", row.remote_url), small


def _render_meta(row: MediaRow) -> MediaMeta:
    small = _render_size(row.preview_width, row.preview_height)
    focus = MediaFocus(row.focus_x, row.focus_y)
    size = _render_size(row.width, row.height)
    original = OriginalMeta(
        frame_rate=row.frame_rate,
        duration=row.duration,
        bitrate=row.bitrate,
        **({} if size is None else structs.asdict(size)),
    )
    shown = original if original != OriginalMeta() else None
    if row.duration is None:
        return MediaMeta(original=shown, small=small, focus=focus)
    return MediaMeta(
        length=_format_length(row.duration),
        duration=row.duration,
        fps=_parse_fps(row.frame_rate),
        original=shown,
        small=small,
        focus=focus,
        **({} if size is None else structs.asdict(size)),
    )


def _format_length(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"


def _parse_fps(frame_rate: str | None) -> int | None:
    if frame_rate is None:
        return None
    frames, _, seconds = frame_rate.partition("/")
    return round(int(frames) / int(seconds or 1))


def _render_size(width: int | None, height: int | None) -> MediaSize | None:
    if not width or not height:
        return None
    return MediaSize(width, height, f"{width}x{height}", round(width / height, 6))
