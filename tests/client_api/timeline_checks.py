"""The endpoints about timelines, search, trends, filters and streams, each asked once."""

from __future__ import annotations

import asyncio
import json

from fedserver.domain.accounts import suggestions
from fedserver.domain.timelines import trends
from tests.client_api.endpoint_world import EndpointWorld, ids


async def check_timelines(world: EndpointWorld, post_id: str) -> None:
    assert post_id in ids(await world.bob.get("/api/v1/timelines/home"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/public", local="true"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/tag/ghent"))
    assert post_id in ids(await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses"))
    results = await world.bob.get("/api/v2/search", q="ghent", type="hashtags")
    assert results["hashtags"][0]["name"].lower() == "ghent"


async def check_discovery(world: EndpointWorld, post_id: str) -> None:
    await world.ann.patch("/api/v1/accounts/update_credentials", indexable=True)
    async with world.node.db.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
    await world.node.settle()
    world.node.clock.forward(seconds=601)
    await world.node.settle()
    results = await world.bob.get("/api/v2/search", q="bruges", type="statuses")
    assert ids(results["statuses"]) == [post_id]
    assert ids(await world.nobody.get("/api/v1/trends/statuses")) == [post_id]
    for path in ("trends", "trends/tags"):
        assert "ghent" in [item["name"].lower() for item in await world.nobody.get(f"/api/v1/{path}")]
    assert await world.nobody.get("/api/v1/trends/links") == []
    assert set(ids(await world.nobody.get("/api/v1/directory"))) >= {world.ann_id, world.bob_id}
    await world.bob.post(f"/api/v1/accounts/{world.ann_id}/unfollow")
    async with world.node.db.write() as tx:
        await suggestions.set_featured(tx, None, [int(world.ann_id)])
    assert [account["account"]["id"] for account in await world.bob.get("/api/v2/suggestions")] == [
        world.ann_id
    ]
    assert ids(await world.bob.get("/api/v1/suggestions")) == [world.ann_id]
    await world.bob.delete(f"/api/v1/suggestions/{world.ann_id}")
    assert await world.bob.get("/api/v2/suggestions") == []
    await world.bob.post(f"/api/v1/accounts/{world.ann_id}/follow")
    address = (await world.nobody.get(f"/api/v1/statuses/{post_id}"))["url"]
    assert address in (await world.nobody.get("/api/oembed", url=address))["html"]


async def check_filters(world: EndpointWorld, post_id: str) -> None:
    bob = world.bob
    filter_ = await bob.post(
        "/api/v2/filters", title="Towns", context=["home"], keywords_attributes=[{"keyword": "Ghent"}]
    )
    path = f"/api/v2/filters/{filter_['id']}"
    shown = await bob.get(f"/api/v1/statuses/{post_id}")
    assert shown["filtered"] == [], "the filter is for home"
    assert ids(await bob.get("/api/v2/filters")) == [filter_["id"]]
    assert (await bob.put(path, title="Cities"))["title"] == "Cities"
    keyword = await bob.post(f"{path}/keywords", keyword="Bruges")
    assert len(await bob.get(f"{path}/keywords")) == 2
    keyword_path = f"/api/v2/filters/keywords/{keyword['id']}"
    assert (await bob.put(keyword_path, keyword="Brugge"))["keyword"] == "Brugge"
    assert (await bob.get(keyword_path))["keyword"] == "Brugge"
    await bob.delete(keyword_path)
    named = await bob.post(f"{path}/statuses", status_id=post_id)
    assert ids(await bob.get(f"{path}/statuses")) == [named["id"]]
    assert (await bob.get(f"/api/v2/filters/statuses/{named['id']}"))["status_id"] == post_id
    await bob.delete(f"/api/v2/filters/statuses/{named['id']}")
    assert (await bob.get(path))["statuses"] == []
    await bob.delete(path)
    old = await bob.post("/api/v1/filters", phrase="tea", context=["home"], irreversible=True)
    one = f"/api/v1/filters/{old['id']}"
    assert (await bob.put(one, phrase="coffee", context=["home", "public"]))["irreversible"] is False
    assert (await bob.get(one))["phrase"] == "coffee"
    assert ids(await bob.get("/api/v1/filters")) == [old["id"]]
    await bob.delete(one)
    assert await bob.get("/api/v2/filters") == []


async def open_event_stream(world: EndpointWorld, path: str, **params: str) -> None:
    """Check that a stream of server-sent events begins with a comment."""
    address = f"/api/v1/streaming/{path}"
    world.requested.add(("GET", address))
    async with world.node.http.get(address, params=params, headers=world.bob.headers) as events:
        assert events.content_type == "text/event-stream"
        assert await asyncio.wait_for(events.content.readline(), 5) == b":)\n"


async def check_streams(world: EndpointWorld) -> None:
    """Check that a WebSocket and server-sent events carry what is posted while they are open."""
    http = world.node.http
    headers = world.bob.headers
    async with http.ws_connect("/api/v1/streaming?stream=user", headers=headers) as socket:
        world.requested.add(("GET", "/api/v1/streaming"))
        for path in ("user", "user/notification", "public", "public/media", "public/remote", "direct"):
            await open_event_stream(world, path)
        await open_event_stream(world, "hashtag", tag="ghent")
        await open_event_stream(world, "hashtag/local", tag="ghent")
        list_ = await world.bob.post("/api/v1/lists", title="Heard")
        await open_event_stream(world, "list", list=list_["id"])
        await world.bob.delete(f"/api/v1/lists/{list_['id']}")
        async with http.get("/api/v1/streaming/public/local", headers=headers) as events:
            world.requested.add(("GET", "/api/v1/streaming/public/local"))
            status = await world.ann.post("/api/v1/statuses", status="Live from Ghent")
            message = json.loads(await asyncio.wait_for(socket.receive_str(), 5))
            assert message["stream"] == ["user"]
            assert message["event"] == "update"
            assert json.loads(message["payload"])["id"] == status["id"]
            lines = [await asyncio.wait_for(events.content.readline(), 5) for _ in range(3)]
            received = b"".join(lines)
            assert b"event: update" in received
            assert status["id"].encode() in received
