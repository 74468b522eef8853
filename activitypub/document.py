"""Readers for untrusted documents: strict about JSON, tolerant about structure.

Any property may be a string, an object, a list or missing (ActivityStreams 2.0 §4). These readers return
one form for all of them, with every list capped, and never raise for a property that has an unexpected type.
No remote context is ever loaded: documents are read by their compact names.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from activitypub.errors import MalformedDocumentError
from addresses.hosts import parse_origin

MAX_BYTES = 1_048_576
MAX_DEPTH = 40
MAX_NODES = 60_000
MAX_URI = 2_048
# What no text needs and XML 1.0 (section 2.2) or a database cannot hold; tab and line ends stay.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

MEDIA_TYPE_CHARACTERS = frozenset(string.ascii_lowercase + string.digits + "!#$&-^_.+")

Document = dict[str, Any]


def parse(body: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Return a JSON object from bytes. Raises MalformedDocumentError.

    Refused: more than `max_bytes`, deeper than 40 levels, more than 60,000 values, NaN and infinities, lone
    surrogates, invalid UTF-8, anything but an object on top. Of a repeated name the last counts.
    """
    if len(body) > max_bytes:
        raise MalformedDocumentError(f"larger than {max_bytes} bytes")
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise MalformedDocumentError(f"not JSON: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise MalformedDocumentError("not a JSON object")
    # guard: depth of documents
    _measure(document)
    return document


def _measure(document: Document) -> None:
    level: list[Any] = [document]
    seen = 0
    for _ in range(MAX_DEPTH):
        following: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                following.extend(value.values())
            elif isinstance(value, list):
                following.extend(value)
        seen += len(following)
        if seen > MAX_NODES:
            raise MalformedDocumentError("too many values")
        if not following:
            return
        level = following
    raise MalformedDocumentError("nested too deeply")


def many(value: Any, limit: int = 100) -> list[Any]:
    """Return a value, a list of values or nothing, as a list of at most `limit`, without nulls."""
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [item for item in values[:limit] if item is not None]


def one(value: Any) -> Any:
    """Return the first of a list, or the value itself."""
    values = many(value, 1)
    return values[0] if values else None


def get(document: Mapping[str, Any], *names: str) -> Any:
    """Return the first property that is there, under its plain or its `as:` name."""
    for name in names:
        for spelled in (name, f"as:{name}"):
            value = document.get(spelled)
            if value is not None:
                return value
    return None


def id_of(value: Any) -> str | None:
    """Return the id of a reference: a string, or an object with `id`. Returns None if there is none."""
    value = one(value)
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    if not isinstance(value, str) or not 0 < len(value) <= MAX_URI or not value.isprintable():
        return None
    return value


def ids_of(value: Any, limit: int = 1_000) -> list[str]:
    """Return the ids of several references, without repetitions."""
    ids = (id_of(reference) for reference in many(value, limit))
    return list(dict.fromkeys(uri for uri in ids if uri))


def get_embedded(value: Any) -> Document | None:
    """Return the object that is embedded at this place, None if there is only a reference."""
    value = one(value)
    return value if isinstance(value, dict) else None


def type_of(document: Mapping[str, Any], known: tuple[str, ...] | frozenset[str] | None = None) -> str:
    """Return the type; of several, the first of `known` that is among them. Returns '' if there is none."""
    named = document.get("type", document.get("@type"))
    types = [name.removeprefix("as:") for name in many(named, 20) if isinstance(name, str)]
    if known is not None:
        preferred = [name for name in known if name in types] if isinstance(known, tuple) else types
        return next((name for name in preferred if name in known), "")
    return types[0] if types else ""


def text(value: Any, limit: int) -> str:
    """Return a string, cut to `limit` characters and without control characters, '' for anything else."""
    value = one(value)
    return CONTROLS.sub("", value)[:limit] if isinstance(value, str) else ""


def natural(document: Mapping[str, Any], name: str, limit: int) -> tuple[str, str | None]:
    """Return a natural language value and its language (ActivityStreams 2.0 §4.7).

    The language is known only where a map has an entry that equals the plain value, or where there is
    only the map.
    """
    plain = text(get(document, name), limit)
    languages = get(document, f"{name}Map")
    if not isinstance(languages, dict):
        return plain, None
    entries = [
        (tag, CONTROLS.sub("", content)[:limit])
        for tag, content in list(languages.items())[:50]
        if isinstance(tag, str) and isinstance(content, str) and len(tag) <= 35
    ]
    if plain:
        return plain, next((tag for tag, content in entries if content == plain), None)
    return (entries[0][1], entries[0][0]) if entries else ("", None)


def media_type(value: Any) -> str:
    """Return a media type in lower case and without parameters (RFC 6838 §4.2), '' for anything else."""
    kind = text(value, 200).partition(";")[0].strip().lower()
    group, slash, subtype = kind.partition("/")
    is_type = (
        slash and group and subtype and len(kind) <= 100 and set(group + subtype) <= MEDIA_TYPE_CHARACTERS
    )
    return kind if is_type else ""


def number(value: Any, max_value: int) -> int:
    """Return a count, from 0 to `max_value`; 0 for anything else."""
    value = one(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return max(0, min(value, max_value))


def flag(value: Any) -> bool:
    """Return True only for true."""
    value = one(value)
    return value is True or value == "true"


def parse_instant(value: Any) -> int | None:
    """Return ISO 8601 as milliseconds since 1970 UTC, None if it is not between 1970 and 9999."""
    value = one(value)
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        stamp = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return stamp if stamp >= 0 else None


def format_instant(moment: int) -> str:
    """Return milliseconds since 1970 UTC as ISO 8601 with `Z`, as peers expect it."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def is_web(uri: Any) -> bool:
    """Return True for an absolute http or https address that is fit to be shown or fetched."""
    return isinstance(uri, str) and parse_origin(uri) is not None


def link(value: Any, media_type: str = "text/html") -> str | None:
    """Return the web address in a `url`: a string, a Link, or a list of them; `media_type` is preferred."""
    fallback: str | None = None
    for item in many(value, 50):
        if isinstance(item, dict):
            address = item.get("href", item.get("url"))
            preferred = item.get("mediaType") == media_type
        else:
            address, preferred = item, True
        if not is_web(address):
            continue
        if preferred:
            return str(address)
        fallback = fallback or str(address)
    return fallback
