"""Link previews from the metadata of a page: OpenGraph, Twitter cards, oEmbed, `fediverse:creator`.

Pages are not trusted: every text becomes one plain line, every address is absolute, and the only HTML is a
frame that is written here around an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urljoin

from msgspec import Struct, structs
from selectolax.lexbor import LexborHTMLParser

from fedserver.text.languages import normalize_language
from fedserver.text.sanitize import clean_name, limit_nesting, to_web_url

MAX_HEAD, MAX_TITLE, MAX_DESCRIPTION, MAX_NAME, MAX_ADDRESS = 300_000, 300, 1_000, 200, 2_048
MAX_PIXELS = 20_000
# No other codec is used: some of Python's take quadratic time.
CHARSETS = frozenset(
    {
        "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7",
        "iso-8859-9", "iso-8859-15", "latin1", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
        "windows-1254", "windows-1257", "shift_jis", "euc-jp", "euc-kr", "gb2312", "gbk", "gb18030", "big5",
        "koi8-r", "koi8-u",
    }
)  # fmt: skip


class PagePreview(Struct, frozen=True, kw_only=True):
    """The preview of a page. `oembed` is the address of its oEmbed document, `creator` a handle."""

    kind: str = "link"
    title: str = ""
    description: str = ""
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    html: str = ""
    embed_url: str = ""
    width: int = 0
    height: int = 0
    image_url: str = ""
    image_alt: str = ""
    language: str | None = None
    published_at: int | None = None
    creator: str = ""
    oembed: str = ""


def parse_page(body: bytes, content_type: str, url: str) -> PagePreview | None:
    """Return the preview from the head of an HTML page, None if it has no title."""
    tree = LexborHTMLParser(limit_nesting(_extract_head(_decode(body, content_type))))
    read = _metadata_reader(tree)
    title_node = tree.css_first("title")
    title = read("og:title", "twitter:title") or (title_node.text() if title_node is not None else "")
    if not title.strip():
        return None
    root = tree.css_first("html")
    link = tree.css_first('link[type="application/json+oembed"]')
    width, height = _parse_number(read("og:image:width")), _parse_number(read("og:image:height"))
    author_url = _to_absolute_url(url, read("article:author"))
    return _add_player(
        PagePreview(
            title=clean_name(title, MAX_TITLE),
            description=clean_name(
                read("og:description", "twitter:description", "description"), MAX_DESCRIPTION
            ),
            author_name=clean_name(read("author", "og:author"), MAX_NAME),
            author_url=author_url,
            provider_name=clean_name(read("og:site_name"), MAX_NAME),
            width=width,
            height=height,
            image_url=_to_absolute_url(
                url,
                read("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"),
            ),
            image_alt=clean_name(read("og:image:alt", "twitter:image:alt"), MAX_DESCRIPTION),
            language=_choose_language(
                root.attributes.get("lang") if root is not None else "", read("og:locale")
            ),
            published_at=_parse_date(read("article:published_time")),
            creator=clean_name(read("fediverse:creator"), MAX_NAME),
            oembed=_to_absolute_url(url, (link.attributes.get("href") or "") if link is not None else ""),
        ),
        _to_absolute_url(url, read("twitter:player")),
        _parse_number(read("twitter:player:width")),
        _parse_number(read("twitter:player:height")),
    )


def _decode(body: bytes, content_type: str) -> str:
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip("\"' ")
    if not charset:
        start = body[:2_048].decode("ascii", "replace").lower()
        charset = start.partition("charset=")[2].lstrip("\"' ")[:20]
        charset = charset.split('"')[0].split("'")[0].split(">")[0].split(";")[0].rstrip(" /")
    return body.decode(charset if charset in CHARSETS else "utf-8", "replace")


def _extract_head(html: str) -> str:
    html = html[:MAX_HEAD]
    end = html.find("<body")
    return html[:end] if end >= 0 else html


def _metadata_reader(tree: LexborHTMLParser) -> Any:
    """Return a function that returns the first of several metadata that a page has, '' for none."""
    metadata: dict[str, str] = {}
    for node in tree.css("meta")[:500]:
        name = (node.attributes.get("property") or node.attributes.get("name") or "").strip().lower()
        content = node.attributes.get("content") or ""
        if name and content.strip():
            metadata.setdefault(name, content.strip())

    def read(*names: str) -> str:
        return next((metadata[name] for name in names if name in metadata), "")

    return read


def _to_absolute_url(base: str, text: str) -> str:
    """Return an address on a page as an absolute one, '' if it cannot be linked."""
    if not text:
        return ""
    try:
        absolute = to_web_url(urljoin(base, text.strip()))
    except ValueError:
        return ""
    return absolute if len(absolute) <= MAX_ADDRESS else ""


def _parse_number(value: Any) -> int:
    text = str(value)
    return min(int(text), MAX_PIXELS) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _parse_date(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        stamp = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return stamp if stamp > 0 else None


def _choose_language(lang: str | None, locale: str) -> str | None:
    return normalize_language((lang or "").strip()) or normalize_language(locale)


def _add_player(preview: PagePreview, address: str, width: int, height: int) -> PagePreview:
    """Return the preview of a page that plays a video: in a sandboxed frame, by https only."""
    if not address.startswith("https://"):
        return preview
    frame = (
        f'<iframe src="{escape(address)}" width="{width}" height="{height}" frameborder="0" '
        'sandbox="allow-scripts allow-same-origin allow-popups allow-forms" allowfullscreen></iframe>'
    )
    return structs.replace(preview, kind="video", html=frame, width=width, height=height)


def parse_oembed(answer: Mapping[str, Any], preview: PagePreview, url: str) -> PagePreview:
    """Return the preview with data of an oEmbed document (oembed.com, 1.0); type `rich` stays a link."""

    def read(name: str, limit: int) -> str:
        value = answer.get(name)
        return clean_name(value, limit) if isinstance(value, str) else ""

    def address(name: str) -> str:
        value = answer.get(name)
        return _to_absolute_url(url, value) if isinstance(value, str) else ""

    kind = answer.get("type")
    if str(answer.get("version")) not in ("1.0", "1") or kind not in ("link", "photo", "video", "rich"):
        return preview
    preview = structs.replace(
        preview,
        title=read("title", MAX_TITLE) or preview.title,
        author_name=read("author_name", MAX_NAME) or preview.author_name,
        author_url=address("author_url") or preview.author_url,
        provider_name=read("provider_name", MAX_NAME) or preview.provider_name,
        provider_url=address("provider_url"),
        image_url=address("thumbnail_url") or preview.image_url,
    )
    width, height = _parse_number(answer.get("width")), _parse_number(answer.get("height"))
    if kind == "photo" and address("url"):
        picture = address("url")
        return structs.replace(
            preview, kind="photo", embed_url=picture, image_url=picture, width=width, height=height
        )
    if kind == "video":
        return _add_player(preview, _find_frame_url(answer.get("html"), url), width, height)
    return preview


def _find_frame_url(html: Any, url: str) -> str:
    """Return the address of the first frame in the HTML of a provider, '' if there is none."""
    if not isinstance(html, str):
        return ""
    frame = LexborHTMLParser(limit_nesting(html[:20_000])).css_first("iframe[src]")
    return _to_absolute_url(url, frame.attributes.get("src") or "") if frame is not None else ""
