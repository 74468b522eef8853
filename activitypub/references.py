"""References: the ids by which a document names other things, so that other spellings can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import structs

from activitypub import document as read
from activitypub.activities import Activity
from activitypub.document import Document
from activitypub.terms import ACTIVITIES

# The properties of activities and posts that name what may be of another origin.
PROPERTIES = (
    "object", "target", "instrument", "subject", "inReplyTo", "to", "cc", "bto", "bcc", "audience",
    "tag", "quote", "quoteUrl", "quoteUri", "_misskey_quote",
)  # fmt: skip
MAX_DEPTH = 4  # an Announce of an Undo of a Like of a post
MAX_VALUES = 1_000


def list_references(activity: Activity) -> list[str]:
    """Return what an activity, and the documents that it embeds, name."""
    fields = (activity.object_id, activity.target, activity.instrument_id, *activity.to, *activity.cc)
    # `objects` has `object` as well.
    documents = (*(activity.objects or (activity.object,)), activity.instrument, *activity.tags)
    nested = (uri for value in documents for uri in _iter_uris(value, MAX_DEPTH))
    return list(dict.fromkeys((*(uri for uri in fields if uri), *nested)))


def list_document_references(document: Document) -> list[str]:
    """Return what a post, or another document that is no activity, names."""
    values = [document.get(name) for name in PROPERTIES]
    return list(dict.fromkeys(uri for value in values for uri in _iter_uris(value, MAX_DEPTH)))


def replace_references(activity: Activity, ids: Mapping[str, str]) -> Activity:
    """Return an activity that names things by these `ids` instead of what they are called in it."""

    def get(uri: str | None) -> str | None:
        return ids.get(uri, uri) if uri is not None else None

    def replace(value: Any) -> Any:
        return _map_uris(value, ids.get, MAX_DEPTH)

    return structs.replace(
        activity,
        object_id=get(activity.object_id),
        target=get(activity.target),
        instrument_id=get(activity.instrument_id),
        object=replace(activity.object),
        objects=tuple(map(replace, activity.objects)),
        instrument=replace(activity.instrument),
        tags=tuple(map(replace, activity.tags)),
        to=tuple(ids.get(uri, uri) for uri in activity.to),
        cc=tuple(ids.get(uri, uri) for uri in activity.cc),
    )


def replace_document_references(document: Document, ids: Mapping[str, str]) -> Document:
    """Return a post that names things by these `ids` instead of what they are called in it."""
    return _map_properties(document, ids.get, MAX_DEPTH)


def _iter_uris(value: Any, depth: int) -> Iterator[str]:
    uris: list[str] = []

    def record(uri: str, default: str) -> str:
        uris.append(uri)
        return default

    _map_uris(value, record, depth)
    yield from uris


def _map_uris(value: Any, replace: Callable[[str, str], Any], depth: int) -> Any:
    """Return a value of a property with each id in it replaced."""
    if isinstance(value, str):
        return replace(value, value)
    if isinstance(value, list):
        return [
            _map_uris(item, replace, depth) if place < MAX_VALUES else item
            for place, item in enumerate(value)
        ]
    if not isinstance(value, dict) or depth <= 0:
        return value
    mapped = _map_properties(value, replace, depth - 1)
    # The id of an activity is that of the act, whatever its address looks like.
    names = ("actor",) if read.type_of(value) in ACTIVITIES else ("id", "@id", "href")
    for name in names:
        if isinstance(mapped.get(name), str):
            mapped[name] = replace(mapped[name], mapped[name])
    return mapped


def _map_properties(document: Document, replace: Callable[[str, str], Any], depth: int) -> Document:
    changed = {
        name: _map_uris(document[name], replace, depth)
        for name in PROPERTIES
        if document.get(name) is not None
    }
    return {**document, **changed}
