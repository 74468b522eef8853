"""Partnerships of two nodes: an Offer of a Relationship between their own actors, answered and undone.

The Relationship is that of ActivityStreams 2.0 Vocabulary §3.3; its kind and its scopes are terms of ours.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from activitypub import document as read
from activitypub.activities import Activity
from activitypub.document import Document
from activitypub.errors import MalformedDocumentError
from activitypub.terms import CONTEXT

NAMESPACE: Final = "urn:fedserver:"
PARTNER: Final = NAMESPACE + "partner"
PARTNERSHIP_CONTEXT: Final[list[Any]] = [
    CONTEXT,
    {"scopes": {"@id": NAMESPACE + "scopes", "@container": "@set"}},
]
MAX_MESSAGE, MAX_SCOPES = 1_000, 20


class Partnership(Struct, frozen=True):
    """A partnership that the actor of one node offers to that of another, with its scopes."""

    subject: str
    object: str
    scopes: tuple[str, ...]
    message: str


def write_offer(uri: str, actor: str, target: str, scopes: tuple[str, ...], message: str) -> Document:
    """Return the Offer of a partnership."""
    offer: Document = {
        "@context": PARTNERSHIP_CONTEXT,
        "id": uri,
        "type": "Offer",
        "actor": actor,
        "to": [target],
        "object": {
            "type": "Relationship",
            "subject": actor,
            "relationship": PARTNER,
            "object": target,
            "scopes": list(scopes),
        },
    }
    return {**offer, "content": message} if message else offer


def read_partnership(offer: Activity) -> Partnership:
    """Return the partnership in an Offer.

    Raises MalformedDocumentError if it is no partnership, or not between these two.
    """
    relationship = offer.object
    if relationship is None or read.type_of(relationship) != "Relationship":
        raise MalformedDocumentError("an offer of something else than a relationship")
    if read.id_of(relationship.get("relationship")) != PARTNER:
        raise MalformedDocumentError("an offer of another relationship")
    subject, target = read.id_of(relationship.get("subject")), read.id_of(relationship.get("object"))
    if subject != offer.actor or target is None:
        raise MalformedDocumentError("an offer in the name of another actor")
    scopes = [scope for scope in read.many(relationship.get("scopes"), MAX_SCOPES) if isinstance(scope, str)]
    return Partnership(subject, target, tuple(scopes), offer.content[:MAX_MESSAGE])
