"""Trends, collections, the directory and suggestions over real HTTP."""

from __future__ import annotations

from fedserver.domain.posts import likes
from fedserver.domain.timelines import trends
from tests.kit.api import Api
from tests.kit.nodes import Start


async def test_trends_are_computed_and_paged(start: Start) -> None:
    node = await start("alpha.test")
    ann, *fans = [await node.create_member(name) for name in ("ann", "bob", "eve", "fay")]
    posts = [await node.publish(ann, f"post {number} #tag{number}") for number in range(3)]
    async with node.db.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
        for number, post_id in enumerate(posts):
            for fan in fans[: number + 1]:
                await likes.like(tx, node.site, fan, post_id)
    await node.settle()
    nobody = Api(node)
    statuses = await nobody.get("/api/v1/trends/statuses")
    assert [item["id"] for item in statuses] == [str(status) for status in posts[::-1]]
    page = await nobody.request("GET", "/api/v1/trends/statuses", params={"limit": "1", "offset": "1"})
    assert [item["id"] for item in page.body] == [str(posts[1])]
    next_page, previous = page.headers["Link"].split(", ")
    assert "limit=1&offset=2" in next_page
    assert 'rel="next"' in next_page
    assert "limit=1&offset=0" in previous
    assert 'rel="prev"' in previous
    last = await nobody.request("GET", "/api/v1/trends/statuses", params={"offset": "40"})
    assert last.body == []
    assert 'rel="next"' not in last.headers.get("Link", "")
    for path in ("/api/v1/trends/tags", "/api/v1/trends"):
        tags = await nobody.get(path)
        assert {tag["name"] for tag in tags} == {"tag0", "tag1", "tag2"}
        assert tags[0]["history"][0] == {"day": tags[0]["history"][0]["day"], "uses": "1", "accounts": "1"}
    assert len(await nobody.get("/api/v1/trends/tags", limit="2", offset="1")) == 2
    hidden = await node.publish(ann, "liked later")
    async with node.db.write() as tx:
        for fan in fans:
            await likes.like(tx, node.site, fan, hidden)
    await node.settle()
    assert str(hidden) not in [status["id"] for status in await nobody.get("/api/v1/trends/statuses")]
    node.clock.forward(seconds=601)
    await node.settle()
    assert str(hidden) in [status["id"] for status in await nobody.get("/api/v1/trends/statuses")]


async def test_collections_need_the_scope_and_the_owner(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    owner, other = Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))
    body = {"name": "Menders", "account_ids": [str(bob.id)], "tag_name": "Repair", "language": "en"}
    collection = (await owner.post("/api/v1/collections", **body))["collection"]
    path = f"/api/v1/collections/{collection['id']}"
    assert collection["tag"] == {"name": "Repair", "url": f"{node.base}/tags/repair"}
    assert collection["item_count"] == 1
    weak = Api(node, await node.create_token(ann, "read"))
    assert (await weak.request("POST", "/api/v1/collections", json=body)).status == 403
    assert (await Api(node, await node.create_token(ann, "write")).request("GET", path)).status == 403
    for method, where in (("PATCH", path), ("PUT", path), ("DELETE", path), ("POST", f"{path}/items")):
        assert (
            await other.request(method, where, json={"name": "x", "account_id": str(bob.id)})
        ).status == 404
        assert (await Api(node).request(method, where, json={"name": "x"})).status == 401
    refused = await owner.request("POST", "/api/v1/collections", json={"name": "n" * 41})
    assert refused.status == 422
    assert refused.body["error"]["details"]["name"][0]["error"] == "ERR_TOO_LONG"
    assert (await owner.request("POST", f"{path}/items", json={})).status == 422
    assert (await owner.request("POST", f"{path}/items", json={"account_id": str(bob.id)})).status == 422
    shown = await Api(node).get(path)
    assert [account["username"] for account in shown["accounts"]] == ["ann", "bob"]
    assert shown["collection"]["items"][0]["state"] == "accepted"
    updated = (await owner.patch(path, sensitive=True))["collection"]
    assert (updated["language"], updated["sensitive"], updated["name"]) == ("en", True, "Menders")
    await other.post(f"{path}/items/{shown['collection']['items'][0]['id']}/revoke")
    assert (await Api(node).get(path))["collection"]["items"] == []
    assert (await owner.request("POST", f"{path}/items", json={"account_id": str(bob.id)})).status == 422
    page = await Api(node).request("GET", f"/api/v1/accounts/{ann.id}/collections", params={"limit": "1"})
    assert [collection["id"] for collection in page.body["collections"]] == [collection["id"]]
    assert "offset=1" in page.headers["Link"]


async def test_directory_and_suggestions_list_discoverable_accounts(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, eve = [await node.create_member(name) for name in ("ann", "bob", "eve")]
    first, second = Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))
    await node.publish(bob, "active")
    names = [account["username"] for account in await Api(node).get("/api/v1/directory")]
    assert names == ["bob", "eve", "ann"]
    assert [
        account["username"] for account in await Api(node).get("/api/v1/directory", order="new", limit="1")
    ] == ["eve"]
    assert [
        account["username"] for account in await Api(node).get("/api/v1/directory", offset="2", local="true")
    ] == ["ann"]
    await second.post(f"/api/v1/accounts/{eve.id}/follow")
    await first.post(f"/api/v1/accounts/{bob.id}/follow")
    (suggestion,) = await first.get("/api/v2/suggestions")
    assert suggestion["account"]["id"] == str(eve.id)
    assert suggestion["sources"] == ["friends_of_friends", "most_followed"]
    assert suggestion["source"]
    assert [account["id"] for account in await first.get("/api/v1/suggestions")] == [str(eve.id)]
    assert await first.delete(f"/api/v1/suggestions/{eve.id}") == {}
    assert await first.get("/api/v2/suggestions") == []
    assert (await first.request("DELETE", "/api/v1/suggestions/1")).status == 404
    assert (await Api(node).request("GET", "/api/v2/suggestions")).status == 401
    weak = Api(node, await node.create_token(ann, "read:statuses"))
    assert (await weak.request("GET", "/api/v2/suggestions")).status == 403
