"""Interaction policies, quotes and their authorizations, whatever shape they come in (FEP-044f, FEP-e232)."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub import objects
from activitypub.errors import MalformedDocumentError
from activitypub.interactions import (
    QUOTE_REL,
    InteractionPolicy,
    InteractionRule,
    Quote,
    QuoteAuthorization,
    read_authorization,
    read_policy,
    read_quote,
)
from activitypub.objects import Object, read_object
from activitypub.terms import PUBLIC

AUTHOR, QUOTED, QUOTING = "https://a.test/u/ann", "https://a.test/1", "https://b.test/1"


def test_policies_in_every_shape() -> None:
    assert read_policy(None) == read_policy("x") == read_policy([]) == InteractionPolicy()
    found = read_policy(
        {
            "canQuote": {"automaticApproval": "as:Public", "manualApproval": [AUTHOR, {"id": QUOTED}, 5]},
            "canLike": {"always": [PUBLIC], "approvalRequired": [AUTHOR]},
            "canReply": {},
            "canAnnounce": "https://a.test/rule",
        }
    )
    assert found.quote == InteractionRule((PUBLIC,), (AUTHOR, QUOTED))
    assert (found.like, found.reply, found.announce) == (
        InteractionRule((PUBLIC,), (AUTHOR,)),
        InteractionRule(),
        None,
    )
    many = read_policy({"canQuote": {"automaticApproval": [f"https://a.test/{n}" for n in range(9_999)]}})
    assert many.quote
    assert len(many.quote.automatic) == 50


def test_quotes_in_every_word() -> None:
    assert read_quote({}) is None
    assert read_quote({"quote": 5, "tag": [{"type": "Link"}]}) is None
    asked = {"quote": {"id": QUOTED}, "quoteUrl": "https://x.test/", "quoteAuthorization": "https://a.test/q"}
    assert read_quote(asked) == Quote(QUOTED, authorization="https://a.test/q")
    link = {"type": "Link", "rel": QUOTE_REL, "href": QUOTED}
    for older in ({"quoteUrl": QUOTED}, {"quoteUri": QUOTED}, {"_misskey_quote": QUOTED}, {"tag": [link]}):
        assert read_quote(older) == Quote(QUOTED, legacy=True)


def test_what_is_written_is_read_back() -> None:
    made = objects.write_object(
        Object(
            id=QUOTING,
            kind="Note",
            attributed_to=("https://b.test/u/bob",),
            published=0,
            quote=Quote(QUOTED, "https://a.test/@ann/1", "https://a.test/q/1"),
            policy=InteractionPolicy(quote=InteractionRule((PUBLIC,))),
        )
    )
    found = read_object(made)
    assert found.quote == Quote(QUOTED, authorization="https://a.test/q/1")
    assert found.policy == InteractionPolicy(quote=InteractionRule((PUBLIC,)))
    assert [each["name"] for each in made["tag"]] == ["RE: https://a.test/@ann/1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Note"},
        {"id": None},
        {"id": "https://b.test/q/1"},
        {"attributedTo": "https://b.test/u/bob"},
        {"interactionTarget": "https://b.test/2"},
        {"interactionTarget": None},
        {"interactingObject": 5},
    ],
)
def test_only_the_origin_of_what_is_quoted_authorizes(changes: dict[str, Any]) -> None:
    good = QuoteAuthorization("https://a.test/q/1", AUTHOR, QUOTING, QUOTED)
    assert read_authorization(good.write()) == good
    with pytest.raises(MalformedDocumentError):
        read_authorization({**good.write(), **changes})
