"""Activities: which of them must arrive in order."""

from __future__ import annotations

import pytest

from activitypub import activities
from activitypub.activities import find_subject, supersedes
from activitypub.document import Document
from activitypub.interactions import quote_request
from activitypub.partnerships import write_offer

US, ANN, BOB = "https://a.test/actor", "https://a.test/ann", "https://b.test/bob"
POST, OTHER = "https://a.test/1", "https://b.test/2"
NOTE: Document = {"id": POST, "published": "", "to": [], "cc": []}
FOLLOW = activities.follow(f"{ANN}#f", ANN, BOB)
THEIR_FOLLOW = activities.follow(f"{BOB}#f", BOB, ANN)
LIKE = activities.like(f"{ANN}#l", ANN, OTHER, BOB)
BOOST = activities.announce(f"{ANN}#b", ANN, OTHER, [], [], 0)
OFFER = write_offer(f"{US}#o", US, BOB, (), "")
THEIR_OFFER = write_offer(f"{BOB}#o", BOB, US, (), "")
REQUEST = quote_request(f"{BOB}#q", BOB, POST, OTHER, [ANN])


@pytest.mark.parametrize(
    ("subject", "ordered"),
    [
        (
            POST,
            [
                activities.create("https://a.test/1/create", ANN, NOTE),
                activities.update("https://a.test/1/update", ANN, NOTE, 0),
                activities.change_collection("Add", f"{ANN}#a", ANN, POST, f"{ANN}/featured"),
                activities.change_collection("Remove", f"{ANN}#r", ANN, POST, f"{ANN}/featured"),
                activities.delete(f"{POST}#delete", ANN, POST, []),
                quote_request(f"{ANN}#q", ANN, OTHER, NOTE, [BOB]),
            ],
        ),
        (
            BOB,
            [
                FOLLOW,
                activities.undo(f"{ANN}#u", ANN, FOLLOW),
                activities.answer("Accept", f"{ANN}#y", ANN, THEIR_FOLLOW, BOB),
                activities.answer("Reject", f"{ANN}#n", ANN, THEIR_FOLLOW, BOB),
                activities.block(f"{ANN}#x", ANN, BOB),
                activities.undo(f"{ANN}#v", ANN, activities.block(f"{ANN}#x", ANN, BOB)),
            ],
        ),
        (f"like {OTHER}", [LIKE, activities.undo(f"{ANN}#u", ANN, LIKE)]),
        (
            OTHER,
            [
                BOOST,
                activities.undo(f"{ANN}#u", ANN, BOOST),
            ],
        ),
        (
            f"{US} {BOB}",
            [
                OFFER,
                activities.undo(f"{US}#u", US, OFFER),
                activities.answer("Accept", f"{US}#y", US, THEIR_OFFER, BOB),
                activities.undo(
                    f"{US}#u", US, activities.answer("Accept", f"{US}#y", US, THEIR_OFFER, BOB)
                ),
            ],
        ),
        (
            f"{POST}/stamp",
            [
                activities.answer("Accept", f"{ANN}#y", ANN, REQUEST, BOB, f"{POST}/stamp"),
                activities.delete_authorization(f"{ANN}#d", ANN, f"{POST}/stamp", []),
            ],
        ),
        (
            ANN,
            [
                activities.update_actor(f"{ANN}#u", {"id": ANN}, f"{ANN}/followers"),
                activities.move(f"{ANN}#m", ANN, BOB, f"{ANN}/followers"),
                activities.delete_actor(f"{ANN}#d", ANN),
            ],
        ),
        (f"{US}#flag", [activities.flag(f"{US}#flag", US, [BOB, OTHER], "", BOB)]),
    ],
)  # fmt: skip
def test_subject_is_the_same_for_activities_that_depend_on_each_other(
    subject: str, ordered: list[Document]
) -> None:
    assert [find_subject(activity) for activity in ordered] == [subject] * len(ordered)


CREATE = {"type": "Create", "id": f"{POST}/create", "actor": ANN, "object": {"id": POST, "type": "Note"}}
UPDATE = {**CREATE, "type": "Update", "id": f"{POST}/update"}
DELETE = activities.delete(f"{POST}#d", ANN, POST, [])
PIN = activities.change_collection("Add", f"{ANN}#p", ANN, POST, f"{ANN}/featured")
UNPIN = activities.change_collection("Remove", f"{ANN}#q", ANN, POST, f"{ANN}/featured")
ACCEPT = activities.answer("Accept", f"{ANN}#y", ANN, THEIR_FOLLOW, BOB)
REJECT = activities.answer("Reject", f"{ANN}#n", ANN, THEIR_FOLLOW, BOB)


@pytest.mark.parametrize("older", [CREATE, UPDATE, PIN, UNPIN])
def test_delete_of_a_post_supersedes_all_about_it(older: Document) -> None:
    assert supersedes(DELETE, older)
    assert not supersedes(activities.delete(f"{OTHER}#d", ANN, OTHER, []), older)
    assert not supersedes({**DELETE, "actor": BOB}, older)


@pytest.mark.parametrize("older", [CREATE, FOLLOW, LIKE, BOOST, ACCEPT, PIN])
def test_delete_of_an_actor_supersedes_all_that_it_said(older: Document) -> None:
    assert supersedes(activities.delete_actor(f"{ANN}#d", ANN), older)
    assert not supersedes(activities.delete_actor(f"{BOB}#d", BOB), older)


@pytest.mark.parametrize("older", [FOLLOW, LIKE, BOOST])
def test_undo_supersedes_what_it_undoes_only(older: Document) -> None:
    undo = activities.undo(f"{ANN}#u", ANN, older)
    assert supersedes(undo, older)
    assert not supersedes(undo, {**older, "id": f"{ANN}#again"})
    assert not supersedes(older, undo)


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        (UPDATE, UPDATE, True), (UPDATE, CREATE, False), (UPDATE, DELETE, False), (CREATE, CREATE, False),
        (PIN, UNPIN, True), (UNPIN, PIN, True), (PIN, {**UNPIN, "target": f"{ANN}/tags"}, False),
        (REJECT, ACCEPT, True), (ACCEPT, REJECT, False), (REJECT, REJECT, False),
    ],
)  # fmt: skip
def test_supersedes_needs_a_later_state_of_the_same(newer: Document, older: Document, expected: bool) -> None:
    assert supersedes(newer, older) is expected
