"""Posts for partners: read by members on both sides, by nobody else, whichever way they try."""

from __future__ import annotations

from typing import Any

from fedserver.domain.peers import partners
from storage.queries.auth import members as member_queries
from storage.queries.posts import posts as post_queries
from storage.rows.posts import PostRow
from tests.console.test_console import log_in, read
from tests.journeys.test_federation import follow, settle
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

TIMELINE = "/api/fedserver/v1/timelines/partners"
Body = dict[str, Any]


async def agree(first: TestNode, second: TestNode, *scopes: str) -> None:
    """Make two nodes partners, as their admins would."""
    there = await first.node.services.resolver.fetch_node_actor(second.domain)
    ada = await first.load_member(await first.create_member(f"ada-{second.domain[0]}", "admin"))
    async with first.db.write() as tx:
        await partners.offer(tx, first.site, ada, there, scopes, "")
    await settle(first, second)
    bea = await second.load_member(await second.create_member(f"bea-{first.domain[0]}", "admin"))
    async with second.db.write() as tx:
        (row,) = [row for row in await partners.list_all(tx) if row.domain == first.domain]
        await partners.answer(tx, second.site, bea, row.id, accepted=True)
    await settle(first, second)


async def find_post(node: TestNode, uri: str) -> PostRow | None:
    async with node.db.read() as tx:
        return await post_queries.find_by_uri(tx, uri)


async def list_uris(api: Api) -> list[str]:
    return [status["uri"] for status in await api.get(TIMELINE)]


async def test_posts_for_partners_reach_partners_only(start: Start) -> None:
    alpha, beta, gamma = [await start(f"{name}.test") for name in ("alpha", "beta", "gamma")]
    ann, bob, eve = (
        await alpha.create_member("ann"),
        await beta.create_member("bob"),
        await gamma.create_member("eve"),
    )
    a, b, g = (
        Api(alpha, await alpha.create_token(ann)),
        Api(beta, await beta.create_token(bob)),
        Api(gamma, await gamma.create_token(eve)),
    )
    asked = await a.request("POST", "/api/v1/statuses", json={"status": "too early", "partners_only": True})
    assert asked.status == 422
    await follow(gamma, eve, "@ann@alpha.test")
    await agree(alpha, beta, "posts", "local")
    await agree(alpha, gamma, "posts")
    body = {"status": "For us @eve@gamma.test @bob@beta.test", "partners_only": True}
    made: Body = await a.post("/api/v1/statuses", **body)
    assert (made["visibility"], made["partners_only"], made["local_only"]) == ("private", True, False)
    open_ = await a.post("/api/v1/statuses", status="For all")
    await a.post("/api/v1/statuses", status="Quiet", visibility="unlisted")
    await settle(alpha, beta, gamma)

    uri = made["uri"]
    there = await find_post(beta, uri)
    assert there is not None
    assert there.visibility == "partners"
    assert await list_uris(b) == [open_["uri"], uri]
    assert await list_uris(g) == [open_["uri"]]
    seen = await b.get(f"/api/v1/statuses/{there.id}")
    assert (seen["visibility"], seen["partners_only"]) == ("private", True)
    assert (await b.get("/api/v1/notifications"))[0]["type"] == "mention"
    await only_partners_read_it(alpha, beta, gamma, uri, there, made)
    await a_quote_asks_nobody_else(alpha, beta, gamma, a, g)
    await partners_answer(alpha, beta, gamma, a, b, there)

    await a.put(f"/api/v1/statuses/{made['id']}", status="For us, mended")
    await settle(alpha, beta, gamma)
    there = await find_post(beta, uri)
    assert there is not None
    assert "mended" in there.html
    assert there.visibility == "partners"
    await a.delete(f"/api/v1/statuses/{made['id']}")
    await settle(alpha, beta, gamma)
    assert await find_post(beta, uri) is None

    late = await a.post("/api/v1/statuses", status="Last", partners_only=True)
    async with alpha.db.write() as tx:
        (row,) = [row for row in await partners.list_all(tx) if row.domain == "beta.test"]
        ada = await member_queries.find(tx, row.decided_by_id or 0)
        await partners.end(tx, ada, row.id)
    await settle(alpha, beta)
    assert await find_post(beta, late["uri"]) is None, "not delivered any more"
    beta.node.services.resolver._fetcher.clear_failure(late["uri"])
    assert await beta.node.services.resolver.resolve_post(late["uri"]) is None
    assert not [status for status in await list_uris(b) if "alpha.test" in status]


