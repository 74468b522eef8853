"""Trends reviewed by moderators, and hashtags that may not be used or listed."""

from __future__ import annotations

from typing import Any

from fedserver.domain.audit_log import audit_log
from fedserver.domain.timelines import trend_reviews, trends
from storage.engine import Page
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.sites import StubSite

SCOPES = "read write follow push admin:read admin:write"
TAGS, TRENDS = "/api/v1/admin/tags", "/api/v1/admin/trends"


async def start_world(start: Start) -> tuple[TestNode, Api, Api, Api]:
    node = await start("alpha.test")
    people = [await node.create_member(name, role) for name, role in (
        ("mod", "moderator"), ("ann", "member"), ("bob", "member"))]  # fmt: skip
    mod, ann, bob = [Api(node, await node.create_token(row, SCOPES)) for row in people]
    return node, mod, ann, bob


def ids(entities: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in entities]


async def test_admin_tags_are_listed_shown_and_reviewed(start: Start) -> None:
    node, mod, ann, bob = await start_world(start)
    await ann.post("/api/v1/statuses", status="#Ghent #bruges")
    await bob.post("/api/v1/statuses", status="#ghent")
    tags = await mod.get(TAGS)
    assert {item["name"].lower() for item in tags} == {"ghent", "bruges"}
    ghent = next(item for item in tags if item["name"] == "Ghent")
    state = {"usable": True, "trendable": False, "listable": True, "requires_review": True}
    assert {name: ghent[name] for name in state} == state
    assert ghent["history"][0]["uses"] == "2"
    assert ghent["history"][0]["accounts"] == "2"
    assert len(await mod.get(TAGS, limit=1)) == 1
    assert ids(await mod.get(TAGS, max_id=tags[0]["id"])) == [tags[1]["id"]]
    path = f"{TAGS}/{ghent['id']}"
    changed = await mod.put(path, display_name="GHENT", trendable=True)
    assert changed["name"] == "GHENT"
    assert changed["trendable"]
    assert not changed["requires_review"]
    assert (await mod.get(path))["usable"] is True
    assert (await mod.request("PUT", path, json={"display_name": "Antwerp"})).status == 422
    assert (
        (await mod.request("GET", f"{TAGS}/1")).status
        == 404
        == (await mod.request("PUT", f"{TAGS}/1")).status
    )
    async with node.db.read() as tx:
        [row] = await audit_log.list_page(tx, Page())
    assert (row.verb, row.target, row.reason) == ("tag.review", "#ghent", "trendable: yes")


async def test_tag_made_unusable_and_unlisted_is_refused_and_hidden(start: Start) -> None:
    _, mod, ann, bob = await start_world(start)
    status = await ann.post("/api/v1/statuses", status="#Ghent")
    [ghent] = await mod.get(TAGS)
    await mod.put(f"{TAGS}/{ghent['id']}", usable=False, listable=False)
    for attempt in (("POST", "/api/v1/statuses"), ("PUT", f"/api/v1/statuses/{status['id']}")):
        refused = await ann.request(*attempt, json={"status": "again #ghent"})
        assert refused.status == 422
        assert "#ghent" in refused.body["error"]
    assert (await bob.get("/api/v2/search", q="ghent", type="hashtags"))["hashtags"] == []
    await mod.put(f"{TAGS}/{ghent['id']}", usable=True, listable=True)
    await ann.post("/api/v1/statuses", status="again #ghent")
    assert len((await bob.get("/api/v2/search", q="ghent", type="hashtags"))["hashtags"]) == 1


async def test_trending_tags_are_approved_and_rejected(start: Start) -> None:
    node, mod, ann, bob = await start_world(start)
    await ann.post("/api/v1/statuses", status="#bruges #ghent")
    await bob.post("/api/v1/statuses", status="#ghent")
    await ann.post("/api/v1/statuses", status="#hidden", visibility="unlisted")
    tags = await mod.get(f"{TRENDS}/tags")
    assert [item["name"] for item in tags] == ["ghent", "bruges"]
    assert ids(await mod.get(f"{TRENDS}/tags", limit=1, offset=1)) == [tags[1]["id"]]
    path = f"{TRENDS}/tags/{tags[0]['id']}"
    assert (await mod.post(f"{path}/approve"))["trendable"] is True
    assert (await mod.get(f"{TRENDS}/tags"))[0]["requires_review"] is False
    assert (await mod.post(f"{path}/reject"))["trendable"] is False
    assert (await mod.request("POST", f"{TRENDS}/tags/1/approve")).status == 404
    node.clock.forward(days=8)
    assert await mod.get(f"{TRENDS}/tags") == []


