"""Votes of peers: only what is nothing but a vote, and only in the actor's own name."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.errors import AuthorityError
from fedserver.federation.convert.polls import to_remote_vote

BOB = "https://beta.test/users/bob"
VOTE = {
    "type": "Note",
    "id": f"{BOB}#votes/1",
    "attributedTo": BOB,
    "name": "Yes",
    "inReplyTo": "https://alpha.test/users/ann/statuses/1",
}


def test_vote_names_the_option_and_the_poll() -> None:
    vote = to_remote_vote(BOB, dict(VOTE))
    assert vote is not None
    assert (vote.name, vote.poll_uri) == ("Yes", VOTE["inReplyTo"])


@pytest.mark.parametrize(
    "change", [{"content": "<p>Why?</p>"}, {"name": ""}, {"inReplyTo": None}, {"type": "Page"}]
)
def test_vote_with_text_or_without_option_or_poll_is_none(change: dict[str, Any]) -> None:
    assert to_remote_vote(BOB, {**VOTE, **change}) is None


def test_vote_in_the_name_of_another_is_refused() -> None:
    with pytest.raises(AuthorityError):
        to_remote_vote("https://beta.test/users/carl", dict(VOTE))
    with pytest.raises(AuthorityError):
        to_remote_vote("https://evil.test/users/eve", dict(VOTE))
