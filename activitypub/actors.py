"""Actor documents (ActivityPub §4, federation with Mastodon's extensions, FEP-521a, FEP-2c59, FEP-5feb)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from activitypub import document as read
from activitypub.authority import require_same_origin, without_fragment
from activitypub.document import Document, format_instant
from activitypub.errors import AuthorityError, MalformedDocumentError
from activitypub.objects import CustomEmoji, read_emojis
from activitypub.terms import ACTOR_CONTEXT, ACTORS
from addresses.handles import MAX_USERNAME, normalize_username
from addresses.hosts import normalize_host

MAX_FIELDS, MAX_DOMAINS = 20, 50


class ActorKey(Struct, frozen=True):
    """A public key that an actor publishes: `rsa` as PEM, `ed25519` as multibase (or PEM)."""

    id: str
    kind: str
    public: str


class Field(Struct, frozen=True):
    """A name and a value (HTML) on a profile."""

    name: str
    value: str


class Actor(Struct, frozen=True, kw_only=True):
    """An actor, read from its own document. Addresses that it lacks are ''."""

    id: str
    kind: str
    username: str
    name: str
    summary: str
    url: str
    inbox: str
    shared_inbox: str = ""
    outbox: str = ""
    followers: str = ""
    following: str = ""
    featured: str = ""
    featured_tags: str = ""
    icon: str = ""
    icon_alt: str = ""
    image: str = ""
    image_alt: str = ""
    keys: tuple[ActorKey, ...] = ()
    fields: tuple[Field, ...] = ()
    emojis: tuple[CustomEmoji, ...] = ()
    also_known_as: tuple[str, ...] = ()
    attribution_domains: tuple[str, ...] = ()
    moved_to: str | None = None
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    memorial: bool = False
    suspended: bool = False
    published: int | None = None
    webfinger: str | None = None
    statements: tuple[Document, ...] = ()  # of identity, to be checked before they count


def read_actor(document: Document) -> Actor:
    """Read an actor. Raises MalformedDocumentError, and AuthorityError for addresses of another origin."""
    identifier = read.id_of(document)
    kind = read.type_of(document, ACTORS)
    entered_username = read.text(document.get("preferredUsername"), MAX_USERNAME + 1)
    inbox = read.id_of(document.get("inbox"))
    if not identifier or not kind or not entered_username or not inbox:
        raise MalformedDocumentError("an actor needs id, type, preferredUsername and inbox")
    username = normalize_username(entered_username)
    # guard: names of accounts
    if not username:
        raise MalformedDocumentError(f"preferredUsername {entered_username[:100]!r} cannot be a name here")
    require_same_origin(identifier, inbox)
    endpoints = read.get_embedded(document.get("endpoints")) or {}
    icon, image = read.one(document.get("icon")), read.one(document.get("image"))
    return Actor(
        id=identifier,
        kind=kind,
        username=username,
        name=read.natural(document, "name", 300)[0],
        summary=read.natural(document, "summary", 50_000)[0],
        url=_own(identifier, read.link(document.get("url"))) or identifier,
        inbox=inbox,
        # Misskey writes it in both places, others in one of them.
        shared_inbox=_own(identifier, read.id_of(endpoints.get("sharedInbox", document.get("sharedInbox")))),
        outbox=_own(identifier, read.id_of(document.get("outbox"))),
        followers=_own(identifier, read.id_of(document.get("followers"))),
        following=_own(identifier, read.id_of(document.get("following"))),
        featured=_own(identifier, read.id_of(document.get("featured"))),
        featured_tags=_own(identifier, read.id_of(document.get("featuredTags"))),
        icon=_picture(icon)[0],
        icon_alt=_picture(icon)[1],
        image=_picture(image)[0],
        image_alt=_picture(image)[1],
        keys=tuple(_read_keys(document, identifier)),
        fields=tuple(_read_fields(document)),
        emojis=read_emojis(document.get("tag")),
        also_known_as=tuple(read.ids_of(document.get("alsoKnownAs"), 20)),
        attribution_domains=tuple(_domains(document.get("attributionDomains"))),
        moved_to=read.id_of(document.get("movedTo")),
        locked=read.flag(document.get("manuallyApprovesFollowers")),
        discoverable=read.flag(document.get("discoverable")),
        indexable=read.flag(document.get("indexable")),
        memorial=read.flag(document.get("memorial")),
        suspended=read.flag(document.get("suspended")),
        published=read.parse_instant(document.get("published")),
        webfinger=read.text(document.get("webfinger"), 500) or None,
        statements=tuple(_statements(document)),
    )


def _statements(document: Document) -> list[Document]:
    attached = [
        attachment
        for attachment in read.many(document.get("attachment"), 100)
        if isinstance(attachment, dict)
    ]
    return [
        attachment for attachment in attached if read.type_of(attachment) == "VerifiableIdentityStatement"
    ][:5]


def _domains(value: Any) -> list[str]:
    """Return the hosts whose pages may name the actor as their author."""
    hosts = (
        normalize_host(host_name) for host_name in read.many(value, MAX_DOMAINS) if isinstance(host_name, str)
    )
    return list(dict.fromkeys(host for host in hosts if host))


def _own(identifier: str, address: str | None) -> str:
    """Return an address if it is of the actor's own origin, else ''."""
    if address is None:
        return ""
    try:
        require_same_origin(identifier, address)
    except AuthorityError:
        return ""
    return address


