"""Accounts: usernames, profiles, remote accounts, removal and search."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from fedserver.domain.accounts import account_removal, accounts, keys
from fedserver.domain.accounts.accounts import ProfileChange
from fedserver.domain.accounts.profiles import ProfileField
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.relationships import blocks, mutes
from storage.engine import Database, ReadTx
from storage.tables.kernel import tasks as table
from tests.kit.people import (
    create_accounts,
    establish_follow,
    new_keys,
)


async def list_jobs(tx: ReadTx, kind: type[jobs.Job]) -> list[jobs.Job]:
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
