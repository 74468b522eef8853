"""Partners: offered, answered and ended between real nodes; nobody else can speak for a node."""

from __future__ import annotations

from itertools import count
from typing import Any

from fedserver.config import MailConfig
from fedserver.domain.peers import partners
from storage.rows.peers import PartnerRow
from tests.console.test_console import form_to, log_in, read, submit
from tests.integrations.test_smtp import server
from tests.journeys.test_federation import settle
from tests.kit import tls
from tests.kit.forms import parse_forms
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor
from tests.kit.smtp import SmtpServer

__all__ = ["server"]

PAGE = "/admin/partners"


async def admin_of(start: Start, name: str, **config: Any) -> TestNode:
    node = await start(f"{name}.test", **config)
    await node.create_member("ada", "admin")
    await log_in(node, "ada")
    return node


async def state(node: TestNode) -> list[tuple[str, str, bool]]:
    async with node.db.read() as tx:
        return [(row.domain, row.state, row.ours) for row in await partners.list_all(tx)]


async def row_of(node: TestNode) -> PartnerRow:
    async with node.db.read() as tx:
        return (await partners.list_all(tx))[0]


async def press(node: TestNode, verb: str) -> None:
    """Return the only button of a kind."""
    (action,) = {
        form.action for form in parse_forms(await read(node, PAGE)) if form.action.endswith(f"/{verb}")
    }
    await submit(node, PAGE, action)


