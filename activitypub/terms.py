"""The terms of the protocol: types, media types, contexts.

Every extension term that we write is mapped in its context, as some peers expand JSON-LD and drop what
is not (ActivityStreams 2.0 §2.1).
"""

from __future__ import annotations

from typing import Any, Final

CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"

PUBLIC: Final = CONTEXT + "#Public"
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = f'application/ld+json; profile="{CONTEXT}"'
ACCEPT: Final = f"{LD_JSON}, {ACTIVITY_JSON}"

ACTIVITIES: Final = frozenset(
    {
        "Accept", "Add", "Announce", "Block", "Create", "Delete", "EmojiReact", "Flag", "Follow", "Like",
        "Move", "Offer", "QuoteRequest", "Reject", "Remove", "Undo", "Update",
    }
)  # fmt: skip
ACTORS: Final = frozenset({"Person", "Service", "Group", "Organization", "Application"})
# Listed in the order of preference where a document names several types.
POSTS: Final = (
    "Note", "Article", "Question", "Page", "Video", "Audio", "Image", "Event", "Document",
)  # fmt: skip

# Activities bear a proof, whose words are not in the first context.
ACTIVITY_CONTEXT: Final[list[Any]] = [CONTEXT, DATA_INTEGRITY]

ACTOR_CONTEXT: Final[list[Any]] = [
    CONTEXT,
    SECURITY,
    MULTIKEY,
    DATA_INTEGRITY,
    {
        "toot": "http://joinmastodon.org/ns#",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id"},
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "memorial": "toot:memorial",
        "suspended": "toot:suspended",
        "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
        "Hashtag": "as:Hashtag",
        "Emoji": "toot:Emoji",
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "VerifiableIdentityStatement": "https://w3id.org/fep/c390#VerifiableIdentityStatement",
        "subject": "https://w3id.org/fep/c390#subject",
    },
]

POST_CONTEXT: Final[list[Any]] = [
    CONTEXT,
    DATA_INTEGRITY,
    {
        "toot": "http://joinmastodon.org/ns#",
        "ostatus": "http://ostatus.org#",
        "schema": "http://schema.org#",
        "license": {"@id": "schema:license", "@type": "@id"},
        "gts": "https://gotosocial.org/ns#",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "Emoji": "toot:Emoji",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "conversation": "ostatus:conversation",
        "votersCount": "toot:votersCount",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "canLike": {"@id": "gts:canLike", "@type": "@id"},
        "canReply": {"@id": "gts:canReply", "@type": "@id"},
        "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
        "quoteUrl": "as:quoteUrl",
        "quoteUri": "http://fedibird.com/ns#quoteUri",
        "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    },
]

REACTION_CONTEXT: Final[list[Any]] = [
    *ACTIVITY_CONTEXT,
    {
        "toot": "http://joinmastodon.org/ns#",
        "Emoji": "toot:Emoji",
        "_misskey_reaction": "https://misskey-hub.net/ns#_misskey_reaction",
    },
]

QUOTE_REQUEST_CONTEXT: Final[list[Any]] = [
    *POST_CONTEXT,
    {"QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest"},
]

AUTHORIZATION_CONTEXT: Final[list[Any]] = [
    CONTEXT,
    {
        "gts": "https://gotosocial.org/ns#",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]


def is_inbox_type(content_type: str) -> bool:
    """Return True for a media type in which activities are delivered, whatever its parameters.

    ActivityPub (§7) has clients send one of its own two; some servers leave out the profile of
    `application/ld+json` or name plain JSON. What counts is the signature, so none of them does harm.
    """
    kind = content_type.partition(";")[0].strip().lower()
    return kind in (ACTIVITY_JSON, "application/ld+json", "application/json")


def is_activitypub(content_type: str) -> bool:
    """Return True for the two media types of ActivityPub documents (§3.2); plain JSON is not one.

    `application/ld+json` needs the ActivityStreams profile, so that an uploaded file is never taken for
    an actor.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == ACTIVITY_JSON:
        return True
    return kind == "application/ld+json" and CONTEXT in parameters
