"""A node for members and partners: what leaves it, for whom, and until when."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.peers import partners, peers, relays
from fedserver.domain.peers.peers import PeerDecision
from fedserver.federation.fan_out import fan_out
from storage.queries.peers import relays as relay_queries
from storage.rows.peers import RelayRow
from tests.journeys.test_federation import follow, home, settle
from tests.journeys.test_partner_posts import agree, find_post
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.web.access.test_readers import upload

ON_SQLITE = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


async def allow(node: TestNode, *hosts: str) -> None:
    async with node.db.write() as tx:
        for host in hosts:
            await peers.decide(tx, None, host, PeerDecision("allow"))


async def show_picture(api: Api, post_id: int) -> int:
    """Return the status of the picture of a post, as an app of another node asks for it there."""
    status = await api.get(f"/api/v1/statuses/{post_id}")
    async with api.node.http.get(status["media_attachments"][0]["url"]) as answer:
        return answer.status


async def publish_picture(api: Api, text: str) -> str:
    """Return the URI of a new public post with a picture."""
    file = await upload(api)
    made: dict[str, Any] = await api.post("/api/v1/statuses", status=text, media_ids=[file["id"]])
    return str(made["uri"])


@ON_SQLITE
async def test_posts_and_pictures_reach_followers_at_partners_only(start: Start) -> None:
    alpha = await start("alpha.test", readers="partners")
    beta, gamma = await start("beta.test"), await start("gamma.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    a, b = (
        Api(alpha, await alpha.create_token(ann)),
        Api(beta, await beta.create_token(bob)),
    )
    await allow(alpha, "beta.test", "gamma.test")
    assert await gamma.node.services.resolver.resolve_account("@ann@alpha.test") is None
    await agree(alpha, beta, "posts")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)

    uri = await publish_picture(a, "Hello partners @eve@gamma.test")
    await settle(alpha, beta, gamma)
    assert "Hello partners" in (await home(beta, bob))[0].post.html
    there = await find_post(beta, uri)
    assert there is not None
    assert await show_picture(b, there.id) == 200
    assert await find_post(gamma, uri) is None
    assert await gamma.node.services.resolver.resolve_post(uri) is None

    late = await publish_picture(a, "Seen late")
    await settle(alpha, beta)
    there = await find_post(beta, late)
    assert there is not None
    for node in (alpha, beta):
        node.clock.forward(days=15)
    assert await show_picture(b, there.id) == 200, "the right in its address has ended, so beta signs"

    await end_partnership(alpha)
    after = await publish_picture(a, "Among us again")
    await settle(alpha, beta)
    assert await find_post(beta, after) is None
    beta.node.services.resolver.clear_failures()
    assert await beta.node.services.resolver.resolve_post(after) is None


async def end_partnership(node: TestNode) -> None:
    async with node.db.write() as tx:
        (row,) = await partners.list_all(tx)
        await partners.end(tx, await members.get_by_username(tx, "ada-b"), row.id)


@ON_SQLITE
async def test_what_waits_for_a_former_partner_is_not_delivered(start: Start) -> None:
    alpha, beta = await start("alpha.test", readers="partners"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await allow(alpha, "beta.test")
    await agree(alpha, beta, "posts")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    post_id = await alpha.publish(ann, "Too late")
    services = alpha.node.services
    async with alpha.db.write() as tx:
        job = jobs.CreatePost(post_id)
        assert await fan_out(tx, alpha.site, services.keyring, services.policies, job) == 1
    await end_partnership(alpha)
    await settle(alpha, beta)
    assert not await home(beta, bob)
    async with beta.db.read() as tx:
        assert [row.state for row in await partners.list_all(tx)] == [partners.ENDED], "the end is told"


@ON_SQLITE
async def test_private_node_sends_posts_to_no_relay_but_deletions(start: Start) -> None:
    node = await start("alpha.test", readers="members")
    ann, ada = await node.create_member("ann"), await node.create_member("ada", "admin")
    member, services = await node.load_member(ada), node.node.services
    await allow(node, "relay.test")
    async with node.db.write() as tx:
        for inbox, target in (
            ("https://relay.test/inbox", ""),
            ("https://relay.test/lp", "https://relay.test/a"),
        ):
            row = RelayRow(tx.new_id(), inbox, target, "", relays.ACCEPTED, target, tx.now, tx.now, None)
            await relay_queries.insert(tx, row)
    post_id = await node.publish(ann, "Among us")
    uri = (await find_post(node, f"{node.base}/users/ann/statuses/{post_id}")).uri  # type: ignore[union-attr]

    async def send(job: jobs.Job) -> int:
        async with node.db.write() as tx:
            return await fan_out(tx, node.site, services.keyring, services.policies, job)

    assert await send(jobs.CreatePost(post_id)) == 0
    assert await send(jobs.UpdatePost(post_id)) == 0
    assert await send(jobs.BoostForRelays(post_id)) == 0
    assert await send(jobs.DeletePost(ann.id, uri, jobs.Audience("public", ()))) > 0
    async with node.db.write() as tx:
        (first, _) = await relays.list_all(tx)
        await relays.disable(tx, member, first.id)
        with pytest.raises(ForbiddenError):
            await relays.enable(tx, node.site, member, first.id)


@ON_SQLITE
async def test_facts_about_a_private_node_are_for_its_members(start: Start) -> None:
    node = await start("alpha.test", readers="members")
    ann = await node.create_member("ann")
    api, visitor = Api(node, await node.create_token(ann)), Api(node)
    shown, hidden = await api.get("/api/v1/instance"), await visitor.get("/api/v1/instance")
    assert (shown["stats"]["user_count"], hidden["stats"]["user_count"]) == (1, 0)
    assert (await visitor.get("/api/v2/instance"))["title"] == "Node alpha.test"
    async with node.http.get("/nodeinfo/2.1") as answer:
        nodeinfo = msgspec.json.decode(await answer.read())
    assert nodeinfo["usage"] == {"users": {}}
    async with node.http.get("/about", headers={"Accept": "text/html"}) as page:
        assert "Members</dt>" not in await page.text()
        assert page.headers["X-Robots-Tag"] == "noindex"
    async with node.http.get("/robots.txt") as answer:
        assert "Disallow: /\n" in await answer.text()
