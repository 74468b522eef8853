"""Accounts of peers: sanitized, and never in place of others."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts, keys
from fedserver.domain.accounts.profiles import ProfileField
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Database
from tests.kit.people import (
    create_accounts,
    create_remote_account,
)


async def test_peers_cannot_change_local_accounts(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        assert await create_remote_account(tx, "ann", uri=ann.uri, display_name="Evil") == ann
        assert await accounts.get(tx, ann.id) == ann
        with pytest.raises(InvalidError):
            await create_remote_account(tx, "bob", domain="")
        with pytest.raises(NotFoundError):
            await accounts.get_local(tx, "bob")


async def test_a_fetched_actor_keeps_its_row_and_is_sanitized(database: Database) -> None:
    async with database.write() as tx:
        first = await create_remote_account(tx, "Bob", note="<p onclick=x>hi<script>y</script></p>")
        assert first.note_html == "<p>hi</p>"
        second = await create_remote_account(
            tx,
            "bobby",
            uri=first.uri,
            display_name="B\u202eob",
            fields=(ProfileField("a", "<img src=x onerror=y>z"),),
            keys=((f"{first.uri}#new", "rsa", "PEM"),),
        )
        assert second.id == first.id
        assert second.username == "bobby"
        assert second.display_name == "Bob"
        assert "<img" not in second.fields
        assert [key.uri for key in await keys.list_by_account(tx, first.id)] == [f"{first.uri}#new"]
        assert await accounts.find_by_handle(tx, "BOBBY", "Beta.test") == await accounts.get(tx, first.id)
        assert await accounts.find_by_handle(tx, "bob", "beta.test") is None


async def test_relative_links_on_a_profile_lead_to_the_peer(database: Database) -> None:
    async with database.write() as tx:
        fields = (ProfileField("home", '<a href="about">x</a>'),)
        bob = await create_remote_account(tx, "bob", note='<p><a href="/tags/x">x</a></p>', fields=fields)
    assert 'href="https://beta.test/tags/x"' in bob.note_html
    assert "https://beta.test/about" in bob.fields


async def test_a_handle_belongs_to_the_actor_fetched_last(database: Database) -> None:
    async with database.write() as tx:
        old = await create_remote_account(tx, "bob", uri="https://beta.test/users/old")
        new = await create_remote_account(tx, "Bob", uri="https://beta.test/users/new")
        other = await create_remote_account(tx, "bob", domain="gamma.test")
        assert new.id != old.id
        assert (await accounts.find_by_handle(tx, "bob", "beta.test")) == await accounts.get(tx, new.id)
        assert (await accounts.find_by_uri(tx, old.uri)) is not None
        assert (await accounts.find_by_handle(tx, "bob", "gamma.test")) == await accounts.get(tx, other.id)


async def test_a_key_is_not_taken_from_another_account(database: Database) -> None:
    async with database.write() as tx:
        bob = await create_remote_account(tx, "bob")
        eve = await create_remote_account(tx, "eve", keys=((f"{bob.uri}#main-key", "rsa", "EVIL"),))
        (key,) = await keys.list_by_account(tx, bob.id)
        assert key.public != "EVIL"
        assert await keys.list_by_account(tx, eve.id) == []
