"""Muted domains: subdomains, spelling, and what a mute ends."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import relations
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notification_views, notifications
from fedserver.domain.relationships import domain_mutes, follows
from storage.engine import Database, Page
from tests.kit.people import create_accounts, create_remote_account, establish_follow

NAMES = ("ann", "bob", "eve@evil.test", "sub@a.evil.test", "odd@notevil.test", "fay@evil.test")


async def test_domain_mute_ends_relations_and_notifications(database: Database, here: NodeContext) -> None:
    ann, bob, eve, sub, odd, fay = await create_accounts(database, here, *NAMES)
    for other in (eve, sub, odd):
        await establish_follow(database, here, ann, other)
    async with database.write() as tx:
        for other in (eve, odd, fay):
            await follows.receive(tx, other, ann, f"{other.uri}#f")
        await domain_mutes.add(tx, here, ann, " EVIL.test. ")
        await domain_mutes.add(tx, here, ann, "evil.test")
    async with database.read() as tx:
        relations_by_id = {
            each.id: each for each in await relations.load(tx, ann.id, [eve.id, sub.id, odd.id, fay.id])
        }
        assert [relations_by_id[each.id].domain_blocking for each in (eve, sub, odd, fay)] == [
            True,
            True,
            False,
            True,
        ]
        assert [relations_by_id[each.id].following for each in (eve, sub, odd)] == [False, False, True]
        assert [relations_by_id[each.id].followed_by for each in (eve, odd, fay)] == [False, True, False]
        views, _ = await notification_views.list_by_account(tx, ann, Page())
        assert {view.row.from_id for view in views} == {odd.id}
        assert [domain for _, domain in await domain_mutes.list_by_account(tx, ann, Page())] == ["evil.test"]
        assert await domain_mutes.list_by_account(tx, bob, Page()) == []
    async with database.write() as tx:
        await notifications.notify(tx, "follow", ann.id, sub.id)
        await notifications.notify(tx, "follow", bob.id, sub.id)
        assert len((await notification_views.list_by_account(tx, bob, Page()))[0]) == 1
        assert len((await notification_views.list_by_account(tx, ann, Page()))[0]) == 1
        await domain_mutes.remove(tx, here, ann, "evil.TEST")
        assert await domain_mutes.list_by_account(tx, ann, Page()) == []


@pytest.mark.parametrize(
    ("domain", "other_hosts"),
    [
        ("evil.test:8443", ()),
        ("sub.evil.test:8443", ()),
        ("good.test", ("evil.test",)),
        ("good.test", ("sub.evil.test",)),
        ("good.test", ("evil.test:8443",)),
        ("good.test", ("other.test", "sub.evil.test:8443")),
        ("evil.test", ("good.test",)),
    ],
)
async def test_domain_mute_covers_every_host_of_an_account(
    database: Database, here: NodeContext, domain: str, other_hosts: tuple[str, ...]
) -> None:
    ann, near = await create_accounts(database, here, "ann", "near@notevil.test")
    async with database.write() as tx:
        eve = await create_remote_account(tx, "eve", domain, other_hosts=other_hosts)
        other = await create_remote_account(tx, "other", "good.test", other_hosts=("notevil.test",))
        for account in (eve, other, near):
            await follows.receive(tx, account, ann, f"{account.uri}#f")
        await domain_mutes.add(tx, here, ann, "evil.test")
        await follows.receive(tx, eve, ann, f"{eve.uri}#again")
    async with database.read() as tx:
        facts = {row.id: row for row in await relations.load(tx, ann.id, [eve.id, other.id, near.id])}
        views, _ = await notification_views.list_by_account(tx, ann, Page())
    assert [facts[row.id].domain_blocking for row in (eve, other, near)] == [True, False, False]
    assert [facts[row.id].followed_by for row in (eve, other, near)] == [False, True, True]
    assert {view.row.from_id for view in views} == {other.id, near.id}


async def test_domain_names_are_normalized_and_checked(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        await domain_mutes.add(tx, here, ann, "Bücher.example")
        assert [domain for _, domain in await domain_mutes.list_by_account(tx, ann, Page())] == [
            "xn--bcher-kva.example"
        ]
        for wrong in ("", "a b", "x/y", "%", "alpha.test", "é" * 300):
            with pytest.raises(InvalidError):
                await domain_mutes.add(tx, here, ann, wrong)
