"""Actors of peers become accounts."""

from __future__ import annotations

from activitypub.actors import read_actor
from fedserver.federation.convert.accounts import to_remote_account
from tests.kit.peers import make_actor

BOB = "https://beta.test/users/bob"
NOW = 1_780_000_000_000


def test_account_has_the_handle_that_was_confirmed() -> None:
    account = to_remote_account(read_actor(make_actor(BOB, "bob")), "bob", "beta.example", NOW)
    assert (account.username, account.domain, account.uri) == ("bob", "beta.example", BOB)
    assert [key[0] for key in account.keys] == [f"{BOB}#main-key"]


def test_account_without_pictures_keeps_their_descriptions_only() -> None:
    icon = {"type": "Image", "url": "https://beta.test/a.png", "name": "A face"}
    actor = read_actor(make_actor(BOB, "bob", icon=icon, image=icon))
    shown = to_remote_account(actor, "bob", "beta.test", NOW)
    hidden = to_remote_account(actor, "bob", "beta.test", NOW, include_pictures=False)
    assert shown.avatar_url == "https://beta.test/a.png"
    assert (hidden.avatar_url, hidden.header_url) == ("", "")
    assert hidden.avatar_alt == "A face"
