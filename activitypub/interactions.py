"""Interaction policies and quotes: who may do what with an object (FEP-044f, FEP-e232).

A policy names collections and actors by their URIs; a quote points to the authorization by the quoted author.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from activitypub import document as read
from activitypub.addressing import recipients
from activitypub.authority import same_origin
from activitypub.document import Document
from activitypub.errors import MalformedDocumentError
from activitypub.terms import AUTHORIZATION_CONTEXT, LD_JSON, QUOTE_REQUEST_CONTEXT

MAX_RULES = 50
# What older software writes in place of `quote`: it does not ask the quoted author for consent.
LEGACY_QUOTE_PROPERTIES = ("quoteUrl", "quoteUri", "_misskey_quote")
QUOTE_REL = "https://misskey-hub.net/ns#_misskey_quote"


class InteractionRule(Struct, frozen=True):
    """The URIs of those who may do something at once, and of those whom the author has to approve."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()

    def write(self) -> Document:
        """Return the properties of the rule."""
        rule: Document = {"automaticApproval": list(self.automatic)}
        return {**rule, "manualApproval": list(self.manual)} if self.manual else rule


class InteractionPolicy(Struct, frozen=True):
    """The rules of an object by kind of interaction; None where there is none."""

    quote: InteractionRule | None = None
    like: InteractionRule | None = None
    reply: InteractionRule | None = None
    announce: InteractionRule | None = None


class Quote(Struct, frozen=True):
    """A reference to a quoted object. `legacy`: only in the terms of software that asks for no consent."""

    uri: str
    url: str = ""
    authorization: str | None = None
    legacy: bool = False


class QuoteAuthorization(Struct, frozen=True):
    """The consent of the author of `target` that `quoting` quotes it."""

    id: str
    author: str
    quoting: str
    target: str

    def write(self) -> Document:
        """Return the document."""
        return {
            "@context": AUTHORIZATION_CONTEXT,
            "id": self.id,
            "type": "QuoteAuthorization",
            "attributedTo": self.author,
            "interactingObject": self.quoting,
            "interactionTarget": self.target,
        }


def read_policy(value: object) -> InteractionPolicy:
    """Return the rules of an `interactionPolicy`."""
    document = read.get_embedded(value) or {}
    return InteractionPolicy(
        *(_rule(document.get(name)) for name in ("canQuote", "canLike", "canReply", "canAnnounce"))
    )


def _rule(value: object) -> InteractionRule | None:
    rule = read.get_embedded(value)
    if rule is None:
        return None
    # The first names are those of FEP-044f, the others were GoToSocial's before.
    automatic = _audience(rule.get("automaticApproval", rule.get("always")))
    manual = _audience(rule.get("manualApproval", rule.get("approvalRequired")))
    return InteractionRule(tuple(automatic), tuple(manual))


def _audience(value: object) -> list[str]:
    """Return URIs, with one spelling of Public."""
    return recipients({"to": value})[0][:MAX_RULES]


def write_policy(policy: InteractionPolicy) -> Document:
    """Return an `interactionPolicy` with the rules that there are."""
    named = {
        "canQuote": policy.quote,
        "canLike": policy.like,
        "canReply": policy.reply,
        "canAnnounce": policy.announce,
    }
    return {name: rule.write() for name, rule in named.items() if rule is not None}


def read_quote(document: Document) -> Quote | None:
    """Return what a post quotes, by `quote` or the terms of older software; None if it quotes nothing."""
    uri = read.id_of(document.get("quote"))
    if uri:
        return Quote(uri, authorization=read.id_of(document.get("quoteAuthorization")))
    legacy_uris = (read.id_of(document.get(name)) for name in LEGACY_QUOTE_PROPERTIES)
    legacy_uri = next((value for value in legacy_uris if value), None) or _find_linked_quote(
        document.get("tag")
    )
    return Quote(legacy_uri, legacy=True) if legacy_uri else None


def _find_linked_quote(tags: object) -> str | None:
    """Return what a Link among the tags quotes (FEP-e232)."""
    for tag in read.many(tags, 100):
        if isinstance(tag, dict) and tag.get("rel") == QUOTE_REL and read.type_of(tag) == "Link":
            return read.id_of(tag.get("href"))
    return None


def quote_parts(quote: Quote) -> Document:
    """Return the properties of a post that quotes, in all terms that peers understand."""
    properties: Document = dict.fromkeys(("quote", *LEGACY_QUOTE_PROPERTIES), quote.uri)
    return {**properties, "quoteAuthorization": quote.authorization} if quote.authorization else properties


def quote_link(quote: Quote) -> Document:
    """Return the quote as one of the tags (FEP-e232)."""
    return {
        "type": "Link",
        "mediaType": LD_JSON,
        "rel": QUOTE_REL,
        "href": quote.uri,
        "name": f"RE: {quote.url or quote.uri}",
    }


def read_authorization(document: Document) -> QuoteAuthorization:
    """Read an authorization. Raises MalformedDocumentError, also for an origin other than the author's."""
    identifier, author = read.id_of(document), read.id_of(document.get("attributedTo"))
    quoting = read.id_of(document.get("interactingObject"))
    target = read.id_of(document.get("interactionTarget"))
    if read.type_of(document) != "QuoteAuthorization" or not (identifier and author and quoting and target):
        raise MalformedDocumentError("a QuoteAuthorization needs id, attributedTo and both objects")
    if not same_origin(identifier, author, target):
        raise MalformedDocumentError("a QuoteAuthorization must be of the origin of what is quoted")
    return QuoteAuthorization(identifier, author, quoting, target)


def quote_request(uri: str, actor: str, quoted: str, quoting: Document | str, to: Sequence[str]) -> Document:
    """Return the request to the author of `quoted`; `quoting` is the post that quotes it, or its id."""
    return {
        "@context": QUOTE_REQUEST_CONTEXT,
        "id": uri,
        "type": "QuoteRequest",
        "actor": actor,
        "object": quoted,
        "instrument": quoting,
        "to": list(to),
    }
