"""Accounts: usernames, profiles, remote accounts, removal and search."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from fedserver.domain.accounts import account_removal, accounts, keys
from fedserver.domain.accounts.accounts import ProfileChange, ProfileField
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import GoneError, InvalidError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import boosts, likes, posts
from fedserver.domain.relationships import blocks, followers, follows, mutes
from storage.engine import Database, Tx
from storage.paging import Page
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.tables.kernel import tasks as table
from tests.kit.people import (
    create_accounts,
    create_member,
    create_remote_account,
    establish_follow,
    new_keys,
    publish,
)


async def list_jobs(tx: Tx, kind: type[jobs.Job]) -> list[jobs.Job]:
    payloads = await tx.values(select(table.c.payload).order_by(table.c.id))
    return [task for task in map(jobs.decode, payloads) if isinstance(task, kind)]


@pytest.mark.parametrize("name", ["a", "ann", "Ann_9", "a.b-c", "___", "x" * 30])
async def test_valid_usernames_are_created_once(database: Database, here: NodeContext, name: str) -> None:
    async with database.write() as tx:
        row = await accounts.create_local(tx, here, name, new_keys())
        assert row.uri == f"https://alpha.test/users/{name}"
        assert row.domain == ""
        assert await accounts.get_local(tx, name.upper()) == row
        assert {key.kind for key in await keys.list_by_account(tx, row.id)} == {"rsa", "ed25519"}
        with pytest.raises(InvalidError) as raised:
            await accounts.create_local(tx, here, name.upper(), new_keys())
        assert raised.value.code == "ERR_TAKEN"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "ERR_BLANK"),
        ("x" * 31, "ERR_TOO_LONG"),
        ("a b", "ERR_INVALID"),
        (".a", "ERR_INVALID"),
        ("a-", "ERR_INVALID"),
        ("a..b", "ERR_INVALID"),
        ("a.-b", "ERR_INVALID"),
        ("änn", "ERR_INVALID"),
        ("a/b", "ERR_INVALID"),
        ("a@b", "ERR_INVALID"),
        ("ann\n", "ERR_INVALID"),
        ("Admin", "ERR_RESERVED"),
        ("instance.actor", "ERR_RESERVED"),
    ],
)
async def test_invalid_usernames_are_refused(
    database: Database, here: NodeContext, name: str, code: str
) -> None:
    async with database.write() as tx:
        with pytest.raises(InvalidError) as raised:
            await accounts.create_local(tx, here, name, new_keys())
        assert raised.value.code == code


async def test_operators_may_use_reserved_usernames_except_the_instance_actor(
    database: Database, here: NodeContext
) -> None:
    async with database.write() as tx:
        await accounts.create_local(tx, here, "admin", new_keys(), by_operator=True)
        with pytest.raises(InvalidError):
            await accounts.create_local(tx, here, "instance.actor", new_keys(), by_operator=True)


async def test_a_profile_is_safe_html_and_its_source(database: Database, here: NodeContext) -> None:
    ann, *_ = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await accounts.update_profile(
            tx,
            here,
            ann,
            ProfileChange(
                display_name=" Ann\u202e \n<b> ",
                note="Hi <script>x</script> https://a.example #fox @bob@beta.test @zed@beta.test",
                fields=(("Site", "https://a.example"), ("", ""), ("<i>", "<b>x</b>")),
                locked=True,
                bot=True,
                avatar_key="new",
            ),
        )
        row = await accounts.get(tx, ann.id)
        assert row.display_name == "Ann <b>"
        assert row.kind == "Service"
        assert row.locked
        assert row.note_source == "Hi <script>x</script> https://a.example #fox @bob@beta.test @zed@beta.test"
        assert "<script" not in row.note_html
        assert 'href="https://a.example"' in row.note_html
        assert 'href="https://alpha.test/tags/fox"' in row.note_html
        mention = '<a href="https://beta.test/@bob" class="u-url mention"'
        assert f'{mention} rel="nofollow noopener">' in row.note_html
        assert "/@zed" not in row.note_html
        assert row.note_html.count(' me"') == 1, "other people are not the same person"
        fields = msgspec.json.decode(row.fields, type=list[ProfileField])
        assert [field.name for field in fields] == ["Site", "<i>"]
        assert 'href="https://a.example"' in fields[0].value
        assert "<b>" not in fields[1].value
        await accounts.update_profile(tx, here, row, ProfileChange(avatar_key="newer"))
        row = await accounts.get(tx, ann.id)
        assert row.note_source
        assert row.avatar_key == "newer"
        assert await list_jobs(tx, jobs.UpdateAccount) == [jobs.UpdateAccount(ann.id)]
        assert await list_jobs(tx, jobs.RemoveFiles) == [jobs.RemoveFiles(("new",))]
        for wrong in (
            ProfileChange(note="x" * (accounts.MAX_NOTE + 1)),
            ProfileChange(fields=tuple((str(number), "x") for number in range(9))),
        ):
            with pytest.raises(InvalidError):
                await accounts.update_profile(tx, here, row, wrong)


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


async def create_connected_accounts(
    database: Database, here: NodeContext, other: str
) -> tuple[AccountRow, AccountRow, int]:
    """Create `ann` with a post, and an account that likes, boosts, answers, follows and is followed."""
    ann, bob, eve = await create_accounts(database, here, "ann", other, "eve")
    await establish_follow(database, here, ann, bob)
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        post = await posts.get(tx, post_id, None)
        if bob.domain:
            await follows.receive(tx, bob, ann, f"{bob.uri}#f")
            await likes.receive(tx, bob, f"{bob.uri}#l", post)
            await boosts.receive(tx, bob, f"{bob.uri}#b", post, "public", tx.now)
        else:
            await follows.follow(tx, here, bob, ann)
            await likes.like(tx, here, bob, post_id)
            await boosts.boost(tx, here, bob, post_id)
    if not bob.domain:
        answer = await publish(database, here, bob, "yes", in_reply_to_id=post_id)
        async with database.write() as tx:
            await boosts.boost(tx, here, eve, answer)
    return ann, bob, post_id


@pytest.mark.parametrize("other", ["bob", "bob@beta.test"])
async def test_removal_of_an_account_removes_its_content_and_counts(
    database: Database, here: NodeContext, other: str
) -> None:
    ann, bob, post_id = await create_connected_accounts(database, here, other)
    async with database.read() as tx:
        row = await accounts.get(tx, ann.id)
        assert (row.followers_count, row.following_count) == (1, 1)
        before = await posts.get(tx, post_id, None)
        assert (before.likes_count, before.boosts_count) == (1, 1)
        assert before.replies_count == (0 if bob.domain else 1)
    async with database.write() as tx:
        if bob.domain:
            await account_removal.delete_remote(tx, bob)
            with pytest.raises(NotFoundError):
                await accounts.get(tx, bob.id)
        else:
            await account_removal.delete_local(tx, bob)
            await account_removal.delete_local(tx, bob)
            with pytest.raises(GoneError):
                await accounts.get_local(tx, "bob")
            with pytest.raises(InvalidError):
                await create_member(tx, here, "Bob")
            assert await list_jobs(tx, jobs.DeleteAccount) == [jobs.DeleteAccount(bob.id)]
    async with database.read() as tx:
        row = await accounts.get(tx, ann.id)
        assert (row.followers_count, row.following_count) == (0, 0)
        after = await posts.get(tx, post_id, None)
        assert (after.likes_count, after.boosts_count, after.replies_count) == (0, 0, 0)
        assert (await notification_views.list_by_account(tx, ann, Page()))[0] == []
        assert await followers.list_followers(tx, ann, None, Page()) == []
        assert await followers.list_following(tx, ann, None, Page()) == []
        assert await post_queries.find(tx, post_id) is not None


async def test_local_accounts_are_not_removed_as_remote_ones(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        await account_removal.delete_remote(tx, ann)
        assert await accounts.get(tx, ann.id) == ann


async def test_search_finds_handles_and_hides_blocking_accounts(
    database: Database, here: NodeContext
) -> None:
    ann, annette, anna, bob, odd = await create_accounts(
        database, here, "ann", "annette", "anna@beta.test", "bob", "an_x@gamma.test"
    )
    await establish_follow(database, here, bob, anna)

    async def search(query: str, **more: bool) -> list[int]:
        async with database.read() as tx:
            return await accounts.search(tx, query, bob.id, 10, **more)

    assert await search("@Ann") == [ann.id, anna.id, annette.id]
    assert await search("anna@beta.test") == [anna.id] == await search("ann", only_followed=True)
    assert await search("anna@bet") == [anna.id]
    assert await search("an_") == [odd.id]
    assert await search("%") == [] == await search("@")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        await mutes.mute(tx, bob, anna)
        await account_removal.delete_local(tx, annette)
    assert await search("an") == [anna.id, odd.id]
    assert await search("ann") == [ann.id, anna.id], "a full handle finds also who blocks"
