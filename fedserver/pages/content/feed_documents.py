"""Feeds as XML: Atom (RFC 4287) and RSS 2.0 (rssboard.org/rss-specification)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from msgspec import Struct

from fedserver.text.characters import remove_controls

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"  # RSS itself has only e-mail addresses of authors
XML = "http://www.w3.org/XML/1998/namespace"
CONTENT_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
ElementTree.register_namespace("atom", ATOM)
ElementTree.register_namespace("dc", DUBLIN_CORE)


class FeedFile(Struct, frozen=True):
    """A file of an entry; its size is in bytes."""

    url: str
    content_type: str
    size: int


class FeedEntry(Struct, frozen=True):
    """A post in a feed: title and summary are plain text, the content is HTML, times are ms UTC.

    `author` is '' where all posts of the feed are by its own author.
    """

    uri: str
    url: str
    title: str
    summary: str
    content: str
    language: str | None
    published_at: int
    updated_at: int
    tags: tuple[str, ...]
    files: tuple[FeedFile, ...]
    author: str = ""
    author_url: str = ""
    license: str = ""  # the address of the license


class Feed(Struct, frozen=True):
    """A feed at `url`, of what `page` shows."""

    url: str
    page: str
    title: str
    author: str
    author_url: str
    description: str
    updated_at: int
    entries: tuple[FeedEntry, ...] = ()


def write_atom(feed: Feed) -> bytes:
    """Return a feed as Atom."""
    root = ElementTree.Element("feed", {"xmlns": ATOM})
    _add(root, "id", feed.url)
    _add(root, "title", feed.title)
    _add(root, "updated", _format_iso(feed.updated_at))
    _add(root, "link", rel="self", type=CONTENT_TYPES["atom"], href=feed.url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    _add_atom_author(root, feed.author, feed.author_url)
    for entry in feed.entries:
        _add_atom_entry(root, entry)
    return _write(root)


def _add_atom_author(parent: ElementTree.Element, name: str, url: str) -> None:
    author = _add(parent, "author")
    _add(author, "name", name)
    _add(author, "uri", url)


def _add_atom_entry(root: ElementTree.Element, entry: FeedEntry) -> None:
    element = _add(root, "entry")
    if entry.language:
        element.set(f"{{{XML}}}lang", entry.language)
    _add(element, "id", entry.uri)
    _add(element, "title", entry.title)
    if entry.author:
        _add_atom_author(element, entry.author, entry.author_url)
    _add(element, "link", rel="alternate", type="text/html", href=entry.url)
    _add(element, "published", _format_iso(entry.published_at))
    _add(element, "updated", _format_iso(entry.updated_at))
    for tag in entry.tags:
        _add(element, "category", term=tag)
    for file in entry.files:
        _add(element, "link", rel="enclosure", type=file.content_type, length=str(file.size), href=file.url)
    if entry.license:
        _add(element, "link", rel="license", href=entry.license)  # RFC 4946
    if entry.summary:
        _add(element, "summary", entry.summary)
    _add(element, "content", entry.content, type="html")


def write_rss(feed: Feed) -> bytes:
    """Return a feed as RSS."""
    root = ElementTree.Element("rss", {"version": "2.0"})
    channel = _add(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.page)
    _add(channel, "description", feed.description)
    _add(channel, "lastBuildDate", _format_rfc822(feed.updated_at))
    _add(channel, f"{{{ATOM}}}link", rel="self", type=CONTENT_TYPES["rss"], href=feed.url)
    for entry in feed.entries:
        item = _add(channel, "item")
        _add(item, "guid", entry.uri, isPermaLink="false")
        _add(item, "title", entry.title)
        _add(item, "link", entry.url)
        if entry.author:
            _add(item, f"{{{DUBLIN_CORE}}}creator", entry.author)
        _add(item, "pubDate", _format_rfc822(entry.published_at))
        for tag in entry.tags:
            _add(item, "category", tag)
        for file in entry.files[:1]:  # the format has one enclosure for an item
            _add(item, "enclosure", url=file.url, length=str(file.size), type=file.content_type)
        _add(item, "description", entry.content)
    return _write(root)


def _add(
    parent: ElementTree.Element, name: str, content: str | None = None, /, **attributes: str
) -> ElementTree.Element:
    """Add an element; the library escapes its texts, but writes control characters, which XML has not."""
    element = ElementTree.SubElement(
        parent, name, {key: remove_controls(value) for key, value in attributes.items()}
    )
    element.text = None if content is None else remove_controls(content)
    return element


def _write(root: ElementTree.Element) -> bytes:
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _format_iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _format_rfc822(moment: int) -> str:
    return format_datetime(datetime.fromtimestamp(moment / 1000, UTC), usegmt=True)
