"""Owners: the last one who can log in cannot be removed."""

from __future__ import annotations

import asyncio

import pytest

from fedserver.domain.accounts import account_removal, accounts
from fedserver.domain.auth import member_access, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, GoneError
from storage.engine import Database, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow
from tests.kit.people import new_keys

WAYS = ["role", "disable", "delete"]


async def create_owner(database: Database, here: NodeContext, name: str) -> MemberRow:
    async with database.write() as tx:
        member, _ = await members.create_approved(
            tx, here, name, f"{name}@mail.test", "hash", new_keys(), role="owner"
        )
    return member


async def remove_owner(tx: Tx, member: MemberRow, way: str) -> None:
    if way == "role":
        await members.set_role(tx, member, "member")
    elif way == "disable":
        await member_access.set_disabled(tx, member, disabled=True)
    else:
        account_id = await member_queries.find_main_account_id(tx, member.id)
        assert account_id is not None
        await account_removal.delete_local(tx, await accounts.get(tx, account_id))


@pytest.mark.parametrize("way", WAYS)
async def test_the_last_owner_cannot_be_removed(database: Database, here: NodeContext, way: str) -> None:
    ann = await create_owner(database, here, "ann")
    with pytest.raises(ForbiddenError, match="last owner"):
        async with database.write() as tx:
            await remove_owner(tx, ann, way)
    bob = await create_owner(database, here, "bob")
    async with database.write() as tx:
        await remove_owner(tx, ann, way)
    for other in WAYS:
        with pytest.raises(ForbiddenError, match="last owner"):
            async with database.write() as tx:
                await remove_owner(tx, bob, other)


@pytest.mark.parametrize("column", ["approved_at", "email_confirmed_at"])
async def test_owners_who_cannot_log_in_do_not_count(
    database: Database, here: NodeContext, column: str
) -> None:
    ann, bob = await create_owner(database, here, "ann"), await create_owner(database, here, "bob")
    async with database.write() as tx:
        await member_queries.set_value(tx, bob.id, column, None)
        with pytest.raises(ForbiddenError):
            await members.set_role(tx, ann, "admin")


async def test_two_owners_cannot_be_disabled_concurrently(database: Database, here: NodeContext) -> None:
    both = [await create_owner(database, here, name) for name in ("ann", "bob")]

    async def go(member: MemberRow) -> bool:
        try:
            async with database.write() as tx:
                await member_access.set_disabled(tx, member, disabled=True)
        except ForbiddenError:
            return False
        return True

    assert sorted(await asyncio.gather(*(go(member) for member in both))) == [False, True]


async def test_members_who_are_not_owners_can_be_removed(database: Database, here: NodeContext) -> None:
    await create_owner(database, here, "ann")
    async with database.write() as tx:
        eve, _ = await members.create_approved(
            tx, here, "eve", "eve@mail.test", "hash", new_keys(), role="admin"
        )
        await remove_owner(tx, eve, "role")
        assert (await members.get(tx, eve.id)).role == "member"
        await remove_owner(tx, eve, "disable")
        assert (await members.get(tx, eve.id)).disabled_at == tx.now
        await remove_owner(tx, eve, "delete")
        with pytest.raises(GoneError):
            await accounts.get_local(tx, "eve")
