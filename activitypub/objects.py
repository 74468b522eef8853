"""Objects: notes, articles and the other things that people post (ActivityStreams 2.0 Vocabulary §3.3).

Read into one struct whatever their type; every list is capped. Text is still untrusted HTML here: it is
sanitized where it is stored. Written as Note, as Article (FEP-b2b8) and as Question (FEP-9967).
"""

from __future__ import annotations

import string
from typing import Any

from msgspec import Struct

from activitypub import document as read
from activitypub.addressing import recipients
from activitypub.authority import same_origin
from activitypub.document import Document, format_instant
from activitypub.errors import MalformedDocumentError
from activitypub.interactions import (
    InteractionPolicy,
    Quote,
    quote_link,
    quote_parts,
    read_policy,
    read_quote,
    write_policy,
)
from activitypub.terms import CONTEXT, POST_CONTEXT, POSTS
from addresses.hashtags import normalize_hashtag

MAX_TAGS = 100
MAX_ATTACHMENTS = 32
MAX_OPTIONS = 50
MAX_TEXT = 500_000
MAX_BLURHASH = 166  # characters for 9 x 9 components, the most that there can be
BASE83 = frozenset(string.ascii_letters + string.digits + "#$%*+,-.:;=?@[]^_{|}~")
FILES = ("video/", "image/", "audio/")
FILE_TYPES = {"Image": "image", "Video": "video", "Audio": "audio"}
# Of files whose media type their peers leave out, by the end of their address (IANA media types).
EXTENSIONS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "jfif": "image/jpeg",
    "png": "image/png", "apng": "image/apng", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "heic": "image/heic", "heif": "image/heif", "jxl": "image/jxl",
    "svg": "image/svg+xml", "bmp": "image/bmp", "mp4": "video/mp4", "m4v": "video/mp4",
    "mov": "video/quicktime", "webm": "video/webm", "ogv": "video/ogg", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav",
}  # fmt: skip
# What attaches a page, and not a file: forums and calendars write Link, others the type of the page.
PAGE_TYPES = ("Link", "Page", "Article")


class Mention(Struct, frozen=True):
    """A mentioned actor."""

    href: str
    name: str

    def write(self) -> Document:
        """Return the tag."""
        return {"type": "Mention", "href": self.href, "name": self.name}


class Hashtag(Struct, frozen=True):
    """A hashtag, without its sign."""

    name: str
    href: str = ""

    def write(self) -> Document:
        """Return the tag."""
        return {"type": "Hashtag", "href": self.href, "name": f"#{self.name}"}


class CustomEmoji(Struct, frozen=True):
    """A picture for `:shortcode:` (FEP-9098)."""

    shortcode: str
    url: str
    media_type: str = "image/png"

    def write(self) -> Document:
        """Return the tag."""
        icon = {"type": "Image", "mediaType": self.media_type, "url": self.url}
        return {"type": "Emoji", "id": self.url, "name": f":{self.shortcode}:", "icon": icon}


class Attachment(Struct, frozen=True):
    """A file, with a description, a focus (-1 to 1) and a size in pixels if they are known.

    `kind` is image, video or audio, '' if nothing tells.
    """

    url: str
    media_type: str = ""
    description: str = ""
    blurhash: str | None = None
    focus: tuple[float, float] | None = None
    width: int | None = None
    height: int | None = None
    kind: str = ""

    def write(self) -> Document:
        """Return the attachment."""
        group = self.media_type.partition("/")[0]
        kind = {"image": "Image", "video": "Video", "audio": "Audio"}.get(group, "Document")
        document: Document = {"type": kind, "mediaType": self.media_type, "url": self.url}
        if self.description:
            document.update(name=self.description, summary=self.description)
        if self.focus is not None:
            document["focalPoint"] = list(self.focus)
        optional = {"blurhash": self.blurhash, "width": self.width, "height": self.height}
        return {**document, **{name: value for name, value in optional.items() if value is not None}}


class Option(Struct, frozen=True):
    """An option of a question and its votes (None if they are hidden)."""

    name: str
    votes: int | None


