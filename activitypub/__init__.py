"""The ActivityPub protocol, pure: no I/O, no event loop, no database.

What the server uses of it is named here; signatures and NodeInfo stand in modules of their own.
"""

from activitypub import identity_proofs
from activitypub.activities import Activity, announce, create, read_activity
from activitypub.actors import Actor, ActorKey, Field, read_actor, write_actor
from activitypub.addressing import addresses, recipients, visibility
from activitypub.authority import host_of, normal_host, require_same_origin, same_origin, without_fragment
from activitypub.collections import (
    item_uris,
    items,
    next_page,
    read_synchronization,
    thread_collections,
    total,
    write_collection,
    write_items,
    write_page,
    write_synchronization,
)
from activitypub.document import MAX_BYTES, Document, id_of, parse, type_of, written
from activitypub.errors import ActivityPubError, AuthorityError, MalformedDocument, SignatureError
from activitypub.identity_proofs import held_statements
from activitypub.interactions import (
    Policy,
    Quote,
    QuoteAuthorization,
    Rule,
    quote_request,
    read_authorization,
)
from activitypub.keys import (
    PrivateKey,
    PublicKey,
    load_multibase,
    load_private,
    load_public_pem,
    new_ed25519,
    new_rsa,
)
from activitypub.objects import (
    Attachment,
    CustomEmoji,
    Hashtag,
    Mention,
    Object,
    Option,
    Question,
    read_object,
    write_object,
    write_vote,
)
from activitypub.partnerships import Partnership, read_partnership, write_offer
from activitypub.reactions import Reaction, with_reaction
from activitypub.signatures import cavage, proofs, rfc9421, verify
from activitypub.signatures.digest import sha256
from activitypub.signatures.request import SignedRequest, fields
from activitypub.signatures.verify import Claim
from activitypub.terms import ACCEPT, ACTIVITY_JSON, ACTORS, CONTEXT, POSTS, PUBLIC, is_activitypub
from activitypub.webfinger import JRD, Handle, parse_handle, parse_resource, read_host_meta, read_jrd

__all__ = [
    "ACCEPT",
    "ACTIVITY_JSON",
    "ACTORS",
    "CONTEXT",
    "JRD",
    "MAX_BYTES",
    "POSTS",
    "PUBLIC",
    "Activity",
    "ActivityPubError",
    "Actor",
    "ActorKey",
    "Attachment",
    "AuthorityError",
    "Claim",
    "CustomEmoji",
    "Document",
    "Field",
    "Handle",
    "Hashtag",
    "MalformedDocument",
    "Mention",
    "Object",
    "Option",
    "Partnership",
    "Policy",
    "PrivateKey",
    "PublicKey",
    "Question",
    "Quote",
    "QuoteAuthorization",
    "Reaction",
    "Rule",
    "SignatureError",
    "SignedRequest",
    "addresses",
    "announce",
    "cavage",
    "create",
    "fields",
    "held_statements",
    "host_of",
    "id_of",
    "identity_proofs",
    "is_activitypub",
    "item_uris",
    "items",
    "load_multibase",
    "load_private",
    "load_public_pem",
    "new_ed25519",
    "new_rsa",
    "next_page",
    "normal_host",
    "parse",
    "parse_handle",
    "parse_resource",
    "proofs",
    "quote_request",
    "read_activity",
    "read_actor",
    "read_authorization",
    "read_host_meta",
    "read_jrd",
    "read_object",
    "read_partnership",
    "read_synchronization",
    "recipients",
    "require_same_origin",
    "rfc9421",
    "same_origin",
    "sha256",
    "thread_collections",
    "total",
    "type_of",
    "verify",
    "visibility",
    "with_reaction",
    "without_fragment",
    "write_actor",
    "write_collection",
    "write_items",
    "write_object",
    "write_offer",
    "write_page",
    "write_synchronization",
    "write_vote",
    "written",
]