async def only_partners_read_it(
    alpha: TestNode, beta: TestNode, gamma: TestNode, uri: str, there: PostRow, made: Body
) -> None:
    """Check that a partner without that scope cannot read it, though its member is named; nor visitors."""
    assert await find_post(gamma, uri) is None
    assert await gamma.node.services.resolver.resolve_post(uri) is None
    document = await beta.node.services.resolver.fetch_document(uri)
    assert document is not None
    assert document["to"] == ["https://alpha.test/actor/partners"]
    assert not any(
        "Public" in address or "followers" in address for address in document["to"] + document["cc"]
    )
    nodes = await beta.node.services.resolver.fetch_document(document["to"][0])
    assert nodes is not None
    assert nodes["items"] == ["https://beta.test/actor", "https://gamma.test/actor"]
    for node, path in (
        (alpha, f"/api/v1/statuses/{made['id']}"), (beta, f"/api/v1/statuses/{there.id}"),
        (alpha, f"/@ann/{made['id']}"), (alpha, f"/users/ann/statuses/{made['id']}/activity"),
    ):  # fmt: skip
        accept = "application/activity+json" if "users" in path else "text/html"
        async with node.http.get(path, headers={"Accept": accept}) as answer:
            assert answer.status == 404, path
    for path in ("/@ann", "/local", "/users/ann/outbox?page=true"):
        async with alpha.http.get(path, headers={"Accept": "application/activity+json, text/html"}) as answer:
            assert "For us" not in await answer.text(), path
    for node, offered in ((alpha, True), (gamma, False)):
        await log_in(node, "ann" if node is alpha else "eve")
        assert ('value="partners"' in await read(node, "/write")) is offered
    assert "For us" in await read(alpha, "/local")
    assert "For all" not in await read(alpha, "/partners/posts")
    await log_in(beta, "bob")
    assert "For us" in await read(beta, "/partners/posts")


async def a_quote_asks_nobody_else(alpha: TestNode, beta: TestNode, gamma: TestNode, a: Api, g: Api) -> None:
    """Check that a post for partners asks no third node for consent to quote: that would show it there."""
    eves = await g.post("/api/v1/statuses", status="Quote me")
    row = await alpha.node.services.resolver.resolve_post(eves["uri"])
    assert row is not None
    made = await a.post("/api/v1/statuses", status="See", quoted_status_id=str(row.id), partners_only=True)
    await settle(alpha, beta, gamma)
    assert await find_post(beta, made["uri"]) is not None
    assert await find_post(gamma, made["uri"]) is None
    await a.delete(f"/api/v1/statuses/{made['id']}")


async def partners_answer(
    alpha: TestNode, beta: TestNode, gamma: TestNode, a: Api, b: Api, there: PostRow
) -> None:
    """Check that a reply has the same audience, goes to the author's node only, and cannot be boosted."""
    await agree(beta, gamma, "local")
    answer = await b.post("/api/v1/statuses", status="Yes", in_reply_to_id=str(there.id), visibility="public")
    assert answer["partners_only"]
    await settle(alpha, beta, gamma)
    here = await find_post(alpha, answer["uri"])
    assert here is not None
    assert here.visibility == "partners"
    assert here.in_reply_to_id is not None
    assert await find_post(gamma, answer["uri"]) is None
    assert (await b.request("POST", f"/api/v1/statuses/{there.id}/reblog")).status in (403, 422)
    await b.post(f"/api/v1/statuses/{there.id}/favourite")
    await settle(alpha, beta)
    assert (await a.get(f"/api/v1/statuses/{here.in_reply_to_id}"))["favourites_count"] == 1