async def offer(node: TestNode, to: str) -> None:
    form = form_to(await read(node, PAGE), PAGE)
    values = [("csrf", form.values["csrf"]), ("domain", to), ("message", "Let us <b>")]
    data = [*values, ("scopes[]", "posts"), ("scopes[]", "local"), ("scopes[]", "mischief")]
    async with node.http.post(PAGE, data=data, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()


async def test_partnership_is_offered_accepted_and_ended(start: Start, server: SmtpServer) -> None:
    mail = MailConfig(host="127.0.0.1", port=server.port, sender="node@beta.test", tls="none")
    alpha, beta = await admin_of(start, "alpha"), await admin_of(start, "beta", mail=mail)
    await offer(alpha, "beta.test")
    await offer(beta, "alpha.test")
    await settle(alpha, beta)
    assert await state(alpha) == [("beta.test", "offered", True)], "of two that cross the first name counts"
    assert await state(beta) == [("alpha.test", "offered", False)]
    page = await read(beta, PAGE)
    assert "Let us &lt;b&gt;" in page
    assert "Posts for partners" in page
    assert "mischief" not in page
    assert "<strong>1</strong> partnership offer" in await read(beta, "/admin")
    assert b"alpha.test offers a partnership" in server.bodies[0]
    assert len(server.bodies) == 1
    await press(beta, "accept")
    await settle(alpha, beta)
    for node, other in ((alpha, "beta.test"), (beta, "alpha.test")):
        assert await state(node) == [(other, "agreed", node is alpha)]
        async with node.http.get("/api/fedserver/v1/partners") as answer:
            (shown,) = await answer.json()
        assert (shown["domain"], shown["scopes"]) == (other, ["posts", "local"])
        async with node.http.get("/nodeinfo/2.1") as answer:
            assert (await answer.json())["metadata"]["partners"] == [shown]
        assert other in await read(node, "/partners")
    accepted = await row_of(beta)
    await press(beta, "end")
    await settle(alpha, beta)
    assert (await row_of(alpha)).ended_by == "them"
    assert (await row_of(beta)).ended_by == "us"
    assert "alpha.test" not in await read(beta, "/partners")
    node = await beta.node.services.resolver.fetch_node_actor("alpha.test")
    async with beta.db.write() as tx:
        uri, scopes = accepted.offer_uri, partners.read_scopes(accepted)
        assert not await partners.receive_offer(tx, beta.site, node, uri, scopes, ""), "a replay"
    await offer(alpha, "beta.test")
    await settle(alpha, beta)
    await press(alpha, "end")
    await settle(alpha, beta)
    assert await state(beta) == [("alpha.test", "ended", False)], "it was taken back"
    await offer(beta, "alpha.test")
    await settle(alpha, beta)
    await press(alpha, "decline")
    await settle(alpha, beta)
    assert await state(alpha) == [("beta.test", "declined", False)]
    assert await state(beta) == [("alpha.test", "declined", True)]
    assert len(server.bodies) == 2
    assert b"alpha.test declined" in server.bodies[1]
    assert "Partnership ended by the other side" in await read(alpha, "/admin/log")
    await submit(alpha, "/admin/peers", "/admin/peers", domain="beta.test", policy="block")


async def test_nodes_in_allowlist_mode_become_partners_by_address(start: Start) -> None:
    alpha = await admin_of(start, "alpha", mode="allowlist", authorized_fetch=True)
    beta = await admin_of(start, "beta", mode="allowlist", authorized_fetch=True)
    await offer(alpha, "beta.test")
    asked = len(beta.requested_paths)
    await settle(alpha, beta)
    assert await state(beta) == []
    assert not beta.node.services.policies.allows("alpha.test")
    assert "/.well-known/webfinger" not in alpha.requested_paths
    assert "/actor" not in alpha.requested_paths[asked:]
    uri = (await row_of(alpha)).offer_uri
    async with alpha.http.get(uri, headers={"Accept": "application/activity+json"}) as answer:
        assert answer.status == 401
    await submit(beta, PAGE, f"{PAGE}/open", address=uri)
    assert await state(beta) == [("alpha.test", "offered", False)]
    assert not beta.node.services.policies.allows("alpha.test"), "only looked at"
    await press(beta, "accept")
    await settle(alpha, beta)
    assert await state(alpha) == [("beta.test", "agreed", True)]
    assert beta.node.services.policies.allows("alpha.test")
    form = form_to(await read(beta, PAGE), f"{PAGE}/open")
    for wrong in ("https://alpha.test/actor", "https://nowhere.test/partners/offers/1", "no address"):
        async with beta.http.post(form.action, data={**form.values, "address": wrong}) as answer:
            assert answer.status == 422


async def test_partnership_activities_of_other_actors_are_refused(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha, beta = await admin_of(start, "alpha"), await admin_of(start, "beta")
    ours = alpha.site.links.instance_actor
    async with StubPeers(names, "evil.test", "good.test") as peers:
        own = make_actor("https://evil.test/actor", "evil.test", "Application")
        other = make_actor("https://evil.test/users/eve", "eve", "Application")
        peers.serve(own, other, make_actor("https://good.test/actor", "good.test", "Application"))

        numbers = count(1)

        def make_offer(by: str, **more: Any) -> dict[str, Any]:
            object_ = {"type": "Relationship", "subject": by, "relationship": "urn:fedserver:partner"}
            object_ |= {"object": ours, "scopes": ["local"], **more}
            return {"id": f"{by}#offer/{next(numbers)}", "type": "Offer", "actor": by, "object": object_}

        for wrong in (
            make_offer(other["id"]),
            make_offer(own["id"], subject="https://good.test/actor"),
            make_offer(own["id"], object="https://alpha.test/users/ada"),
            make_offer(own["id"], relationship="urn:fedserver:enemy"),
            make_offer(own["id"], scopes=["mischief"]),
            {**make_offer(own["id"]), "object": "https://evil.test/offer"},
        ):
            assert await peers.deliver(alpha, wrong["actor"], wrong) == 202
        await settle(alpha)
        assert await state(alpha) == []

        await offer(alpha, "beta.test")
        uri = (await row_of(alpha)).offer_uri
        asked = {"id": uri, "type": "Offer", "actor": ours}
        for kind, object_ in (("Accept", asked), ("Accept", uri), ("Undo", asked), ("Reject", asked)):
            forged = {
                "id": f"{own['id']}#{next(numbers)}",
                "type": kind,
                "actor": own["id"],
                "object": object_,
            }
            assert await peers.deliver(alpha, own["id"], forged) == 202
        await alpha.node.runner._workers[0].run()
        assert await state(alpha) == [("beta.test", "offered", True)]
        assert await peers.deliver(alpha, own["id"], make_offer(own["id"])) == 202
        await settle(alpha, beta)
        assert await state(alpha) == [("beta.test", "offered", True), ("evil.test", "offered", False)]
        await press(alpha, "accept")
        await settle(alpha)
        assert peers.received[-1]["type"] == "Accept"
        assert peers.received[-1]["object"]["type"] == "Offer"
        await submit(alpha, "/admin/peers", "/admin/peers", domain="evil.test", policy="block")
        assert (await state(alpha))[1] == ("evil.test", "ended", False), "a block ends it"
