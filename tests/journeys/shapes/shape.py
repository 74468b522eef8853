"""A row: who is followed, what lies at the peer, what it sends, and what a member then sees."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tests.kit.peers import PUBLIC, Document

TYPE_LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
AT = "2026-11-18T10:00:00Z"


class Shape(Struct, frozen=True, kw_only=True):
    """`status` is a part of the status as the API gives it; `says` stands in its content, `page` on its page.

    `boosted`: it comes into the home as a boost by the account that is followed.
    """

    software: str
    followed: Document
    uri: str
    sent: tuple[Document, ...]
    served: tuple[Document, ...] = ()
    status: dict[str, Any] = {}
    says: tuple[str, ...] = ()
    page: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    boosted: bool = False
    content_type: str = TYPE_LD


def public(author: str, uri: str, kind: str, **more: Any) -> Document:
    """Return an object that everybody may see, with addresses as lists."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": kind,
        "attributedTo": author,
        "to": [PUBLIC],
        "cc": [f"{author}/followers"],
        "published": AT,
        "url": uri,
        **more,
    }


def act(kind: str, actor: str, object_: Any, **more: Any) -> Document:
    """Return an activity for everybody."""
    inner = object_ if isinstance(object_, str) else object_["id"]
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor}/acts/{kind}/{inner.partition('//')[2].replace('/', '-')}",
        "type": kind,
        "actor": actor,
        "to": [PUBLIC],
        "cc": [f"{actor}/followers"],
        "object": object_,
        **more,
    }


def emoji(host: str, name: str, **more: Any) -> Document:
    """Return the Emoji tag for `:name:`."""
    icon = {"type": "Image", "mediaType": "image/png", "url": f"https://{host}/emoji/{name}.png"}
    return {"type": "Emoji", "name": f":{name}:", "icon": icon, **more}
