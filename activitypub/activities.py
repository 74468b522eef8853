"""Activities (ActivityStreams 2.0 Vocabulary §3.1): one struct to read, one function for each type.

Both the activity and its object have `to` and `cc`, as some peers read only one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from activitypub import document as read
from activitypub.addressing import recipients
from activitypub.document import Document, format_instant
from activitypub.errors import MalformedDocumentError
from activitypub.reactions import Reaction, read_reaction
from activitypub.terms import ACTIVITIES, ACTIVITY_CONTEXT, ACTOR_CONTEXT, POST_CONTEXT, PUBLIC

# The types of activities that may make earlier ones needless, see `supersedes`.
SUPERSEDING_TYPES = frozenset({"Delete", "Undo", "Reject", "Update", "Add", "Remove"})
MAX_OBJECTS = 20  # of one activity; each may cost several requests
MAX_TAGS = 300  # as many as are looked through in a post


class Activity(Struct, frozen=True, kw_only=True):
    """An activity, read from its document. `object` is the embedded document, `object_id` its id."""

    id: str
    kind: str
    actor: str
    object_id: str | None = None
    object: Document | None = None
    objects: tuple[Any, ...] = ()
    target: str | None = None
    instrument_id: str | None = None
    instrument: Document | None = None
    result: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    content: str = ""
    published: int | None = None
    updated: int | None = None
    ends_at: int | None = None
    context: str = ""
    tags: tuple[Document, ...] = ()
    proof: bool = False
    reaction: Reaction | None = None


def read_activity(document: Document) -> Activity:
    """Read an activity. Raises MalformedDocumentError if it has no type or actor.

    Some peers leave out the id of an activity that has no page; it is '' then.
    """
    kind = read.type_of(document)
    actor = read.id_of(document.get("actor")) or _find_author(document)
    if not kind or not actor:
        raise MalformedDocumentError("an activity needs type and actor")
    to, cc = recipients(document)
    embedded = read.get_embedded(document.get("object"))
    if not to and not cc and embedded is not None:
        to, cc = recipients(embedded)
    return Activity(
        id=read.id_of(document) or "",
        kind=kind,
        actor=actor,
        object_id=read.id_of(document.get("object")),
        object=embedded,
        objects=tuple(read.many(document.get("object"), 50)),
        target=read.id_of(document.get("target")),
        instrument_id=read.id_of(document.get("instrument")),
        instrument=read.get_embedded(document.get("instrument")),
        result=read.id_of(document.get("result")),
        to=tuple(to),
        cc=tuple(cc),
        # The reason of a report: Lemmy writes it as `summary`.
        content=read.natural(document, "content", 10_000)[0] or read.natural(document, "summary", 10_000)[0],
        published=read.parse_instant(document.get("published")),
        updated=read.parse_instant(document.get("updated")),
        ends_at=read.parse_instant(document.get("endTime")),
        context=read.id_of(document.get("context")) or read.id_of(document.get("conversation")) or "",
        tags=tuple(tag for tag in read.many(document.get("tag"), MAX_TAGS) if isinstance(tag, dict)),
        proof="proof" in document,
        reaction=read_reaction(document),
    )


def find_subject(activity: Document) -> str:
    """Return what an activity is about: activities of one actor with the same subject must arrive in order.

    It is the object for Create, Update, Delete, Add and Remove, and for boosts with their Undo; for likes
    with theirs the object as one that is liked, as a boost of it does not depend on that; the other actor for
    what concerns two of them (Follow, its answers, Block, a partnership).
    """
    kind, inner = read.type_of(activity), read.get_embedded(activity.get("object"))
    if kind == "Flag":
        return read.id_of(activity) or ""
    if kind == "QuoteRequest":
        return read.id_of(activity.get("instrument")) or ""
    if kind in ("Like", "EmojiReact"):
        return f"like {read.id_of(activity.get('object')) or ''}"
    if kind == "Offer" and inner is not None:
        parties = (read.id_of(inner.get(name)) or "" for name in ("subject", "object"))
        return " ".join(sorted(parties))
    if inner is None:
        return read.id_of(activity.get("object")) or ""
    if kind == "Undo":
        return find_subject(inner)
    if kind in ("Accept", "Reject"):
        # The Delete of an authorization may not overtake the Accept that announced it.
        return read.id_of(activity.get("result")) or _find_request_subject(inner)
    return read.id_of(inner) or ""


def _find_request_subject(request: Document) -> str:
    """Return the subject of an activity of another actor that is answered."""
    if read.type_of(request) == "Follow":
        return read.id_of(request.get("actor")) or ""
    return find_subject(request)


def deletes_actor(activity: Document) -> bool:
    """Return True for the Delete of an actor by itself."""
    is_delete = read.type_of(activity) == "Delete"
    return is_delete and read.id_of(activity.get("object")) == read.id_of(activity.get("actor"))


def supersedes(newer: Document, older: Document) -> bool:
    """Return True if an actor need not send `older` any more to a peer that gets `newer`, made later.

    A Delete makes all unnecessary that was said about its object, that of an actor all that it said; an Undo
    what it undoes; a Reject the Accept of the same; an Update, an Add or a Remove an earlier one of the same
    object.
    """
    kind, older_kind = read.type_of(newer), read.type_of(older)
    object_uri = read.id_of(newer.get("object"))
    if not object_uri or newer.get("actor") != older.get("actor"):
        return False
    if kind == "Undo":
        return object_uri == read.id_of(older)
    older_uri = read.id_of(older.get("object"))
    match kind:
        case "Delete":
            return object_uri == newer["actor"] or _is_about(older, object_uri)
        case "Reject":
            return older_kind == "Accept" and older_uri == object_uri
        case "Update":
            return older_kind == "Update" and older_uri == object_uri
        case "Add" | "Remove":
            is_same = older_uri == object_uri and older.get("target") == newer.get("target")
            return older_kind in ("Add", "Remove") and is_same
        case _:
            return False


def _is_about(activity: Document, uri: str) -> bool:
    """Return True if an activity, other than an answer, means nothing without an object."""
    kind, inner = read.type_of(activity), read.get_embedded(activity.get("object"))
    if kind in ("Accept", "Reject"):
        return False
    if kind == "QuoteRequest":
        return uri == read.id_of(activity.get("instrument"))
    if kind == "Undo" and inner is not None:
        return _is_about(inner, uri)
    return uri == read.id_of(activity.get("object"))


def _find_author(document: Document) -> str | None:
    """Return to whom an activity without `actor` is attributed: itself, or what it creates or changes."""
    kind = read.type_of(document)
    if kind not in ACTIVITIES:
        return None
    embedded = read.get_embedded(document.get("object")) or {}
    created = embedded.get("attributedTo") if kind in ("Create", "Update") else None
    return read.id_of(document.get("attributedTo")) or read.id_of(created)


def complete_objects(activity: Activity) -> Activity:
    """Return a Create or Update whose objects have what only it says, such as readers, tags and dates."""
    return structs.replace(
        activity,
        object=_complete(activity, activity.object) if activity.object is not None else None,
        objects=tuple(
            _complete(activity, item) if isinstance(item, dict) else item for item in activity.objects
        ),
    )


def _complete(activity: Activity, document: Document) -> Document:
    inherited: Document = {"attributedTo": activity.actor}
    if activity.context and read.get(document, "conversation") is None:
        inherited["context"] = activity.context
    if activity.published is not None and activity.kind == "Create":
        inherited["published"] = format_instant(activity.published)
    if activity.ends_at is not None and read.type_of(document) == "Question":
        inherited["endTime"] = format_instant(activity.ends_at)
    missing = {name: value for name, value in inherited.items() if read.get(document, name) is None}
    addressed = any(recipients(document))
    for name, uris in (("to", activity.to), ("cc", activity.cc)):
        if uris and (not addressed or document.get(name) is None):
            missing[name] = list(uris)
    if tags := _list_missing_tags(activity, document):
        missing["tag"] = [*read.many(document.get("tag"), MAX_TAGS), *tags]
    return {**document, **missing} if missing else document


def _list_missing_tags(activity: Activity, document: Document) -> list[Document]:
    """Return the tags that only the activity has, such as the mention of whom it is sent to."""
    if not activity.tags:
        return []
    own = read.many(document.get("tag"), MAX_TAGS)
    known = {_identify_tag(tag) for tag in own if isinstance(tag, dict)}
    return [tag for tag in activity.tags if _identify_tag(tag) not in known]


def _identify_tag(tag: Document) -> tuple[str, str]:
    return read.type_of(tag), read.id_of(tag.get("href")) or read.text(tag.get("name"), 500)


def split_objects(activity: Activity) -> tuple[Activity, ...]:
    """Return an activity about several objects as one about each of them.

    A Flag is about all of its objects together, and votes of one Create are cast together (FEP-9967).
    """
    if len(activity.objects) < 2 or activity.kind == "Flag" or any(map(_is_vote, activity.objects)):
        return (activity,)
    return tuple(
        structs.replace(activity, object_id=read.id_of(item), object=read.get_embedded(item), objects=(item,))
        for item in activity.objects[:MAX_OBJECTS]
    )


def _is_vote(item: object) -> bool:
    if not isinstance(item, dict) or read.get(item, "inReplyTo") is None:
        return False
    return bool(read.natural(item, "name", 1)[0]) and not read.natural(item, "content", 1)[0]


def _activity(kind: str, uri: str, actor: str, object_: Any, **more: Any) -> Document:
    return {"@context": ACTIVITY_CONTEXT, "id": uri, "type": kind, "actor": actor, "object": object_, **more}


def create(uri: str, actor: str, document: Document) -> Document:
    """Return the Create of an object, with the addresses of the object."""
    return {
        **_activity("Create", uri, actor, document),
        "@context": POST_CONTEXT,
        "published": document["published"],
        "to": document["to"],
        "cc": document["cc"],
    }


def vote(uri: str, actor: str, document: Document) -> Document:
    """Return the Create of a vote, with the addresses of the vote."""
    return _activity("Create", uri, actor, document, to=document["to"])


def update(uri: str, actor: str, document: Document, moment: int) -> Document:
    """Return the Update of an object at the moment `updated` (ms UTC)."""
    return {
        **_activity("Update", uri, actor, document),
        "@context": POST_CONTEXT,
        "updated": format_instant(moment),
        "to": document["to"],
        "cc": document["cc"],
    }


def update_actor(uri: str, actor: Document, followers: str) -> Document:
    """Return the Update of an actor for its followers."""
    bare = {name: value for name, value in actor.items() if name != "@context"}
    activity = _activity("Update", uri, actor["id"], bare, to=[PUBLIC], cc=[followers])
    return {**activity, "@context": ACTOR_CONTEXT}


def delete(uri: str, actor: str, object_uri: str, to: Sequence[str]) -> Document:
    """Return the Delete of an object, which leaves a tombstone."""
    stone = {"id": object_uri, "type": "Tombstone"}
    return _activity("Delete", uri, actor, stone, to=list(to))


def delete_authorization(uri: str, actor: str, authorization_uri: str, to: Sequence[str]) -> Document:
    """Return the Delete of a QuoteAuthorization (FEP-044f)."""
    return _activity("Delete", uri, actor, authorization_uri, to=list(to))


def delete_actor(uri: str, actor: str) -> Document:
    """Return the Delete of an actor by itself."""
    return _activity("Delete", uri, actor, actor, to=[PUBLIC])


def move(uri: str, actor: str, target: str, followers: str) -> Document:
    """Return the Move of an account to another one (FEP-7628), sent by the old one."""
    return _activity("Move", uri, actor, actor, target=target, to=[followers])


def follow(uri: str, actor: str, target: str) -> Document:
    """Return a Follow."""
    return _activity("Follow", uri, actor, target, to=[target])


def answer(
    kind: str, uri: str, actor: str, request: Document, to: str, result: str | None = None
) -> Document:
    """Return the Accept or Reject of an activity, which is embedded whole as some peers need it.

    `result` is what the acceptance created, such as a QuoteAuthorization.
    """
    bare = {name: value for name, value in request.items() if name != "@context"}
    activity = _activity(kind, uri, actor, bare, to=[to])
    activity["@context"] = request["@context"]
    return activity if result is None else {**activity, "result": result}


def undo(uri: str, actor: str, undone: Document) -> Document:
    """Return the Undo of an activity of the actor's own, embedded whole and with the same addresses."""
    bare = {name: value for name, value in undone.items() if name != "@context"}
    more = {name: undone[name] for name in ("to", "cc") if name in undone}
    return _activity("Undo", uri, actor, bare, **more)


def like(uri: str, actor: str, object_uri: str, author: str) -> Document:
    """Return a Like."""
    return _activity("Like", uri, actor, object_uri, to=[author])


def announce(
    uri: str, actor: str, object_uri: str, to: Sequence[str], cc: Sequence[str], moment: int
) -> Document:
    """Return the Announce (boost) of an object, which peers fetch themselves."""
    return _activity(
        "Announce", uri, actor, object_uri, to=list(to), cc=list(cc), published=format_instant(moment)
    )


def block(uri: str, actor: str, target: str) -> Document:
    """Return a Block."""
    return _activity("Block", uri, actor, target, to=[target])


def change_collection(kind: str, uri: str, actor: str, object_uri: str, collection: str) -> Document:
    """Return the Add to, or the Remove from, a collection of the actor's own."""
    return _activity(kind, uri, actor, object_uri, target=collection, to=[PUBLIC])


def flag(uri: str, actor: str, objects: Sequence[str], content: str, to: str) -> Document:
    """Return a Flag: the report of an account and posts of it, for its own node."""
    return _activity("Flag", uri, actor, list(objects), content=content, to=[to])
