"""Figures in the HTML of an article: a picture with a caption, a video or a sound.

In Markdown a picture is `![description](address "caption")`. Only files of this node become a video or a
sound: one of another server would tell it who reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

from msgspec import Struct

VIDEO_ENDINGS = (".mp4", ".webm", ".mov")
SOUND_ENDINGS = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".flac", ".wav")
_ATTRIBUTES = r'(?: [a-z-]+="[^"]*")*'
_ALONE = re.compile(rf"<p>\s*(<img{_ATTRIBUTES}>)\s*</p>")
_PICTURE = re.compile(rf"<img{_ATTRIBUTES}>")
_FILE = re.compile(rf"<(?:img|video|audio){_ATTRIBUTES}>")
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')


class TextFile(Struct, frozen=True):
    """A file of this node in the HTML of an article: its key in the store, and its description."""

    key: str
    description: str


def build_figures(html: str, media_base: str) -> str:
    """Return sanitized HTML with figures; `media_base` is how addresses of files of this node begin.

    A picture that is alone in its paragraph and has a title is a figure with the title as its caption.
    """
    if "<img" not in html:
        return html
    html = _ALONE.sub(lambda match: _render_alone(match[0], match[1], media_base), html)
    # Within a line there is no room for a caption, but a video plays there, too.
    return _PICTURE.sub(lambda match: _render_player(match[0], media_base) or match[0], html)


def _render_alone(paragraph: str, picture: str, media_base: str) -> str:
    caption = _read_attributes(picture).get("title", "").strip()
    player = _render_player(picture, media_base)
    if not caption and not player:
        return paragraph
    shown = player or picture.replace(f' title="{_read_raw(picture, "title")}"', "")
    label = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
    return f"<figure>{shown}{label}</figure>"


def _render_player(picture: str, media_base: str) -> str:
    """Return the element that plays a video or sound of this node, '' for anything else.

    Where it is not known, as on most other servers, the link inside of it is shown.
    """
    attributes = _read_attributes(picture)
    address = attributes.get("src", "")
    is_video = address.lower().endswith(VIDEO_ENDINGS)
    if (
        not media_base
        or not address.startswith(media_base)
        or not (is_video or address.lower().endswith(SOUND_ENDINGS))
    ):
        return ""
    name = "video" if is_video else "audio"
    source, label = escape(address), attributes.get("alt", "") or address.rpartition("/")[2]
    more = ' playsinline=""' if is_video else ""
    return (
        f'<{name} controls="" preload="metadata"{more} src="{source}" aria-label="{escape(label)}">'
        f'<a href="{source}">{escape(label, quote=False)}</a></{name}>'
    )


def list_text_files(html: str, media_base: str) -> list[TextFile]:
    """Return the files of this node that the HTML of an article shows, each once, in their order."""
    files: dict[str, TextFile] = {}
    for match in _FILE.finditer(html):
        attributes = _read_attributes(match[0])
        address = attributes.get("src", "")
        key = address.removeprefix(media_base).partition("?")[0]
        if address.startswith(media_base) and key and not key.startswith("proxy/"):
            files.setdefault(key, TextFile(key, attributes.get("alt") or attributes.get("aria-label", "")))
    return list(files.values())


def add_sizes(html: str, sizes: Mapping[str, tuple[int, int]]) -> str:
    """Return HTML whose pictures have the width and height of `sizes`: so nothing moves while they load."""

    def add(match: re.Match[str]) -> str:
        attributes = _read_attributes(match[0])
        size = sizes.get(attributes.get("src", ""))
        if size is None or "width" in attributes or "height" in attributes:
            return match[0]
        return f'{match[0][:-1]} width="{size[0]}" height="{size[1]}">'

    return _PICTURE.sub(add, html) if sizes else html


def write_picture(address: str, description: str, caption: str) -> str:
    """Return the Markdown of a figure."""
    description = re.sub(r"([\\\[\]])", r"\\\1", " ".join(description.split()))
    caption = re.sub(r'([\\"])', r"\\\1", " ".join(caption.split()))
    title = f' "{caption}"' if caption else ""
    return f"![{description}]({address}{title})"


def _read_attributes(tag: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}


def _read_raw(tag: str, name: str) -> str:
    return next((value for attribute, value in _ATTRIBUTE.findall(tag) if attribute == name), "")
