"""Quotes over the client API: shapes, scopes, ownership, pages (docs.joinmastodon.org/entities/Quote)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start


class QuoteWorld:
    """Ann and Bob, and what Ann wrote first."""

    def __init__(self, ann: Api, bob: Api, nobody: Api, read_only: Api) -> None:
        self.ann, self.bob, self.nobody, self.read_only = ann, bob, nobody, read_only
        self.first: Any = None
        self.path = ""


async def start_world(start: Start) -> QuoteWorld:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    world = QuoteWorld(
        Api(node, await node.create_token(ann)),
        Api(node, await node.create_token(bob)),
        Api(node),
        Api(node, await node.create_token(ann, "read")),
    )
    world.first = await world.ann.post("/api/v1/statuses", status="the first")
    world.path = f"/api/v1/statuses/{world.first['id']}"
    return world


async def quote(world: QuoteWorld, text: str, **more: Any) -> Any:
    return await world.bob.post("/api/v1/statuses", status=text, quoted_status_id=world.first["id"], **more)


async def test_quote_has_the_documented_shape(start: Start) -> None:
    world = await start_world(start)
    assert world.first["quote"] is None
    assert world.first["quotes_count"] == 0
    assert world.first["quote_approval"] == {
        "automatic": ["public"],
        "manual": [],
        "current_user": "automatic",
    }
    quoting = await quote(world, "look", quote_approval_policy="followers")
    assert quoting["quote"]["state"] == "accepted"
    assert quoting["quote"]["quoted_status"]["id"] == world.first["id"]
    assert quoting["content"].startswith('<p class="quote-inline">RE: <a href="https://alpha.test/@ann/')
    assert quoting["quote_approval"]["automatic"] == ["followers"]
    around = await world.bob.post("/api/v1/statuses", status="and this", quoted_status_id=quoting["id"])
    inner = around["quote"]["quoted_status"]["quote"]
    assert inner == {"state": "accepted", "quoted_status_id": world.first["id"]}
    assert (await world.nobody.get(world.path))["quotes_count"] == 1
    assert (await world.nobody.get(world.path))["quote_approval"]["current_user"] == "denied"
    [notification] = await world.ann.get("/api/v1/notifications", **{"types[]": "quote"})
    assert (notification["type"], notification["status"]["id"]) == ("quote", quoting["id"])
    boost = await world.ann.post(f"/api/v1/statuses/{quoting['id']}/reblog")
    assert boost["quote"] is None
    assert boost["reblog"]["quote"]["state"] == "accepted"
    assert boost["quote_approval"] == {"automatic": [], "manual": [], "current_user": "denied"}


async def test_deleted_quote_keeps_its_quoted_status(start: Start) -> None:
    world = await start_world(start)
    quoting = await quote(world, "look")
    await world.ann.post(f"{world.path}/quotes/{quoting['id']}/revoke")
    shown = await world.bob.get(f"/api/v1/statuses/{quoting['id']}")
    assert shown["quote"] == {"state": "revoked", "quoted_status": None}
    deleted = await world.bob.delete(f"/api/v1/statuses/{quoting['id']}")
    assert deleted["quote"]["quoted_status"]["id"] == world.first["id"], "whatever its state"


async def test_quote_policy_is_set_by_the_author_only(start: Start) -> None:
    world = await start_world(start)
    path = f"{world.path}/interaction_policy"
    changed = await world.ann.put(path, quote_approval_policy="nobody")
    assert changed["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    assert (await world.bob.get(world.path))["quote_approval"]["current_user"] == "denied"
    refused = await world.bob.request(
        "POST", "/api/v1/statuses", json={"status": "x", "quoted_status_id": world.first["id"]}
    )
    assert refused.status == 403
    assert "does not allow" in refused.body["error"]
    for api, body, status in (
        (world.bob, {"quote_approval_policy": "public"}, 404),
        (world.read_only, {"quote_approval_policy": "public"}, 403),
        (world.nobody, {"quote_approval_policy": "public"}, 401),
        (world.ann, {"quote_approval_policy": "everybody"}, 422),
        (world.ann, {}, 422),
    ):
        assert (await api.request("PUT", path, json=body)).status == status
    edited = await world.ann.put(world.path, status="the first, mended", quote_approval_policy="followers")
    assert edited["quote_approval"]["automatic"] == ["followers"]
    private = await world.ann.post("/api/v1/statuses", status="x", visibility="private")
    assert private["quote_approval"]["automatic"] == [], "whatever the default is"


async def test_quote_policy_default_is_a_setting(start: Start) -> None:
    world = await start_world(start)
    path = "/api/v1/accounts/update_credentials"
    changed = await world.ann.patch(path, source={"quote_policy": "nobody"})
    assert changed["source"]["quote_policy"] == "nobody"
    assert (await world.ann.get("/api/v1/preferences"))["posting:default:quote_policy"] == "nobody"
    status = await world.ann.post("/api/v1/statuses", status="x")
    assert status["quote_approval"]["automatic"] == []
    own = await world.ann.post("/api/v1/statuses", status="x", quote_approval_policy="public")
    assert own["quote_approval"]["automatic"] == ["public"]
    assert (await world.ann.request("PATCH", path, json={"source": {"quote_policy": "all"}})).status == 422
    wrong = await world.ann.request(
        "POST", "/api/v1/statuses", json={"status": "x", "quote_approval_policy": "a"}
    )
    assert wrong.status == 422
    assert "quote_approval_policy" in wrong.body["details"]


async def test_quotes_are_paged(start: Start) -> None:
    world = await start_world(start)
    ids = [(await quote(world, f"number {number}"))["id"] for number in range(3)]
    hidden = await quote(world, "for followers", visibility="private")
    page = await world.ann.request("GET", f"{world.path}/quotes", params={"limit": "3"})
    assert [item["id"] for item in page.body] == [hidden["id"], ids[2], ids[1]]
    assert f"max_id={ids[1]}" in page.headers["Link"]
    other = Api(world.ann.node, await world.ann.node.create_token(await world.ann.node.create_member("cat")))
    assert [number["id"] for number in await other.get(f"{world.path}/quotes")] == ids[::-1]
    assert (await world.nobody.request("GET", f"{world.path}/quotes")).status == 401
    assert (await world.ann.request("GET", "/api/v1/statuses/7/quotes")).status == 404


async def test_quote_is_revoked_by_the_quoted_author_only(start: Start) -> None:
    world = await start_world(start)
    quoting = await quote(world, "look")
    path = f"{world.path}/quotes/{quoting['id']}/revoke"
    for api, status in ((world.bob, 404), (world.nobody, 401), (world.read_only, 403)):
        assert (await api.request("POST", path)).status == status
    for wrong in (f"{world.path}/quotes/7/revoke", f"{world.path}/quotes/{world.first['id']}/revoke"):
        assert (await world.ann.request("POST", wrong)).status == 404
    revoked = await world.ann.post(path)
    assert (revoked["id"], revoked["quote"]["state"]) == (quoting["id"], "revoked")
    assert await world.ann.get(f"{world.path}/quotes") == []
    assert (await world.ann.get(world.path))["quotes_count"] == 0


@pytest.mark.parametrize(("wrong", "status"), [("7", 404), ("nonsense", 422), ("-1", 404)])
async def test_quote_of_an_unknown_status_is_refused(start: Start, wrong: str, status: int) -> None:
    world = await start_world(start)
    refused = await world.bob.request(
        "POST", "/api/v1/statuses", json={"status": "x", "quoted_status_id": wrong}
    )
    assert refused.status == status
    assert refused.body["error"]


async def test_quote_of_a_boost_quotes_the_boosted_status(start: Start) -> None:
    world = await start_world(start)
    boost = await world.bob.post(f"{world.path}/reblog")
    status = await world.bob.post("/api/v1/statuses", status="look", quoted_status_id=boost["id"])
    assert status["quote"]["quoted_status"]["id"] == world.first["id"]
