"""What moderators do, as rules: ranks, mail, lost follows, limits, addresses and days of members."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedserver.config import MailConfig
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import apps, ip_blocks, member_activity, members, tokens
from fedserver.domain.kernel import events, scopes
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.moderation import admin_accounts, moderation
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.notifications import notification_views
from fedserver.domain.peers import peers
from fedserver.domain.registration import email_blocks
from fedserver.domain.relationships import followers, follows, lists
from fedserver.domain.timelines import post_views
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.engine import Database, Event, Page, Tx
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.kernel import jobs as job_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from tests.kit.clock import Clock
from tests.kit.mails import take_mails
from tests.kit.people import (
    create_accounts,
    create_remote_account,
    establish_follow,
    make_context,
    new_keys,
    publish,
)


async def add(tx: Tx, here: NodeContext, name: str, role: str = "member") -> tuple[MemberRow, AccountRow]:
    return await members.create_approved(tx, here, name, f"{name}@mail.test", "hash", new_keys(), role=role)


async def kinds(database: Database) -> list[str]:
    async with database.write() as tx:
        return [
            row.kind
            for row in await job_queries.lease(tx, until=tx.now, limit=50, kinds=KINDS_BY_QUEUE[DEFAULT])
        ]


async def test_warning_with_mail_is_mailed_to_the_member(database: Database, tmp_path: Path) -> None:
    where = make_context(tmp_path, mail=MailConfig(host="mail.test", sender="us@alpha.test"))
    async with database.write() as tx:
        moderator, _ = await add(tx, where, "mod", "moderator")
        _, ann = await add(tx, where, "ann")
        await moderation.apply(tx, where, moderator, ann.id, ModerationAction("silence", "Too loud"))
        await moderation.apply(
            tx, where, moderator, ann.id, ModerationAction("none", "Really", notifies_by_mail=True)
        )
    [mail] = await take_mails(database, where)
    assert mail.to == "ann@mail.test"
    assert "The moderators have a warning for you." in mail.text
    assert "Really" in mail.text


async def test_moderation_of_the_instance_actor_is_refused(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        instance = await accounts.create_instance_account(tx, here, new_keys())
        with pytest.raises(ForbiddenError):
            await moderation.apply(tx, here, None, instance.id, ModerationAction("suspend"))
        with pytest.raises(NotFoundError):
            await moderation.apply(tx, here, None, 1, ModerationAction("suspend"))
        bob = await create_remote_account(tx, "bob")
        with pytest.raises(InvalidError):
            await moderation.apply(tx, here, None, bob.id, ModerationAction("disable"))
        with pytest.raises(NotFoundError):
            await admin_accounts.get(tx, instance.id)


async def test_suspension_ends_follows_and_notifies_both_sides(database: Database, here: NodeContext) -> None:
    ann, bob, eve, fay, gus = await create_accounts(
        database, here, "ann", "bob", "eve@beta.test", "fay@beta.test", "gus@beta.test"
    )
    await establish_follow(database, here, bob, ann)
    await establish_follow(database, here, ann, eve)
    async with database.write() as tx:
        await follows.follow(tx, here, ann, fay)  # asked only
        await follows.receive(tx, gus, ann, "https://beta.test/f/1")
        mine = await lists.create(tx, bob, "L")
        await lists.add_accounts(tx, bob, mine.id, [ann.id])
    await kinds(database)
    async with database.write() as tx:
        for row in await job_queries.lease(tx, until=tx.now + 1, limit=50, kinds=KINDS_BY_QUEUE[DEFAULT]):
            await job_queries.finish(tx, [row.id])
        await moderation.apply(tx, here, None, ann.id, ModerationAction("suspend"))
        assert await lists.list_accounts(tx, bob, mine.id, None) == []
        for reader in (ann, bob):
            row = await accounts.get(tx, reader.id)
            assert (row.followers_count, row.following_count) == (0, 0)
        assert await followers.list_requests(tx, fay, Page()) == []
        views, _ = await notification_views.list_by_account(tx, bob, Page(), kinds=["severed_relationships"])
        assert [
            view.subject.severance.following_count
            for view in views
            if view.subject and view.subject.severance
        ] == [1]
    assert sorted(await kinds(database)) == ["answer_follow", "undo_follow", "undo_follow"]


async def test_suspension_ends_streams(database: Database, here: NodeContext) -> None:
    revoked = asyncio.Event()

    def hear(event: Event) -> None:
        if event.kind == events.TOKEN_REVOKED:
            revoked.set()

    async with database.write() as tx:
        member, ann = await add(tx, here, "ann")
        made = await tokens.create(tx, "read", app_id=None, member_id=member.id, account_id=ann.id)
    stop = database.listen(hear)
    async with database.write() as tx:
        await moderation.apply(tx, here, None, ann.id, ModerationAction("suspend"))
    await asyncio.wait_for(revoked.wait(), 5)  # PostgreSQL tells after a way through the server
    stop()
    async with database.write() as tx:
        assert await tokens.find_principal(tx, made.secret) is None
        await moderation.revoke(tx, None, ann.id, "suspend")
        assert await tokens.find_principal(tx, made.secret) is not None, "apps go on, as in Mastodon"


async def test_admin_views_of_any_number_need_the_same_statements(
    database: Database, here: NodeContext
) -> None:
    async with database.write() as tx:
        ids = [(await add(tx, here, name))[1].id for name in ("ann", "bob", "eve", "fay")]
        for number, account_id in enumerate(ids):
            found = await admin_accounts.get(tx, account_id)
            assert found.member is not None
            await member_activity.record_address(tx, found.member.id, f"203.0.113.{number}")
    counted = []
    for wanted in (ids[:1], ids):
        async with database.read() as tx:
            assert len(await admin_accounts.load(tx, wanted)) == len(wanted)
            counted.append(tx.statement_count)
    assert counted[0] == counted[1]


async def test_limited_account_notifies_followers_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        await moderation.apply(tx, here, None, ann.id, ModerationAction("silence"))
    await publish(database, here, ann, "hello @bob")
    async with database.read() as tx:
        assert (await notification_views.list_by_account(tx, bob, Page()))[0] == []
    await establish_follow(database, here, bob, ann)
    await publish(database, here, ann, "hello again @bob")
    async with database.read() as tx:
        assert [view.row.kind for view in (await notification_views.list_by_account(tx, bob, Page()))[0]] == [
            "mention"
        ]


async def test_limited_authors_are_left_out_of_public_streams(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        await moderation.apply(tx, here, None, ann.id, ModerationAction("silence"))
        for viewer in (None, ann.id):
            assert await post_views.load(tx, [post_id], viewer, context="public") == []
            assert len(await post_views.load(tx, [post_id], viewer)) == 1


async def test_admin_scopes_for_plain_members_are_left_out(database: Database, here: NodeContext) -> None:
    wanted = ("read", "admin:read:accounts", "admin:write")
    assert scopes.filter_by_role(wanted, "member") == ("read",)
    assert scopes.filter_by_role(wanted, "moderator") == wanted
    back, verifier = "https://app.test/back", None
    async with database.write() as tx:
        app = (await apps.register(tx, "App", (back,), "read admin:read admin:write", None)).row
        for name, role, granted in (("ann", "member", {"read"}), ("mod", "moderator", set(wanted))):
            member, account = await add(tx, here, name, role)
            code = await tokens.grant_code(tx, app, member, account, back, wanted, None)
            made = await tokens.exchange(tx, app, code, back, verifier)
            assert made is not None
            assert set(made.scopes) == granted
            if role == "member":
                with pytest.raises(ForbiddenError):
                    await tokens.grant_code(tx, app, member, account, back, ("admin:read",), None)


async def test_peer_decisions_cover_subdomains_and_the_nearest_wins(
    database: Database, here: NodeContext
) -> None:
    policies = peers.PeerPolicies("open")
    async with database.write() as tx:
        await peers.decide(tx, None, "example", peers.PeerDecision("block"))
        await peers.decide(tx, None, "good.example", peers.PeerDecision("allow"))
        await peers.decide(tx, None, "Bücher.test", peers.PeerDecision("limit", rejects_media=True))
        await policies.load(tx)
        assert (await peers.find_blocking_decision(tx, "a.b.example")) is not None
        assert (await peers.find_blocking_decision(tx, "x.good.example")) is None
    assert not policies.allows("a.example")
    assert policies.allows("x.good.example:8443")
    assert policies.find("xn--bcher-kva.test") == "limit"
    assert not policies.allows_media("xn--bcher-kva.test")
    for wrong in ("", " ", "a b", "a/b", "@x", "x" * 300):
        with pytest.raises(InvalidError):
            peers.normalize_domain(wrong)
    async with database.write() as tx:
        before = await peers.reset(tx, None, "unknown.test")
        assert before.decision_id is None


async def test_peer_decision_when_repeated_keeps_id_and_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first = await peers.decide(tx, None, "beta.test", peers.PeerDecision("limit"))
        bob = await create_remote_account(tx, "bob")
    clock.forward(days=1)
    async with database.write() as tx:
        second = await peers.decide(tx, None, "beta.test", peers.PeerDecision("limit", "noted"))
        third = await peers.decide(tx, None, "beta.test", peers.PeerDecision("block"))
        assert (await accounts.get(tx, bob.id)).silenced_at is None
        assert (await accounts.get(tx, bob.id)).suspended_at == third.decided_at
    assert first.decision_id == second.decision_id == third.decision_id
    assert first.decided_at == second.decided_at != third.decided_at


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("203.0.113.9", "no_access"),
        ("203.0.113.200", "sign_up_block"),
        ("::ffff:203.0.113.200", "sign_up_block"),
        ("2001:db8::1", "sign_up_requires_approval"),
        ("198.51.100.1", ""),
        ("", ""),
        ("/run/socket", ""),
    ],
)
async def test_ip_blocks_with_overlapping_networks_use_the_strictest(
    database: Database, here: NodeContext, address: str, wanted: str
) -> None:
    async with database.write() as tx:
        moderator, _ = await add(tx, here, "mod", "moderator")
        for ip, severity in (
            ("203.0.113.0/24", "sign_up_block"),
            ("203.0.113.0/28", "no_access"),
            ("203.0.0.0/16", "sign_up_requires_approval"),
            ("2001:db8::/32", "sign_up_requires_approval"),
        ):
            await ip_blocks.create(tx, moderator, ip_blocks.IpBlockChange(ip, severity), "127.0.0.1")
        assert await ip_blocks.find_severity(tx, address) == wanted


def test_canonicalize_removes_dots_tags_and_capitals() -> None:
    for email in ("Ann.B@Mail.test", "annb+x@mail.test", "a.n.n.b+y+z@MAIL.test"):
        assert email_blocks.canonicalize(email) == "annb@mail.test"


async def test_member_activity_stores_days_and_addresses(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    async with database.write() as tx:
        member, _ = await add(tx, here, "ann")
        for _ in range(2):
            await member_activity.record_activity(tx, member.id)
            await member_activity.record_address(tx, member.id, "203.0.113.7")
        await member_activity.record_address(tx, member.id, "")
    clock.forward(days=400)
    async with database.write() as tx:
        await member_activity.record_address(tx, member.id, "203.0.113.8")
        await member_activity_queries.delete_old_addresses(tx, tx.now - member_activity.ADDRESS_RETENTION_MS)
        found = await member_activity_queries.load_addresses(tx, [member.id])
    assert [address for address, _ in found[member.id]] == ["203.0.113.8"]
    assert member_activity.to_month(0) == 1970 * 12
    assert member_activity.to_month(1_795_000_000_000) == 2026 * 12 + 10
