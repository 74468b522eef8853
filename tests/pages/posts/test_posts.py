"""Posts on pages: with what they quote, and the card of their first link."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from fedserver.domain.posts import post_removal, quotes, remote_posts, versions
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import mutes
from fedserver.domain.timelines import visibility
from tests.journeys.test_remote_files import news
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, StubPeers, make_actor
from tests.kit.people import create_remote_account
from tests.kit.remote_posts import build_remote_post
from tests.kit.sites import StubSite
from tests.pages.posts.test_polls import log_in, page
from tests.web.test_metrics import measured_node, scrape, value


def post_of(text: str, post_id: int) -> str:
    """Return the part of a page that shows a post."""
    start = text.index(f'id="post-{post_id}"')
    return text[start : text.index("</article>", start)]


async def statements(node: TestNode) -> float:
    """How many a profile takes that was looked at before."""
    await page(node, "/@bob")
    route = {"method": "GET", "route": "/@{name}"}
    before = value(await scrape(node), "fedserver_http_request_statements_sum", **route)
    await page(node, "/@bob")
    return value(await scrape(node), "fedserver_http_request_statements_sum", **route) - before


async def test_quotes_are_shown_if_they_are_accepted(start: Start) -> None:
    node = await measured_node(start, "alpha.test")
    ann, bob, eve = [await node.create_member(name) for name in ("ann", "bob", "eve")]
    poll = NewPoll(("Tea", "Coffee"), 3600)
    first = await node.publish(ann, "Which <b>drink</b>?", poll=poll)
    second = await node.publish(bob, "Ask them", quoted_id=first)
    third = await node.publish(eve, "See, an answer", quoted_id=second)
    behind = await node.publish(bob, "Careful", summary="About tea", quoted_id=first)
    await log_in(node, "bob")
    for path in ("/home", "/@bob", f"/@bob/{second}"):
        shown = post_of(await page(node, path), second)
        assert shown.count('<blockquote class="quoted" aria-label="Quoted post by ann"') == 1
        assert "Which &lt;b&gt;drink&lt;/b&gt;?" in shown
        assert f'href="/@ann/{first}"' in shown
        assert shown.count("<progress") == 2
        assert "/vote" not in shown.partition("<blockquote")[2]
        assert " style=" not in shown
        assert "<script" not in shown
    hidden = post_of(await page(node, f"/@bob/{behind}"), behind)
    assert hidden.index("<details") < hidden.index("<blockquote") < hidden.index("</details>")
    few = await statements(node)
    for number in range(6):
        await node.publish(bob, "More", quoted_id=await node.publish(eve, f"{number}", quoted_id=second))
    assert await statements(node) == few
    chain = post_of(await page(node, f"/@eve/{third}"), third)
    assert chain.count("<blockquote") == 1
    assert "Quotes a post by" in chain
    assert f"/@ann/{first}" in chain

    async with node.db.write() as tx:
        await mutes.mute(tx, bob, eve)
    await log_in(node, "bob")
    fourth = await node.publish(bob, "Hm", quoted_id=third)
    muted = post_of(await page(node, f"/@bob/{fourth}"), fourth)
    assert "by someone you muted</summary>" in muted
    assert "See, an answer" in muted
    async with node.db.write() as tx:
        await quotes.revoke(tx, ann, first, second)
        await post_removal.delete(tx, eve, third)
    node.http.cookie_jar.clear()
    for post_id, told in ((second, "no longer wants it to be quoted here"), (fourth, "was deleted")):
        shown = post_of(await page(node, f"/@bob/{post_id}"), post_id)
        assert told in shown
        assert "<blockquote" not in shown
        assert "drink" not in shown


async def test_cards_show_pictures_from_this_server(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    said = '<meta property="og:description" content="&lt;i&gt;It&lt;/i&gt; happened">'
    async with StubSite(names, "news.test", {"/": news("/p.png") + said, "/p.png": ""}) as site:
        plain = await node.publish(ann, "Read https://news.test/")
        await node.settle()
        quiet = await node.publish(ann, "Read https://news.test/", sensitive=True)
        quoting = await node.publish(ann, "Mine https://news.test/", quoted_id=plain)
        await node.settle()
        for path in (f"/@ann/{plain}", "/@ann", "/local", "/"):
            text = await page(node, path)
            shown = post_of(text, plain)
            assert (
                '<a class="link-card" href="https://news.test/" rel="nofollow noopener noreferrer">' in shown
            )
            assert "news.test</span>" in shown
            assert "&lt;i&gt;It&lt;/i&gt; happened" in shown
            pictures = re.findall(r'<img[^>]+src="([^"]+)"', shown.partition("link-card")[2])
            assert len(pictures) == 1
            assert pictures[0].startswith("https://alpha.test/media/proxy/")
            assert "link-card" in post_of(text, plain)
            assert "https://news.test/p.png" not in text
        assert "<img" not in post_of(await page(node, "/@ann"), quiet).partition("link-card")[2]
        assert "link-card" not in post_of(await page(node, "/@ann"), quoting)
        assert "/p.png" not in site.requested_paths


@pytest.mark.parametrize("origin", ["ours", "remote"])
async def test_article_from_before_ids_shows_and_sends_ids(start: Start, origin: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "x", kind="Article", title="Old", content_type="text/markdown")
    page_url = "https://alpha.test/@ann/old"
    if origin == "remote":
        async with node.db.write() as tx:
            bob = await create_remote_account(tx, "bob")
            remote = build_remote_post(f"{bob.uri}/1", bob.uri, kind="Article", title="Old", html="<p>x</p>")
            received = await remote_posts.receive(tx, bob, remote)
            assert received is not None
            post_id, page_url = received.id, f"{bob.uri}/1"
    old = (
        f'<p><a href="{page_url}#part">go</a></p><h2>Part</h2><h3>Part</h3><pre><code>&lt;h2&gt;</code></pre>'
    )
    async with node.db.write() as tx:
        row = await visibility.get(tx, post_id, None)
        await versions.replace(tx, structs.replace(row, html=old))
    await log_in(node, "ann")
    shown = await page(node, "/@ann/old" if origin == "ours" else f"/@bob@beta.test/{post_id}")
    api = (await Api(node).get(f"/api/v1/statuses/{post_id}"))["content"]
    for html in (shown, api):
        assert '<h2 id="user-content-part">Part</h2>' in html
        assert '<h3 id="user-content-part-1">Part</h3>' in html
        assert "<code>&lt;h2&gt;</code>" in html
    if origin == "remote":
        assert 'href="#user-content-part"' in shown
        return
    assert f'href="{page_url}#user-content-part"' in shown
    async with node.http.get(row.uri, headers={"Accept": "application/activity+json"}) as answer:
        assert '<h2 id="user-content-part">' in (await answer.json(content_type=None))["content"]
    async with node.http.get("/@ann/blog.atom") as answer:
        assert "user-content-part-1" in await answer.text()


async def test_note_with_a_heading_gets_no_id(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "x")
    async with node.db.write() as tx:
        row = await visibility.get(tx, post_id, None)
        await versions.replace(tx, structs.replace(row, html="<h2>Part</h2>"))
    assert (await Api(node).get(f"/api/v1/statuses/{post_id}"))["content"] == "<h2>Part</h2>"


LINK_POSTS = {
    "bare": {"name": "Worth seeing", "url": "https://news.test/walk"},
    "text": {
        "name": "A walk outside", "content": "They went outside.", "url": "https://news.test/walk",
    },
    "list": {
        "name": "Both", "content": "<p>Text</p>",
        "url": [{"type": "Link", "href": "https://news.test/walk"}, "https://beta.test/p/2"],
    },
    "lemmy": {
        "name": "A page", "content": "<p>Text</p>", "attachment": [{"type": "Link", "href": "https://news.test/walk"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("form", LINK_POSTS)
async def test_link_post_has_its_link_and_a_card(
    start: Start, names: tls.LoopbackResolver, form: str
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    bob = "https://beta.test/users/bob"
    page_post = {"id": f"{bob}/1", "type": "Page", "attributedTo": bob, "to": [PUBLIC], **LINK_POSTS[form]}
    site = StubSite(names, "news.test", {"/walk": news("/p.png")})
    async with StubPeers(names, "beta.test") as peers, site as walk:
        peers.serve(make_actor(bob, "bob"), page_post)
        (status,) = (await api.get("/api/v2/search", q=page_post["id"], resolve="true"))["statuses"]
        assert 'href="https://news.test/walk"' in status["content"]
        assert status["url"].startswith("https://beta.test/")
        assert status["card"] is None
        node.clock.forward(seconds=60)
        await node.settle()
        assert "/walk" in walk.requested_paths
        card = (await api.get(f"/api/v1/statuses/{status['id']}"))["card"]
    assert (card["url"], card["title"]) == ("https://news.test/walk", "News")
    assert card["image"].startswith("https://alpha.test/media/proxy/")
    await api.post(f"/api/v1/statuses/{status['id']}/reblog")
    await log_in(node, "ann")
    for path in (f"/@bob@beta.test/{status['id']}", "/@bob@beta.test", "/home", "/@ann"):
        shown = await page(node, path)
        assert 'class="link-card" href="https://news.test/walk"' in shown, path
        assert page_post["name"] in shown
        assert "News" in shown
