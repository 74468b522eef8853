"""Cards of links, read from real pages over HTTPS, shown with posts of ours and of peers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from fedserver.domain.accounts import accounts
from fedserver.domain.posts import edits
from fedserver.domain.timelines import cards
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import cards as card_queries
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.sites import StubSite

PAGE = """<html lang="en"><head><title>A story</title><meta property="og:description" content="What happened">
<meta property="og:image" content="https://news.test/p.jpg"><meta property="og:image:width" content="600">
<meta name="fediverse:creator" content="@ann@alpha.test">
<link rel="alternate" type="application/json+oembed" href="/oembed?x=1"></head><body>"""
PLAIN = "<title>Plain</title>"


async def card(api: Api, post_id: int) -> Any:
    return (await api.get(f"/api/v1/statuses/{post_id}"))["card"]


async def agree(node: TestNode, who: AccountRow, *domains: str) -> None:
    async with node.db.write() as tx:
        row = await accounts.get(tx, who.id)
        await accounts.update_profile(tx, node.site, row, accounts.ProfileChange(attribution_domains=domains))


async def test_link_in_a_post_gets_a_card(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    async with StubSite(names, "news.test", {"/story": PAGE}) as news:
        post_id = await node.publish(ann, "Read https://news.test/story and https://news.test/other")
        before = (await api.get(f"/api/v1/statuses/{post_id}"))["card"]
        await node.settle()
        shown = await card(api, post_id)
        assert before is None
        assert (shown["title"], shown["type"]) == ("A story", "link")
        assert (shown["url"], shown["description"]) == ("https://news.test/story", "What happened")
        assert (shown["width"], shown["html"]) == (600, "")
        assert shown["image"].startswith("https://alpha.test/media/proxy/"), "readers stay unknown"
        assert (shown["language"], shown["history"], shown["authors"]) == ("en", [], [])
        assert news.requested_paths == ["/story", "/oembed?x=1"]

        again = await node.publish(ann, "Also https://news.test/story")
        await node.settle()
        assert (await card(api, again))["title"] == "A story"
        assert len(news.requested_paths) == 2, "the page is read once"
        node.clock.forward(days=15)
        third = await node.publish(ann, "Later https://news.test/story")
        news.pages["/story"] = PLAIN
        await node.settle()
        assert [(await card(api, number))["title"] for number in (third, post_id)] == ["Plain", "Plain"]


async def test_card_names_an_author_who_allows_it(start: Start, names: tls.LoopbackResolver) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    api = Api(beta, await beta.create_token(bob))
    async with StubSite(names, "news.test", {"/story": PAGE}):
        post_id = await beta.publish(bob, "https://news.test/story")
        await settle(alpha, beta)
        assert (await card(api, post_id))["authors"] == []
        await follow(beta, bob, "@ann@alpha.test")
        await settle(alpha, beta)
        await agree(alpha, ann, "other.test", "news.test")
        await settle(alpha, beta)
        [author] = (await card(api, post_id))["authors"]
        assert (author["name"], author["account"]["acct"]) == ("ann", "ann@alpha.test")
        await agree(alpha, ann, "s.test")
        await settle(alpha, beta)
        assert (await card(api, post_id))["authors"] == [], "a domain that only ends alike is another"


async def test_remote_post_gets_its_card_later(start: Start, names: tls.LoopbackResolver) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    async with StubSite(names, "news.test", {"/story": PLAIN}) as news:
        post_id = await alpha.publish(ann, "@bob@beta.test #tag https://news.test/story")
        await settle(alpha, beta)
        asked = len(news.requested_paths)
        beta.clock.forward(seconds=60)
        await settle(alpha, beta)
        async with beta.db.read() as tx:
            row = await post_queries.find_by_uri(tx, f"https://alpha.test/users/ann/statuses/{post_id}")
            found = await card_queries.load_by_posts(tx, [row.id])
        assert found[row.id].title == "Plain"
        assert asked <= 2
        assert len(news.requested_paths) == 2


@pytest.mark.parametrize(
    "page",
    [
        None,
        web.Response(body=b"<title>x</title>", status=500, content_type="text/html"),
        web.Response(body=b"\x89PNG", content_type="image/png"),
        web.Response(body=b"<title>x</title>" + b" " * 1_100_000, content_type="text/html"),
        web.Response(status=302, headers={"Location": "http://127.0.0.1/"}),
        web.Response(body=b"no title", content_type="text/html"),
    ],
)
async def test_link_that_fails_gets_no_card_and_is_not_retried(
    start: Start, names: tls.LoopbackResolver, page: web.Response | None
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    async with StubSite(names, "news.test", {} if page is None else {"/story": page}) as news:
        for _ in range(2):
            post_id = await node.publish(ann, "https://news.test/story")
            await node.settle()
            assert await card(api, post_id) is None
        assert news.requested_paths == ["/story"]
    assert await node.node.runner.count_backlog() == 0
    elsewhere = await node.publish(ann, "https://unknown.test/ and http://news.test/")
    await node.settle()
    assert await card(api, elsewhere) is None
    assert await node.node.runner.count_backlog() == 0


async def test_edit_changes_the_card(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    async with StubSite(names, "news.test", {"/story": PAGE, "/other": PLAIN}):
        post_id = await node.publish(ann, "https://news.test/story")
        await node.settle()
        for text, title in (("https://news.test/other", "Plain"), ("nothing", None)):
            async with node.db.write() as tx:
                await edits.edit(tx, node.site, ann, post_id, edits.PostEdit(text=text))
            await node.settle()
            shown = await card(api, post_id)
            assert (shown and shown["title"]) == title


async def test_links_to_local_pages_and_articles_get_no_card(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    first = await node.publish(ann, "mine")
    async with StubSite(names, "news.test", {"/story": PAGE}) as news:
        second = await node.publish(ann, f"https://alpha.test/@ann/{first}")
        article = await node.publish(
            ann, "On [this](https://news.test/story)", kind="Article", title="T", content_type="text/markdown"
        )
        await node.settle()
        assert await card(api, second) is None
        assert news.requested_paths == []
        assert (await card(api, article))["title"] == "T"


async def test_new_card_is_sent_to_streams(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    headers = {"Authorization": f"Bearer {await node.create_token(ann)}"}
    stream = "/api/v1/streaming?stream=user"
    site = StubSite(names, "news.test", {"/story": PLAIN})
    async with site, node.http.ws_connect(stream, headers=headers) as socket:
        await node.publish(ann, "https://news.test/story")
        await node.settle()
        messages = [json.loads(await asyncio.wait_for(socket.receive_str(), 5)) for _ in range(2)]
    assert [message["event"] for message in messages] == ["update", "status.update"]
    payload = json.loads(messages[1]["payload"])
    assert payload["card"]["title"] == "Plain"
    assert payload["edited_at"] is None


async def test_link_timeline_holds_public_posts_with_the_link(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = Api(node)
    async with StubSite(names, "news.test", {"/story": PLAIN}):
        made = [await node.publish(ann, f"{number} https://news.test/story") for number in range(3)]
        await node.publish(ann, "https://news.test/story", visibility="unlisted")
        async with node.db.write() as tx:
            row = await accounts.get(tx, bob.id)
            await accounts.update_profile(tx, node.site, row, accounts.ProfileChange(discoverable=False))
        await node.publish(bob, "https://news.test/story")
        await node.settle()
    path = "/api/v1/timelines/link"
    found = await visitor.request("GET", path, params={"url": "https://news.test/story", "limit": "2"})
    assert [status["id"] for status in found.body] == [str(made[2]), str(made[1])]
    assert f"max_id={made[1]}" in found.headers["Link"]
    rest = await visitor.get(path, url="https://news.test/story", max_id=str(made[1]))
    assert [status["id"] for status in rest] == [str(made[0])]
    for wrong in ("https://news.test/unknown", "", "nonsense"):
        assert (await visitor.request("GET", path, params={"url": wrong})).status == 404


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        (["no domain"], "must be domain names"),
        (["a"], "must be domain names"),
        ([f"{n}.test" for n in range(11)], "more than 10"),
    ],
)
async def test_attribution_domains_that_are_invalid_are_refused(
    start: Start, domains: list[str], message: str
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    path = "/api/v1/accounts/update_credentials"
    refused = await api.request("PATCH", path, json={"attribution_domains": domains})
    assert refused.status == 422
    assert message in refused.body["error"]
    changed = await api.patch(path, attribution_domains=["https://News.Test/", "other.test"])
    assert changed["source"]["attribution_domains"] == ["news.test", "other.test"]
    assert (await api.patch(path, attribution_domains=[]))["source"]["attribution_domains"] == []


def test_attribution_domains_decide_which_pages_name_an_author() -> None:
    row = type("Row", (), {"suspended_at": None, "deleted_at": None, "attribution_domains": '["a.test"]'})

    def agrees(url: str) -> bool:
        return cards.allows_attribution(row, url)  # type: ignore[arg-type]

    assert agrees("https://a.test/x")
    assert agrees("https://blog.a.test/")
    assert agrees("https://A.test:8443/")
    assert not agrees("https://ba.test/")
    assert not agrees("https://a.test.evil.test/")
    assert not agrees("https://[")


async def test_link_posted_again_after_its_page_was_mended_gets_a_card(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    async with StubSite(names, "news.test", {}) as news:
        first = await node.publish(ann, "https://news.test/story")
        await node.settle()
        assert await card(api, first) is None
        news.pages["/story"] = PLAIN
        node.clock.forward(seconds=61)
        second = await node.publish(ann, "https://news.test/story")
        await node.settle()
        assert (await card(api, second))["title"] == "Plain"