class Question(Struct, frozen=True, kw_only=True):
    """The properties of a Question that a Note has not (FEP-9967). `closed` may be true without a time."""

    options: tuple[Option, ...] = ()
    multiple: bool = False
    ends_at: int | None = None
    closed: bool = False
    closed_at: int | None = None
    voters: int | None = None


class Object(Struct, frozen=True, kw_only=True):
    """An object that was posted, read from its document. Text is not sanitized."""

    id: str
    kind: str
    attributed_to: tuple[str, ...]
    name: str = ""
    summary: str = ""
    content: str = ""
    language: str | None = None
    source: str = ""
    source_type: str = ""
    media_type: str = ""  # of the content; HTML if it is not stated
    url: str = ""
    sensitive: bool = False
    published: int | None = None
    updated: int | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    context: str = ""
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    emojis: tuple[CustomEmoji, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    cover: Attachment | None = None
    links: tuple[str, ...] = ()
    starts_at: int | None = None
    place: str = ""
    quote: Quote | None = None
    policy: InteractionPolicy = InteractionPolicy()
    question: Question | None = None
    license: str = ""  # of an Article: the address of its license (schema.org/license)


def read_object(document: Document) -> Object:
    """Read a post. Raises MalformedDocumentError if it has no id, author or known type."""
    identifier = read.id_of(document)
    kind = read.type_of(document, POSTS)
    authors = tuple(read.ids_of(read.get(document, "attributedTo", "actor"), 10))
    if not identifier or not kind or not authors:
        raise MalformedDocumentError("a post needs id, a known type and attributedTo")
    content, language = read.natural(document, "content", MAX_TEXT)
    spoken = read.get_embedded(document.get("language")) or {}  # of PeerTube and Lemmy
    source = read.get_embedded(document.get("source")) or {}
    to, cc = recipients(document)
    return Object(
        id=identifier,
        kind=kind,
        attributed_to=authors,
        name=read.natural(document, "name", 1_000)[0],
        summary=read.natural(document, "summary", 20_000)[0],
        content=content,
        language=language or read.text(spoken.get("identifier"), 35) or None,
        source=read.text(source.get("content"), MAX_TEXT),
        source_type=read.media_type(source.get("mediaType")),
        media_type=read.media_type(document.get("mediaType")),
        url=_own_page(document, identifier),
        sensitive=read.flag(document.get("sensitive")),
        published=read.parse_instant(document.get("published")),
        updated=read.parse_instant(document.get("updated")),
        to=tuple(to),
        cc=tuple(cc),
        in_reply_to=read.id_of(document.get("inReplyTo")),
        context=read.id_of(document.get("context")) or read.id_of(document.get("conversation")) or "",
        mentions=_mentions(document.get("tag")),
        hashtags=_hashtags(document.get("tag")),
        emojis=read_emojis(document.get("tag")),
        attachments=_attachments(document),
        cover=_attachment(read.one(document.get("image"))) or _thumbnail(document.get("icon")),
        links=_links(document, identifier),
        starts_at=read.parse_instant(document.get("startTime")) if kind == "Event" else None,
        place=_place(document.get("location")),
        quote=read_quote(document),
        policy=read_policy(document.get("interactionPolicy")),
        question=_question(document) if kind == "Question" else None,
        license=read.link(document.get("license")) or "" if kind == "Article" else "",
    )


def has_same_content(first: Object, second: Object) -> bool:
    """Return True if two versions of a post show the same to readers, whatever their dates and figures."""
    return _list_content(first) == _list_content(second)


def _list_content(post: Object) -> tuple[object, ...]:
    options = tuple(option.name for option in post.question.options) if post.question else ()
    return (
        *(post.name, post.summary, post.content, post.media_type, post.sensitive, post.language),
        *(post.attachments, post.cover, post.links, post.starts_at, post.place),
        *(options, post.question.multiple if post.question else None, post.quote.uri if post.quote else None),
    )


def _list_tags(value: Any, kind: str) -> list[Document]:
    tags = (tag for tag in read.many(value, MAX_TAGS * 3) if isinstance(tag, dict))
    return [tag for tag in tags if read.type_of(tag) == kind][:MAX_TAGS]


def _mentions(value: Any) -> tuple[Mention, ...]:
    tags = ((read.id_of(tag.get("href")), tag) for tag in _list_tags(value, "Mention"))
    return tuple(Mention(href, read.natural(tag, "name", 500)[0]) for href, tag in tags if href)


def _hashtags(value: Any) -> tuple[Hashtag, ...]:
    tags = (
        (normalize_hashtag(read.natural(tag, "name", 200)[0]), tag) for tag in _list_tags(value, "Hashtag")
    )
    return tuple(Hashtag(name, read.link(tag.get("href")) or "") for name, tag in tags if name)


def read_emojis(value: Any) -> tuple[CustomEmoji, ...]:
    """Return the custom emoji in a `tag`; names that are not plain words are left out."""
    emojis = []
    for tag in _list_tags(value, "Emoji"):
        shortcode = read.text(tag.get("name"), 100).strip(":")
        icon = read.one(tag.get("icon"))
        address = read.link(icon.get("url")) if isinstance(icon, dict) else None
        if address and shortcode.isascii() and shortcode.replace("_", "").isalnum():
            media_type = read.media_type(icon.get("mediaType")) if isinstance(icon, dict) else ""
            emojis.append(CustomEmoji(shortcode, address, media_type or "image/png"))
    return tuple(emojis)


def _attachments(document: Document) -> tuple[Attachment, ...]:
    values = read.many(document.get("attachment"), MAX_ATTACHMENTS)
    files = [file for value in values if not _page(value) and (file := _attachment(value)) is not None]
    if not files and read.type_of(document) in ("Image", "Video", "Audio"):
        own = _attachment(document)
        # Without a media type its address may be that of its page.
        return (own,) if own is not None and own.media_type.startswith(FILES) else ()
    return tuple(files)


def _page(value: Any) -> str | None:
    """Return the address of a page that is attached, as forums and calendars do; None for files."""
    if not isinstance(value, dict):
        return None
    media_type = read.media_type(value.get("mediaType"))
    if media_type.startswith(FILES):
        return None
    if read.type_of(value, PAGE_TYPES) or media_type == "text/html":
        return read.link(value.get("href", value.get("url")))
    return None


def _own_page(document: Document, identifier: str) -> str:
    """Return the address of the page of a post: of several the first of its own origin, else its id."""
    addresses = _addresses(document.get("url"))
    preferred = read.link(document.get("url"))
    if preferred and same_origin(identifier, preferred):
        return preferred
    own = next((address for address in addresses if same_origin(identifier, address)), None)
    return own or preferred or identifier


def _addresses(value: Any) -> list[str]:
    """Return the addresses of pages in a `url`: a string, a Link, or a list of them."""
    items = (
        item
        for item in read.many(value, MAX_ATTACHMENTS)
        if not isinstance(item, dict) or read.media_type(item.get("mediaType")) in ("", "text/html")
    )
    return [address for item in items if (address := read.link(item))]


def _links(document: Document, identifier: str) -> tuple[str, ...]:
    """Return the pages that a post is about: its attached ones, and what a link post leads to.

    The `url` of a Page is what was posted (Lemmy, lotide); so is that of a text without any words. Of other
    posts it is their own page, which may be on another host than their id.
    """
    attached = [
        uri for item in read.many(document.get("attachment"), MAX_ATTACHMENTS) if (uri := _page(item))
    ]
    has_words = any(document.get(name) for name in ("content", "contentMap", "attachment"))
    is_link_post = read.type_of(document, ("Page",)) or (
        read.type_of(document, ("Note", "Article")) and not has_words
    )
    posted = _addresses(document.get("url")) if is_link_post else []
    foreign = (address for address in posted if not same_origin(identifier, address))
    return tuple(dict.fromkeys((*foreign, *attached)))


def _thumbnail(value: Any) -> Attachment | None:
    """Return the widest of several pictures."""
    pictures = [picture for picture in map(_attachment, read.many(value, 10)) if picture is not None]
    return max(pictures, key=lambda picture: picture.width or 0, default=None)


def _place(value: Any) -> str:
    """Return where something is, in one line: its name, street and town."""
    place = read.get_embedded(value)
    if place is None:
        return read.text(value, 500)
    address = read.get_embedded(place.get("address")) or {}
    parts = [place.get("name"), address.get("streetAddress"), address.get("addressLocality")]
    return ", ".join(dict.fromkeys(text for part in parts if (text := read.text(part, 200))))


def _attachment(value: Any) -> Attachment | None:
    if isinstance(value, str):
        value = {"url": value}
    if not isinstance(value, dict):
        return None
    media_type = read.media_type(value.get("mediaType"))
    files = [file for file in read.many(value.get("url"), 50) if isinstance(file, dict)]
    # PeerTube puts the files of a stream below it.
    files += [tag for file in files for tag in read.many(file.get("tag"), 50) if isinstance(tag, dict)]
    if not media_type.startswith(FILES):
        kinds = (read.media_type(file.get("mediaType")) for file in files)
        media_type = next((kind for kind in kinds if kind.startswith(FILES)), media_type)
    address = read.link(files or value.get("url", value.get("href")), media_type or "text/html")
    if address is None:
        return None
    if not media_type.startswith(FILES):
        media_type = _guess_media_type(address) or media_type
    points = read.many(value.get("focalPoint"), 2)
    focus = _focus(points) if len(points) == 2 else None
    described = read.natural(value, "summary", 5_000)[0] or read.natural(value, "name", 5_000)[0]
    return Attachment(
        address,
        media_type,
        described,
        _read_blurhash(value.get("blurhash")),
        focus,
        read.number(value.get("width"), 100_000) or None,
        read.number(value.get("height"), 100_000) or None,
        _find_kind(value, media_type),
    )


def _guess_media_type(address: str) -> str:
    """Return the media type that the end of an address suggests, '' for none."""
    path = address.partition("#")[0].partition("?")[0]
    return EXTENSIONS.get(path.rpartition("/")[2].rpartition(".")[2].lower(), "")


def _find_kind(value: Document, media_type: str) -> str:
    """Return image, video or audio, by the media type of a file or else by the type of its document."""
    if media_type.startswith(FILES):
        return media_type.partition("/")[0]
    # Media types such as application/pdf say that it is none, whatever its type.
    if media_type and media_type != "application/octet-stream":
        return ""
    kind = read.type_of(value, tuple(FILE_TYPES))
    # Only of pictures there are placeholders and places to look at.
    is_picture = kind or any(value.get(name) for name in ("blurhash", "focalPoint"))
    return FILE_TYPES.get(kind, "image") if is_picture else ""


def _read_blurhash(value: Any) -> str | None:
    """Return a placeholder that clients can decode (github.com/woltapp/blurhash), None for anything else."""
    text = read.text(value, MAX_BLURHASH + 1)
    return text if 6 <= len(text) <= MAX_BLURHASH and set(text) <= BASE83 else None


def _focus(points: list[Any]) -> tuple[float, float] | None:
    if not all(isinstance(number, int | float) and -1 <= number <= 1 for number in points):
        return None
    return float(points[0]), float(points[1])


def _question(document: Document) -> Question | None:
    several, single = read.many(document.get("anyOf"), 1), read.many(document.get("oneOf"), 1)
    options = _options(document.get("anyOf" if several else "oneOf"))
    if not (several or single) or not options:
        return None
    voters = document.get("votersCount")
    return Question(
        options=options,
        multiple=bool(several),
        ends_at=read.parse_instant(document.get("endTime")),
        closed=read.flag(document.get("closed")),
        closed_at=read.parse_instant(document.get("closed")),
        voters=None if voters is None else read.number(voters, 1_000_000_000),
    )


def _options(value: Any) -> tuple[Option, ...]:
    options = []
    for option in read.many(value, MAX_OPTIONS):
        if isinstance(option, dict) and (name := read.natural(option, "name", 500)[0]):
            replies = read.get_embedded(option.get("replies")) or {}
            options.append(Option(name, read.number(replies.get("totalItems"), 1_000_000_000)))
    return tuple(options)


def write_object(
    post: Object, *, likes: int = 0, shares: int = 0, replies: Document | None = None
) -> Document:
    """Return the document of a Note, an Article or a Question of ours, without `@context`.

    `replies` is the collection of its replies.
    """
    document: Document = {
        "id": post.id,
        "type": post.kind,
        "attributedTo": post.attributed_to[0],
        "content": post.content,
        "published": format_instant(post.published or 0),
        "url": post.url,
        "to": list(post.to),
        "cc": list(post.cc),
        "inReplyTo": post.in_reply_to,
        "context": post.context,
        "conversation": post.context,
        "sensitive": post.sensitive,
        "tag": [
            *[mention.write() for mention in post.mentions],
            *[hashtag.write() for hashtag in post.hashtags],
            *[emoji.write() for emoji in post.emojis],
            *([quote_link(post.quote)] if post.quote else []),
        ],
        "attachment": [attachment.write() for attachment in post.attachments],
        "replies": replies or {"id": f"{post.id}/replies", "type": "Collection", "totalItems": 0},
        "likes": {"id": f"{post.id}/likes", "type": "Collection", "totalItems": likes},
        "shares": {"id": f"{post.id}/shares", "type": "Collection", "totalItems": shares},
        "interactionPolicy": write_policy(post.policy),
        **(quote_parts(post.quote) if post.quote else {}),
    }
    if post.summary:
        document["summary"] = post.summary
    if post.language:
        document["contentMap"] = {post.language: post.content}
    if post.source:
        document["source"] = {"content": post.source, "mediaType": post.source_type or "text/plain"}
    if post.updated is not None:
        document["updated"] = format_instant(post.updated)
    if post.kind == "Article":
        document.update(_article_parts(post))
    if post.question is not None:
        document.update(_question_parts(post.question))
    return document


def _article_parts(post: Object) -> Document:
    """Return what an Article has in addition to a Note: title, cover, and a note as preview (FEP-b2b8)."""
    parts: Document = {
        "name": post.name,
        "preview": {
            "type": "Note",
            "attributedTo": post.attributed_to[0],
            "content": post.summary,
            "published": format_instant(post.published or 0),
            "url": post.url,
        },
    }
    if post.license:
        parts["license"] = post.license
    if post.cover is not None:
        parts["image"] = post.cover.write()
    return parts


def _question_parts(question: Question) -> Document:
    """Return what a Question has in addition to a Note: options with votes, end, number of voters."""
    options: list[Document] = []
    for option in question.options:
        replies: Document = {"type": "Collection"}
        if option.votes is not None:
            replies["totalItems"] = option.votes
        options.append({"type": "Note", "name": option.name, "replies": replies})
    parts: Document = {"anyOf" if question.multiple else "oneOf": options}
    if question.ends_at is not None:
        parts["endTime"] = format_instant(question.ends_at)
    if question.closed_at is not None:
        parts["closed"] = format_instant(question.closed_at)
    if question.voters is not None:
        parts["votersCount"] = question.voters
    return parts


def write_vote(uri: str, voter: str, name: str, poll: str, author: str) -> Document:
    """Return a vote: a Note with nothing but the name of the option, for the poll's author (FEP-9967)."""
    return {
        "id": uri,
        "type": "Note",
        "attributedTo": voter,
        "name": name,
        "inReplyTo": poll,
        "to": [author],
    }


def with_context(document: Document) -> Document:
    """Return a document of ours with its `@context`."""
    return {"@context": POST_CONTEXT, **document}


def write_tombstone(uri: str, deleted: int | None = None) -> Document:
    """Return what is left of a deleted object (ActivityPub §6.4)."""
    stone: Document = {"@context": CONTEXT, "id": uri, "type": "Tombstone"}
    return stone if deleted is None else {**stone, "deleted": format_instant(deleted)}