def _picture(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return (value if read.is_web(value) else ""), ""
    if not isinstance(value, dict):
        return "", ""
    address = read.link(value.get("url", value.get("href")), value.get("mediaType") or "image/png")
    return address or "", read.text(value.get("summary", value.get("name")), 1_500)


def _read_keys(document: Document, identifier: str) -> list[ActorKey]:
    """Return the keys that the actor owns; a key that names another owner is left out."""
    keys = []
    for key in read.many(document.get("publicKey"), 5):
        if isinstance(key, dict) and read.id_of(key.get("owner")) in (identifier, None):
            key_id, pem = read.id_of(key), read.text(key.get("publicKeyPem"), 8_000)
            # guard: owner of a key @last
            if key_id and pem and without_fragment(key_id) and _own(identifier, key_id):
                keys.append(ActorKey(key_id, "rsa", pem))
    for key in read.many(document.get("assertionMethod"), 5):
        if isinstance(key, dict) and read.id_of(key.get("controller")) == identifier:
            key_id, public = read.id_of(key), read.text(key.get("publicKeyMultibase"), 100)
            if key_id and public.startswith("z6Mk") and _own(identifier, key_id):
                keys.append(ActorKey(key_id, "ed25519", public))
    return keys


def _read_fields(document: Document) -> list[Field]:
    fields = []
    for attachment in read.many(document.get("attachment"), MAX_FIELDS):
        if isinstance(attachment, dict) and read.type_of(attachment) in (
            "PropertyValue",
            "schema:PropertyValue",
        ):
            name, value = read.text(attachment.get("name"), 255), read.text(attachment.get("value"), 2_047)
            if name:
                fields.append(Field(name, value))
    return fields


def write_actor(actor: Actor) -> Document:
    """Return the document of an local actor."""
    rsa = next((key for key in actor.keys if key.kind == "rsa"), None)
    document: Document = {
        "@context": ACTOR_CONTEXT,
        "id": actor.id,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "name": actor.name,
        "summary": actor.summary,
        "url": actor.url,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "endpoints": {"sharedInbox": actor.shared_inbox},
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "memorial": actor.memorial,
        "attachment": [
            *({"type": "PropertyValue", "name": field.name, "value": field.value} for field in actor.fields),
            *actor.statements,
        ],
        "tag": [emoji.write() for emoji in actor.emojis],
    }
    if rsa is not None:
        document["publicKey"] = {"id": rsa.id, "owner": actor.id, "publicKeyPem": rsa.public}
    document["assertionMethod"] = [
        {"id": key.id, "type": "Multikey", "controller": actor.id, "publicKeyMultibase": key.public}
        for key in actor.keys
        if key.kind == "ed25519"
    ]
    optional: Document = {
        "icon": _write_picture(actor.icon, actor.icon_alt),
        "image": _write_picture(actor.image, actor.image_alt),
        "alsoKnownAs": list(actor.also_known_as) or None,
        "movedTo": actor.moved_to,
        "featuredTags": actor.featured_tags or None,
        "attributionDomains": list(actor.attribution_domains) or None,
        "published": None if actor.published is None else format_instant(actor.published),
        "webfinger": actor.webfinger,
        "suspended": True if actor.suspended else None,
    }
    return {**document, **{name: value for name, value in optional.items() if value is not None}}


def _write_picture(address: str, alt: str) -> Document | None:
    if not address:
        return None
    ending = address.rpartition(".")[2].lower()
    kind = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif", "webp": "webp", "avif": "avif"}
    picture = {"type": "Image", "mediaType": f"image/{kind.get(ending, 'png')}", "url": address}
    return {**picture, "name": alt, "summary": alt} if alt else picture
