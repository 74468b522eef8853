"""Collections and their pages (ActivityPub §5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from activitypub import document as read
from activitypub.document import Document
from activitypub.terms import CONTEXT, POST_CONTEXT


def write_collection(uri: str, total: int, *, first: str | None = None, ordered: bool = True) -> Document:
    """A collection that is read page by page, or (without `first`) only counted."""
    kind = "OrderedCollection" if ordered else "Collection"
    made: Document = {"@context": CONTEXT, "id": uri, "type": kind, "totalItems": total}
    return made if first is None else {**made, "first": first}


def write_items(uri: str, items: Sequence[Any], *, ordered: bool = True) -> Document:
    """A small collection with everything in it."""
    kind, name = ("OrderedCollection", "orderedItems") if ordered else ("Collection", "items")
    made = {"id": uri, "type": kind, "totalItems": len(items), name: list(items)}
    return {"@context": POST_CONTEXT, **made}


def write_page(
    uri: str, collection: str, items: Sequence[Any], *, total: int, following: str | None = None
) -> Document:
    """One page of an ordered collection."""
    made: Document = {
        "@context": POST_CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": collection,
        "totalItems": total,
        "orderedItems": list(items),
    }
    return made if following is None else {**made, "next": following}


def total(document: Document) -> int:
    """How many items a collection says it has."""
    return read.number(document.get("totalItems"), 1_000_000_000)


def items(document: Document, limit: int) -> list[Any]:
    """The items in a collection or page, at most `limit`; an embedded first page counts."""
    found = read.many(document.get("orderedItems", document.get("items")), limit)
    first = read.embedded(document.get("first"))
    if not found and first is not None:
        return read.many(first.get("orderedItems", first.get("items")), limit)
    return found
