"""Collections and their pages (ActivityPub §5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from activitypub import document as read
from activitypub.authority import same_origin
from activitypub.document import Document
from activitypub.terms import CONTEXT, POST_CONTEXT

PARAMETER = re.compile(r'(\w+)="([^"]*)"')
MAX_HEADER = 4_096


def write_collection(uri: str, total: int, *, first: str | None = None, ordered: bool = True) -> Document:
    """Return a collection that is read page by page, or (without `first`) only counted."""
    kind = "OrderedCollection" if ordered else "Collection"
    collection: Document = {"@context": CONTEXT, "id": uri, "type": kind, "totalItems": total}
    return collection if first is None else {**collection, "first": first}


def write_items(uri: str, items: Sequence[Any], *, ordered: bool = True) -> Document:
    """Return a small collection with all its items."""
    kind, name = ("OrderedCollection", "orderedItems") if ordered else ("Collection", "items")
    collection = {"id": uri, "type": kind, "totalItems": len(items), name: list(items)}
    return {"@context": POST_CONTEXT, **collection}


def write_page(
    uri: str, collection: str, items: Sequence[Any], *, total: int, following: str | None = None
) -> Document:
    """Return one page of an ordered collection."""
    page: Document = {
        "@context": POST_CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": collection,
        "totalItems": total,
        "orderedItems": list(items),
    }
    return page if following is None else {**page, "next": following}


def total(document: Document) -> int:
    """Return how many items a collection claims to have."""
    return read.number(document.get("totalItems"), 1_000_000_000)


def items(document: Document, limit: int) -> list[Any]:
    """Return the items in a collection or page, at most `limit`; an embedded first page counts."""
    listed = read.many(document.get("orderedItems", document.get("items")), limit)
    first = read.get_embedded(document.get("first"))
    if not listed and first is not None:
        return read.many(first.get("orderedItems", first.get("items")), limit)
    return listed


def item_uris(document: Document, limit: int) -> list[str]:
    """Return the web addresses of the items in a collection or page, at most `limit`."""
    return [uri for uri in read.ids_of(items(document, limit)) if read.is_web(uri)]


def next_page(document: Document) -> str | None:
    """Return the address of the next page, or of the first one of a collection that embeds none."""
    first = document.get("first")
    inner = read.get_embedded(first)
    if inner is not None and items(document, 1):
        return read.id_of(inner.get("next"))
    return read.id_of(first) or read.id_of(document.get("next"))


def thread_collections(document: Document) -> list[str]:
    """Return the collections, of an object's own origin, that list what belongs to its thread."""
    identifier = read.id_of(document) or ""
    named = read.ids_of([document.get("replies"), document.get("context")])
    return [uri for uri in named if uri != identifier and same_origin(identifier, uri)]


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
