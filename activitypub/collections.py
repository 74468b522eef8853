"""Collections and their pages (ActivityPub §5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from activitypub import document as read
from activitypub.authority import same_origin
from activitypub.document import Document
from activitypub.terms import CONTEXT, POST_CONTEXT

PARAMETER = re.compile(r'(\w+)="([^"]*)"')
MAX_HEADER = 4_096
MAX_EMBEDDED_PAGES = 5  # pages embedded in one another; nobody is known to embed more than the first
PAGE_PARTS = ("items", "orderedItems", "next", "first")


def write_collection(
    uri: str, total: int | None, *, first: str | Document | None = None, ordered: bool = True
) -> Document:
    """Return a collection that is read page by page, or (without `first`) only counted.

    `first` is the address of the first page, or the page itself; `total` is None where nobody knows it.
    """
    kind = "OrderedCollection" if ordered else "Collection"
    collection: Document = {"@context": CONTEXT, "id": uri, "type": kind}
    if total is not None:
        collection["totalItems"] = total
    return collection if first is None else {**collection, "first": first}


def write_items(uri: str, items: Sequence[Any], *, ordered: bool = True) -> Document:
    """Return a small collection with all its items."""
    kind, name = ("OrderedCollection", "orderedItems") if ordered else ("Collection", "items")
    collection = {"id": uri, "type": kind, "totalItems": len(items), name: list(items)}
    return {"@context": POST_CONTEXT, **collection}


def write_first_page(
    uri: str, collection: str, items: Sequence[Any], *, following: str | None = None, ordered: bool = True
) -> Document:
    """Return a page to be embedded in its collection, without `@context`."""
    kind, name = ("OrderedCollectionPage", "orderedItems") if ordered else ("CollectionPage", "items")
    page: Document = {"id": uri, "type": kind, "partOf": collection, name: list(items)}
    return page if following is None else {**page, "next": following}


def write_page(
    uri: str,
    collection: str,
    items: Sequence[Any],
    *,
    total: int | None,
    following: str | None = None,
    ordered: bool = True,
) -> Document:
    """Return one page of a collection."""
    page = write_first_page(uri, collection, items, following=following, ordered=ordered)
    counted = page if total is None else {**page, "totalItems": total}
    return {"@context": POST_CONTEXT, **counted}


def total(document: Document) -> int:
    """Return how many items a collection claims to have."""
    return read.number(document.get("totalItems"), 1_000_000_000)


class CollectionPart(Struct, frozen=True):
    """A part of a collection: items, and the address of the page that follows, if any."""

    items: list[Any]
    next: str | None


def read_part(document: Document, limit: int) -> CollectionPart:
    """Return what a collection or page holds: its items, at most `limit`, and those of embedded pages.

    Peers list items in the collection itself, in a `first` page that is embedded (GoToSocial, Mastodon; it
    may be empty and only lead to the `next`), or behind the address of a page.
    """
    listed: list[Any] = []
    part = document
    for _ in range(MAX_EMBEDDED_PAGES):
        for name in ("orderedItems", "items"):
            listed += read.many(part.get(name), max(0, limit - len(listed)))
        following = _find_following(part)
        embedded = read.get_embedded(following)
        if embedded is None or not any(name in embedded for name in PAGE_PARTS):
            return CollectionPart(listed, read.id_of(following))
        part = embedded
    return CollectionPart(listed, None)


def _find_following(part: Document) -> Any:
    """Return the first page of a collection, the next one of a page, which may name the first as well."""
    is_page = read.type_of(part).endswith("Page")
    return read.get(part, "next") if is_page else read.get(part, "first", "next")


def items(document: Document, limit: int) -> list[Any]:
    """Return the items in a collection or page, at most `limit`; those of embedded pages count."""
    return read_part(document, limit).items


def item_uris(document: Document, limit: int) -> list[str]:
    """Return the web addresses of the items in a collection or page, at most `limit`."""
    return [uri for uri in read.ids_of(items(document, limit)) if read.is_web(uri)]


def post_uris(part: CollectionPart) -> list[str]:
    """Return the web addresses of the posts among items: ids, links, posts, or the Creates of posts."""
    uris = (_read_reference(item) for item in part.items)
    return list(dict.fromkeys(uri for uri in uris if uri is not None and read.is_web(uri)))


def _read_reference(value: Any) -> str | None:
    """Return what an item or a property names, which may be a Link (ActivityStreams 2.0 §4.2) or a Create."""
    value = read.one(value)
    if isinstance(value, dict) and read.type_of(value) == "Create":
        value = read.one(value.get("object"))
    if isinstance(value, dict) and read.id_of(value) is None:
        return read.id_of(value.get("href"))
    return read.id_of(value)


def next_page(document: Document) -> str | None:
    """Return the address of the next page, or of the first one of a collection that embeds none."""
    return read_part(document, 1).next


def thread_collections(document: Document) -> list[str]:
    """Return the collections that list what belongs to the thread of an object.

    They count from the object's own origin only; the `context` also from that of what the object answers,
    as the server where a thread began owns its collection (FEP-7888). PeerTube calls the replies to a video
    its `comments`.
    """
    identifier = read.id_of(document) or ""
    context = _read_reference(document.get("context"))
    owners = (identifier, read.id_of(document.get("inReplyTo")) or identifier)
    replies = [
        _read_reference(document.get(name))
        for name in ("replies", "comments")
        if len(read.many(document.get(name))) == 1
    ]
    named = [uri for uri in replies if uri and same_origin(identifier, uri)]
    if context and any(same_origin(owner, context) for owner in owners):
        named.append(context)
    return [uri for uri in dict.fromkeys(named) if uri != identifier]


def get_embedded_replies(document: Document) -> Document | None:
    """Return the `replies` of an object as far as they are embedded in it; a bare list becomes a collection.

    Returns None if there are none, or if they have an id of another origin.
    """
    value = document.get("replies")
    replies = read.get_embedded(value)
    is_collection = replies is not None and any(name in replies for name in PAGE_PARTS)
    if isinstance(value, list) and value and not is_collection:
        # One address alone may be that of a reply or of the collection, which `thread_collections` returns.
        return {"type": "Collection", "items": value}
    if replies is None:
        return None
    uri = read.id_of(replies)
    return replies if uri is None or same_origin(read.id_of(document) or "", uri) else None


def write_synchronization(collection: str, url: str, digest: str) -> str:
    """Return the header Collection-Synchronization (FEP-8fcf)."""
    return f'collectionId="{collection}", url="{url}", digest="{digest}"'


def read_synchronization(header: str) -> tuple[str, str, str] | None:
    """Return the collection, the address of its part for us, and the digest of that part.

    Returns None if the header lacks one of them.
    """
    parameters = dict(PARAMETER.findall(header[:MAX_HEADER]))
    values = tuple(parameters.get(name, "") for name in ("collectionId", "url", "digest"))
    return (values[0], values[1], values[2].lower()) if all(values) else None
