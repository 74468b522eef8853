"""What stands in one place only: in the activity or in its object, as text or in a map of languages."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.activities import complete_objects, read_activity, split_objects
from activitypub.actors import read_actor
from activitypub.document import Document
from activitypub.fingerprints import compute_fingerprint
from activitypub.objects import Object, has_same_content, read_object
from activitypub.terms import PUBLIC

ANN = "https://o.example/users/ann"
FOLLOWERS, BOB = f"{ANN}/followers", "https://b.example/users/bob"
NOTE: Document = {"id": f"{ANN}/1", "type": "Note", "content": "x"}


def read_created(activity: Document, note: Document) -> Object:
    """Return the post of a Create."""
    document = {"id": f"{ANN}#1", "type": "Create", "actor": ANN, "object": {**NOTE, **note}, **activity}
    completed = complete_objects(read_activity(document)).object
    assert completed is not None
    return read_object(completed)


@pytest.mark.parametrize(
    ("activity", "note", "to", "cc"),
    [
        ({"to": [PUBLIC], "cc": [FOLLOWERS]}, {}, (PUBLIC,), (FOLLOWERS,)),
        ({"to": [PUBLIC], "cc": [FOLLOWERS]}, {"to": [], "cc": []}, (PUBLIC,), (FOLLOWERS,)),
        ({}, {"to": PUBLIC, "cc": FOLLOWERS}, (PUBLIC,), (FOLLOWERS,)),
        ({"to": [PUBLIC]}, {"cc": [FOLLOWERS]}, (PUBLIC,), (FOLLOWERS,)),
        ({"to": [PUBLIC]}, {"to": [BOB], "cc": []}, (BOB,), ()),
        ({}, {"to": [FOLLOWERS], "audience": BOB}, (FOLLOWERS,), (BOB,)),
        ({"audience": [PUBLIC]}, {}, (), (PUBLIC,)),
        ({"bto": [BOB]}, {}, (BOB,), ()),
        ({}, {"bcc": [BOB, PUBLIC]}, (), (BOB,)),
        ({}, {"to": [FOLLOWERS], "bcc": [BOB]}, (FOLLOWERS,), ()),
        ({}, {}, (), ()),
    ],
    ids=[
        "activity", "empty in the object", "object", "to here, cc there", "the object is narrower",
        "audience", "audience of the activity", "bto", "bcc is never public", "bcc beside others", "nobody",
    ],
)  # fmt: skip
def test_addresses_are_read_where_they_are(
    activity: Document, note: Document, to: tuple[str, ...], cc: tuple[str, ...]
) -> None:
    post = read_created(activity, note)
    assert (post.to, post.cc) == (to, cc)


def test_activity_without_addresses_has_those_of_its_object() -> None:
    announce = {"id": f"{ANN}#a", "type": "Announce", "actor": ANN, "object": {**NOTE, "to": [PUBLIC]}}
    assert read_activity(announce).to == (PUBLIC,)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_author_and_dates_are_read_where_they_are(kind: str) -> None:
    when = {
        "published": "2026-11-02T10:00:00Z",
        "endTime": "2026-12-02T10:00:00Z",
        "context": f"{ANN}/thread",
    }
    question = {"type": "Question", "oneOf": [{"name": "a"}, {"name": "b"}]}
    post = read_created({"type": kind, **when}, question)
    assert post.attributed_to == (ANN,)
    assert post.published == (1_793_613_600_000 if kind == "Create" else None), (
        "an Update has a date of its own"
    )
    assert post.question is not None
    assert post.question.ends_at == 1_796_205_600_000
    assert post.context == f"{ANN}/thread"
    own = read_created(
        {"type": kind, **when}, {**question, "attributedTo": BOB, "endTime": None, "conversation": "c"}
    )
    assert (own.attributed_to, own.context) == ((BOB,), "c")


def test_actor_is_read_where_it_is() -> None:
    note = {**NOTE, "attributedTo": [{"type": "Person", "id": ANN}]}
    assert read_activity({"type": "Create", "attributedTo": ANN, "object": f"{ANN}/1"}).actor == ANN
    assert read_activity({"type": "Create", "object": note}).actor == ANN
    assert read_object({**NOTE, "actor": ANN}).attributed_to == (ANN,)


def test_texts_are_read_from_maps() -> None:
    post = read_object(
        {
            **NOTE, "attributedTo": ANN, "type": "Question",
            "content": None, "contentMap": {"nl": "<p>hoi</p>"},
            "nameMap": {"nl": "Titel"}, "summaryMap": {"nl": "Kort"},
            "anyOf": [{"nameMap": {"nl": "ja"}}, {"name": "nee"}],
            "attachment": {"type": "Image", "url": "https://o.example/1.png", "nameMap": {"nl": "een vos"}},
            "tag": {"type": "Hashtag", "nameMap": {"und": "#vos"}},
            "url": [{"type": "Link", "mediaType": "text/html", "href": "https://o.example/@ann/1"}],
        }
    )  # fmt: skip
    assert (post.content, post.name, post.summary, post.language) == ("<p>hoi</p>", "Titel", "Kort", "nl")
    assert post.question is not None
    assert [option.name for option in post.question.options] == ["ja", "nee"]
    assert (post.attachments[0].description, post.hashtags[0].name) == ("een vos", "vos")
    assert post.url == "https://o.example/@ann/1"


def test_reason_of_a_report_is_read_where_it_is() -> None:
    flag = {"type": "Flag", "actor": ANN, "object": BOB}
    for more in ({"content": "why"}, {"summary": "why"}, {"contentMap": {"en": "why"}}):
        assert read_activity({**flag, **more}).content == "why"


def test_shared_inbox_is_read_where_it_is() -> None:
    actor: Document = {"id": ANN, "type": "Person", "preferredUsername": "ann", "inbox": f"{ANN}/inbox"}
    shared = "https://o.example/inbox"
    for more in ({"endpoints": {"sharedInbox": shared}}, {"sharedInbox": shared}):
        assert read_actor({**actor, **more}).shared_inbox == shared


def test_several_objects_are_several_acts_except_votes_and_reports() -> None:
    def split(kind: str, *objects: Any) -> list[str | None]:
        activity = read_activity({"id": f"{ANN}#s", "type": kind, "actor": ANN, "object": list(objects)})
        return [part.object_id for part in split_objects(activity)]

    assert split("Like", "https://b.example/1", "https://b.example/2") == [
        "https://b.example/1",
        "https://b.example/2",
    ]
    vote = {"type": "Note", "name": "red", "inReplyTo": "https://b.example/1"}
    assert split("Create", {**vote, "id": "a"}, {**vote, "id": "b"}) == ["a"]
    assert split("Flag", BOB, "https://b.example/1") == [BOB]
    assert len(split("Delete", *(f"https://b.example/{number}" for number in range(50)))) == 20


def test_fingerprint_ignores_spelling_and_signatures_only() -> None:
    plain = b'{"id": "a", "n": [1, 0.5], "object": {"x": "\\u00e4", "y": null}}'
    other = '{"proof":{"z":1},"object":{"y":null,"x":"ä"},"n":[1.0,5e-1],"id":"a","signature":"s"}'.encode()
    assert compute_fingerprint(plain) == compute_fingerprint(other)
    for changed in (
        plain.replace(b"0.5", b"0.6"),
        plain.replace(b'"a"', b'"b"'),
        plain.replace(b"null", b"{}"),
    ):
        assert compute_fingerprint(changed) != compute_fingerprint(plain)


def test_same_content_is_told_by_what_readers_see() -> None:
    base = read_object({**NOTE, "attributedTo": ANN})
    same = read_object(
        {**NOTE, "attributedTo": ANN, "updated": "2026-11-02T10:00:00Z", "likes": {"totalItems": 3}}
    )
    assert has_same_content(base, same)
    for more in ({"content": "y"}, {"sensitive": True}, {"summary": "y"}, {"quote": f"{ANN}/2"}):
        assert not has_same_content(base, read_object({**NOTE, "attributedTo": ANN, **more}))
