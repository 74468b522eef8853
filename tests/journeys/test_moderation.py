"""Two real nodes: reports go to where they belong; what is decided about a peer holds on the wire."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.content import media
from fedserver.domain.moderation import moderation, purges, report_filing, report_flags, reports
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.posts import posts
from fedserver.domain.relationships import followers, follows
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, home, settle, write
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

SCOPES = "read write follow push admin:read admin:write"


async def friends(start: Start) -> tuple[TestNode, TestNode, AccountRow, AccountRow]:
    """Ann of alpha and Bob of beta follow one another; each node has a moderator."""
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    for node in (alpha, beta):
        await node.create_member("mod", "moderator")
    await follow(alpha, ann, "@bob@beta.test")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    return alpha, beta, ann, bob


async def moderator(node: TestNode) -> Api:
    found = await node.node.services.resolver.resolve_account("mod")
    assert found is not None
    return Api(node, await node.create_token(found, SCOPES))


async def get_account(node: TestNode, handle: str) -> AccountRow:
    username, _, domain = handle.partition("@")
    async with node.db.read() as tx:
        row = await accounts.find_by_handle(tx, username, domain)
    assert row is not None
    return row


async def test_forwarded_report_does_not_name_its_author(start: Start) -> None:
    alpha, beta, ann, bob = await friends(start)
    first = await write(beta, bob, "buy now")
    await write(beta, bob, "hello")
    await settle(alpha, beta)
    seen = next(view.post for view in await home(alpha, ann) if "buy now" in view.post.html)
    api = Api(alpha, await alpha.create_token(ann))
    remote = await get_account(alpha, "bob@beta.test")
    filed = await api.post(
        "/api/v1/reports",
        account_id=str(remote.id),
        status_ids=[str(seen.id)],
        comment="He sells <b>things</b>",
        forward=True,
    )
    assert filed["forwarded"] is True
    await settle(alpha, beta)
    there = await moderator(beta)
    [report] = await there.get("/api/v1/admin/reports")
    assert report["target_account"]["username"] == "bob"
    assert report["comment"] == "He sells <b>things</b>"
    assert [status["id"] for status in report["statuses"]] == [str(first)]
    assert report["account"]["domain"] == "alpha.test"
    assert report["account"]["username"] != "ann"
    [notification] = await there.get("/api/v1/notifications", **{"types[]": "admin.report"})
    assert notification["report"]["target_account"]["acct"] == "bob"
    assert (
        await Api(beta, await beta.create_token(bob)).get(
            "/api/v1/notifications", **{"types[]": "admin.report"}
        )
        == []
    )
    [here] = await (await moderator(alpha)).get("/api/v1/admin/reports")
    assert here["forwarded"] is True
    assert here["account"]["username"] == "ann"


async def test_report_not_forwarded_or_not_accepted_stays_local(start: Start) -> None:
    alpha, beta, ann, _ = await friends(start)
    remote = await get_account(alpha, "bob@beta.test")
    wanted = report_filing.NewReport(target_id=remote.id, comment="hm")
    async with alpha.db.write() as tx:
        await report_filing.file(tx, alpha.site, ann, wanted)
    await settle(alpha, beta)
    there = await moderator(beta)
    assert await there.get("/api/v1/admin/reports") == []
    async with beta.db.write() as tx:
        await peers.decide(tx, None, "alpha.test", PeerDecision("", rejects_reports=True))
    async with alpha.db.write() as tx:
        await report_filing.file(
            tx, alpha.site, ann, report_filing.NewReport(target_id=remote.id, forward=True)
        )
    await settle(alpha, beta)
    assert await there.get("/api/v1/admin/reports") == []


async def test_flag_about_accounts_of_other_nodes_is_ignored(start: Start) -> None:
    """Check that only local accounts can be reported here, and that a Flag that comes twice is one report."""
    _, beta, ann, bob = await friends(start)
    async with beta.db.write() as tx:
        theirs = await accounts.find_by_uri(tx, ann.uri)
        assert theirs is not None
        assert not await report_flags.receive(tx, theirs, "https://alpha.test/f/1", [ann.uri], "myself")
        assert not await report_flags.receive(tx, theirs, "https://alpha.test/f/2", ["https://x.test/y"], "")
        for _ in range(2):
            assert await report_flags.receive(
                tx, theirs, "https://alpha.test/f/3", [bob.uri, "https://x.test/y"], ""
            )
        draft = await posts.publish(tx, beta.site, bob, posts.Draft(text="mine", state="draft"))
        inner = await posts.publish(tx, beta.site, bob, posts.Draft(text="ours", visibility="local"))
        uris = [f"{bob.uri}/statuses/{post_id}" for post_id in (draft, inner)]
        assert not await report_flags.receive(tx, theirs, "https://alpha.test/f/5", uris, "")
        assert await report_flags.receive(tx, theirs, "https://alpha.test/f/6", [bob.uri, *uris], "")
        newest = (await reports.list_page(tx, Page(), "all"))[0]
        assert reports.post_ids(newest) == (), "what peers do not know is no evidence of theirs"
        instance = await accounts.find_instance_account(tx, beta.site)
        assert instance is not None
        assert not await report_flags.receive(tx, theirs, "https://alpha.test/f/4", [instance.uri], "")
        assert len(await reports.list_page(tx, Page(), "all")) == 2


async def test_suspended_peer_is_refused_and_loses_its_follows(start: Start) -> None:
    alpha, beta, ann, bob = await friends(start)
    await write(beta, bob, "before")
    await settle(alpha, beta)
    assert len(await home(alpha, ann)) == 1
    mod = await moderator(alpha)
    await write(alpha, ann, "owed before")
    tasks_only = alpha.node.runner._workers[1]
    assert await tasks_only.run(), "the delivery is owed, and not made"
    made = await mod.post("/api/v1/admin/domain_blocks", domain="beta.test", severity="suspend")
    assert [view.post.account_id for view in await home(alpha, ann)] == [ann.id]
    api = Api(alpha, await alpha.create_token(ann))
    [lost] = await api.get("/api/v1/notifications", **{"types[]": "severed_relationships"})
    assert lost["event"]["target_name"] == "beta.test"
    assert (lost["event"]["followers_count"], lost["event"]["following_count"]) == (1, 1)

    await write(beta, bob, "after, @ann@alpha.test")
    await write(alpha, ann, "to followers")
    await settle(alpha, beta)
    assert {view.post.account_id for view in await home(alpha, ann)} == {ann.id}, "nothing comes in"
    assert {view.post.account_id for view in await home(beta, bob)} == {bob.id}, "nothing goes out"
    assert await beta.node.services.resolver.fetch_actor("https://alpha.test/users/mod") is None, (
        "nor is it read"
    )
    assert await alpha.node.services.resolver.resolve_account("@mod@beta.test") is None

    await mod.delete(f"/api/v1/admin/domain_blocks/{made['id']}")
    beta.clock.forward(days=1)
    await settle(alpha, beta)
    remote = await get_account(alpha, "bob@beta.test")
    assert remote.suspended_at is None
    async with alpha.db.write() as tx:
        await follows.follow(tx, alpha.site, ann, remote)
    await settle(alpha, beta)
    await write(beta, bob, "again")
    await settle(alpha, beta)
    assert any("again" in view.post.html for view in await home(alpha, ann))


@pytest.mark.parametrize("kind", ["silence", "suspend"])
async def test_moderation_of_a_remote_account_takes_effect(start: Start, kind: str) -> None:
    alpha, beta, ann, bob = await friends(start)
    remote = await get_account(alpha, "bob@beta.test")
    async with alpha.db.write() as tx:
        await moderation.apply(tx, alpha.site, None, remote.id, ModerationAction(kind))
    await settle(alpha, beta)
    theirs = await get_account(beta, "ann@alpha.test")
    async with beta.db.read() as tx:
        still = bool(await followers.list_following(tx, bob, bob.id, Page()))
        followed = bool(await followers.list_followers(tx, bob, bob.id, Page()))
    assert still is followed is (kind == "silence"), "both nodes know that the follows ended"
    assert theirs.suspended_at is None
    await write(beta, bob, "hello @ann@alpha.test")
    await settle(alpha, beta)
    assert bool(await home(alpha, ann)) is (kind == "silence")


async def test_media_of_a_peer_with_rejected_media_is_not_kept(start: Start) -> None:
    alpha, beta, ann, bob = await friends(start)
    await _with_picture(beta, bob, "before")
    await settle(alpha, beta)
    assert await _pictures(alpha, ann) == {"before": 1}
    async with alpha.db.write() as tx:
        await peers.decide(tx, None, "beta.test", PeerDecision("", rejects_media=True))
    assert await _pictures(alpha, ann) == {"before": 0}, "what is here is forgotten"
    await _with_picture(beta, bob, "after")
    await settle(alpha, beta)
    assert await _pictures(alpha, ann) == {"before": 0, "after": 0}


async def _with_picture(node: TestNode, author: AccountRow, text: str) -> None:
    async with node.db.write() as tx:
        file = media.NewFile("image", "image/png", "aa/bb.png", "aa/bb.png", 10)
        row = await media.create(tx, node.site, author, file, "a lamp", (0.0, 0.0))
    await write(node, author, text, media_ids=(row.id,))


async def _pictures(node: TestNode, reader: AccountRow) -> dict[str, int]:
    found = await home(node, reader)
    return {view.post.html.removeprefix("<p>").partition("<")[0]: len(view.media) for view in found}


async def test_deleted_account_is_deleted_on_peers(start: Start) -> None:
    alpha, beta, ann, bob = await friends(start)
    await write(alpha, ann, "hello")
    await settle(alpha, beta)
    assert len(await home(beta, bob)) == 1
    async with alpha.db.write() as tx:
        await moderation.apply(tx, alpha.site, None, ann.id, ModerationAction("suspend"))
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        assert await followers.list_following(tx, bob, bob.id, Page()) == [], "the follow was ended"
        assert await accounts.find_by_uri(tx, ann.uri) is not None
    async with alpha.db.write() as tx:
        await purges.purge(tx, None, ann.id)
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        assert await accounts.find_by_uri(tx, ann.uri) is None
    assert await home(beta, bob) == []


async def test_purged_remote_account_is_not_created_again(start: Start) -> None:
    alpha, beta, ann, bob = await friends(start)
    await write(beta, bob, "hello")
    await settle(alpha, beta)
    remote = await get_account(alpha, "bob@beta.test")
    async with alpha.db.write() as tx:
        await moderation.apply(tx, alpha.site, None, remote.id, ModerationAction("suspend"))
        await purges.purge(tx, None, remote.id)
    await settle(alpha, beta)
    await write(beta, bob, "@ann@alpha.test again")
    alpha.clock.forward(days=2)
    assert await alpha.node.services.resolver.resolve_account("@bob@beta.test") is not None
    await settle(alpha, beta)
    assert (await get_account(alpha, "bob@beta.test")).suspended_at is not None
    assert await home(alpha, ann) == []
