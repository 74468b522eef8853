"""Posts on pages: with what they quote, and the card of their first link."""

from __future__ import annotations

import re

from fedserver.domain.posts import post_removal, quotes
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import mutes
from tests.journeys.test_remote_files import news
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
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