async def test_trending_statuses_keep_their_review(start: Start) -> None:
    node, mod, ann, bob = await start_world(start)
    post = await ann.post("/api/v1/statuses", status="liked")
    await ann.post("/api/v1/statuses", status="not liked")
    private = await ann.post("/api/v1/statuses", status="for you", visibility="unlisted")
    for liked in (post, private):
        await bob.post(f"/api/v1/statuses/{liked['id']}/favourite")
    [status] = await mod.get(f"{TRENDS}/statuses")
    assert status["id"] == post["id"]
    assert status["requires_review"] is True
    assert status["account"]["acct"] == "ann"
    path = f"{TRENDS}/statuses/{post['id']}"
    assert (await mod.post(f"{path}/approve"))["requires_review"] is False
    async with node.db.read() as tx:
        assert await trend_reviews.load_approvals(tx, "post", [post["uri"]]) == {post["uri"]: True}
    await mod.post(f"{path}/reject")
    node.clock.forward(days=30)
    async with node.db.read() as tx:
        assert await trend_reviews.load_approvals(tx, "post", [post["uri"], "x"]) == {post["uri"]: False}
        assert [row.verb for row in await audit_log.list_page(tx, Page())] == [
            "trend.reject",
            "trend.approve",
        ]
    for wrong in (f"{TRENDS}/statuses/1/approve", f"{TRENDS}/statuses/{private['id']}/reject"):
        assert (await mod.request("POST", wrong)).status == 404


async def test_trending_links_and_publishers_are_reviewed(start: Start, names: tls.LoopbackResolver) -> None:
    node, mod, ann, bob = await start_world(start)
    url = "https://news.test/story"
    async with StubSite(names, "news.test", {"/story": "<title>A story</title>"}):
        posts = [await api.post("/api/v1/statuses", status=f"See {url}") for api in (ann, bob)]
        await node.settle()
    async with node.db.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=2))
    node.clock.forward(seconds=601)
    await node.settle()
    nobody = Api(node)
    [trend] = await nobody.get("/api/v1/trends/links")
    assert (trend["url"], trend["title"], trend["type"]) == (url, "A story", "link")
    assert len(trend["history"]) == 7
    assert (trend["history"][0]["uses"], trend["history"][0]["accounts"]) == ("2", "2")
    assert set(ids(await nobody.get("/api/v1/timelines/link", url=trend["url"]))) == set(ids(posts))
    paged = await nobody.request("GET", "/api/v1/trends/links", params={"limit": "1"})
    assert "limit=1&offset=1" in paged.headers["Link"]
    assert await nobody.get("/api/v1/trends/links", offset=1) == []

    [link] = await mod.get(f"{TRENDS}/links")
    assert link == {**trend, "id": link["id"], "requires_review": True}
    path = f"{TRENDS}/links/{link['id']}"
    assert (await mod.post(f"{path}/approve"))["requires_review"] is False
    assert (await mod.post(f"{path}/reject"))["requires_review"] is False
    assert await nobody.get("/api/v1/trends/links") == []
    assert (await mod.request("POST", f"{TRENDS}/links/{posts[0]['id']}/approve")).status == 404
    async with node.db.read() as tx:
        assert await trend_reviews.load_approvals(tx, "link", [url]) == {url: False}

    [publisher] = await mod.get(f"{TRENDS}/links/publishers")
    assert publisher["domain"] == "news.test"
    assert publisher["trendable"] is None
    path = f"{TRENDS}/links/publishers/{publisher['id']}"
    decided = await mod.post(f"{path}/approve")
    assert decided["trendable"] is True
    assert decided["reviewed_at"]
    assert not decided["requires_review"]
    assert (await mod.post(f"{path}/reject"))["trendable"] is False
    assert (await mod.get(f"{TRENDS}/links/publishers"))[0]["trendable"] is False
    assert (await mod.request("POST", f"{TRENDS}/links/publishers/nobody.example/approve")).status == 404
    node.clock.forward(days=8)
    assert await mod.get(f"{TRENDS}/links") == []
    assert [publisher["domain"] for publisher in await mod.get(f"{TRENDS}/links/publishers")] == ["news.test"]
