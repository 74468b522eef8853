"""Feeds: well-formed for every parser, and nothing in them that a visitor does not see on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from lxml import etree
from msgspec import structs
from selectolax.lexbor import LexborHTMLParser, LexborNode

from fedserver.domain.accounts import accounts
from fedserver.domain.posts import likes, versions
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.timelines import visibility
from tests.client_api.content.test_video import upload
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.sites import StubSite
from tests.kit.visitors import Visitor
from tests.media.test_images import with_gps

ATOM = "{http://www.w3.org/2005/Atom}"
CONTROLS = ["a\u0001b", "a\bb", "a\u000bb", "a\fb", "a\u001fb", "a\ufffeb", "a\uffffb"]


async def read_feed(node: TestNode, path: str) -> Any:
    """Return the root of a feed that two parsers read alike: libxml2, in lxml, and expat, in the library."""
    async with node.http.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == f"application/{path.rpartition('.')[2]}+xml"
        assert answer.charset == "utf-8"
        document = await answer.read()
    root = ElementTree.fromstring(document)
    by_lxml = etree.fromstring(document, etree.XMLParser(recover=False, resolve_entities=False))
    assert [element.text for element in root.iter()] == [element.text for element in by_lxml.iter()]
    return root


async def read_contents(node: TestNode, name: str) -> list[str]:
    """Return the contents of all entries, newest first; they are the same in both formats."""
    atom, rss = await read_feed(node, f"/@{name}.atom"), await read_feed(node, f"/@{name}.rss")
    contents = [element.text or "" for element in atom.iter(f"{ATOM}content")]
    assert contents == [item.findtext("description") or "" for item in rss.iter("item")]
    return contents


async def test_feeds_with_control_characters_are_well_formed(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    for text in CONTROLS:
        await api.post("/api/v1/statuses", status=f"{text} #x{text}", spoiler_text="")
        await api.post("/api/v1/statuses", status="x", spoiler_text=text)
        await api.post("/api/v1/statuses", status=f"{text} &#1;", title=text, content_type="text/markdown")
        await api.request("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": text})
        for path in ("/@ann.atom", "/@ann.rss", "/@ann/blog.atom", "/@ann/blog.rss"):
            await read_feed(node, path)


async def test_feed_of_texts_that_were_stored_before_is_well_formed(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "x")
    async with node.db.write() as tx:
        row = await visibility.get_own(tx, ann, post_id)
        await versions.replace(tx, structs.replace(row, html="<p>a\x01b\ufffe</p>"))
    assert await read_contents(node, "ann") == ["<p>ab</p>"]


async def test_feed_does_not_show_what_is_behind_a_warning(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    file = await upload(Api(node, await node.create_token(ann)), with_gps(), version=1)
    media = {"media_ids": (int(file.body["id"]),)}
    post_id = await node.publish(ann, "The butler #did it", summary="The end of <the> book", **media)
    [content] = await read_contents(node, "ann")
    atom = ElementTree.tostring(await read_feed(node, "/@ann.atom"), encoding="unicode")
    rss = ElementTree.tostring(await read_feed(node, "/@ann.rss"), encoding="unicode")
    for hidden in ("butler", "did", "/media/"):
        assert hidden not in content + atom + rss
    assert "The end of &lt;the&gt; book" in content
    assert f'href="https://alpha.test/@ann/{post_id}"' in content


async def test_feed_does_not_show_an_article_behind_a_warning(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    article = {"kind": "Article", "title": "A book", "summary": "Its end", "sensitive": True}
    await node.publish(ann, "The butler did it", **article)
    root = await read_feed(node, "/@ann/blog.atom")
    [entry] = root.iter(f"{ATOM}entry")
    assert "butler" not in ElementTree.tostring(root, encoding="unicode")
    assert entry.findtext(f"{ATOM}title") == "A book"
    assert "Its end" in (entry.findtext(f"{ATOM}content") or "")


async def test_feed_shows_what_the_page_shows_to_a_visitor(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    file = await upload(Api(node, await node.create_token(ann)), with_gps(), version=1)
    for audience in ("unlisted", "followers", "direct", "local"):
        await node.publish(ann, f"for {audience}", visibility=audience)
    quoted = await node.publish(bob, "to be quoted")
    await node.publish(ann, "with a quote", quoted_id=quoted)
    await node.publish(ann, "with a picture", media_ids=(int(file.body["id"]),))
    await node.publish(ann, "with a poll", poll=NewPoll(("Tea & <b>milk</b>", "Coffee"), 3600))
    contents = await read_contents(node, "ann")
    assert len(contents) == 4
    assert "<li>Tea &amp; &lt;b&gt;milk&lt;/b&gt;</li><li>Coffee</li>" in contents[0]
    assert '<img src="https://alpha.test/media/' in contents[1]
    assert f"https://alpha.test/@bob/{quoted}" in contents[2]
    assert contents[3] == "<p>for unlisted</p>"
    atom, rss = await read_feed(node, "/@ann.atom"), await read_feed(node, "/@ann.rss")
    [enclosure] = [link for link in atom.iter(f"{ATOM}link") if link.get("rel") == "enclosure"]
    [same] = rss.iter("enclosure")
    assert enclosure.get("type") == same.get("type") == "image/jpeg"
    assert enclosure.get("href") == same.get("url") == file.body["url"]


@pytest.mark.parametrize("kind", ["Note", "Article"])
async def test_pictures_of_a_sensitive_post_are_seen_when_the_reader_asks(start: Start, kind: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    files = [(await upload(api, with_gps(), version=1)).body for _ in range(2)]
    draft = {"kind": kind, "title": "A title", "cover_id": int(files[1]["id"])} if kind == "Article" else {}
    media = tuple(int(file["id"]) for file in files[: 1 if draft else 2])
    post_id = await node.publish(ann, "text #tag", sensitive=True, media_ids=media, **draft)
    path = (await api.get(f"/api/v1/statuses/{post_id}"))["url"].removeprefix(node.base)
    for place in (path, "/@ann"):
        page = LexborHTMLParser((await Visitor(node).open(place)).text)
        names = {file["url"].rpartition("/")[2].partition(".")[0] for file in files}
        for picture in page.css("main img[src*='/media/']"):
            if any(name in (picture.attributes["src"] or "") for name in names):
                assert [node for node in iterate_parents(picture) if node.tag == "details"], place
        assert not page.css("meta[property='og:image'][content*='/media/']"), place
    assert "text" in (await Visitor(node).open(path)).text
    # Programs that read feeds show all at once, so there are none.
    [content] = await read_contents(node, "ann")
    assert "text" in content
    for ending in ("atom", "rss"):
        text = (await Visitor(node).open(f"/@ann.{ending}")).text
        assert not [file for file in files if file["url"] in text]


def iterate_parents(node: LexborNode) -> Iterator[LexborNode]:
    while node.parent is not None:
        node = node.parent
        yield node


async def test_feed_of_a_link_post_has_its_link(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    async with StubSite(names, "news.test", {"/walk": "<title>A walk</title>"}):
        await node.publish(ann, "https://news.test/walk?a=1&b=2")
        await node.settle()
    [content] = await read_contents(node, "ann")
    assert 'href="https://news.test/walk?a=1&amp;b=2"' in content


async def test_feed_shows_a_picture_of_an_article_once(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    inside, beside = [(await upload(api, with_gps(), version=1)).body for _ in range(2)]
    article = {
        "title": "Pictures",
        "content_type": "text/markdown",
        "media_ids": [inside["id"], beside["id"]],
    }
    made = await api.post("/api/v1/statuses", status=f"![in]({inside['url']})", **article)
    [content] = await read_contents(node, "ann")
    page = (await Visitor(node).open(made["url"].removeprefix(node.base))).text
    for file in (inside, beside):
        assert content.count(f'src="{file["url"]}"') == 1
        assert page.count(f'href="{file["url"]}"') == (file is beside), "apps attach pictures of their own"
        assert file["url"] in page


@pytest.mark.parametrize("title", ["A & B <c>", "]]>", "“é” 😀"])
async def test_feed_of_articles_has_titles_summaries_and_absolute_addresses(start: Start, title: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    async with node.db.write() as tx:
        ann = await accounts.update_profile(tx, node.site, ann, accounts.ProfileChange(display_name=title))
    article = {"kind": "Article", "title": title, "content_type": "text/markdown", "summary": "In <short>"}
    await node.publish(ann, "[about](/about) ![p](/media/p.png) H<sub>2</sub>O #Fox\n\n## Part", **article)
    root = await read_feed(node, "/@ann/blog.atom")
    [entry] = root.iter(f"{ATOM}entry")
    assert (root.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}title")) == (title, title)
    assert entry.findtext(f"{ATOM}summary") == "In <short>"
    content = entry.findtext(f"{ATOM}content") or ""
    for part in ('href="https://alpha.test/about"', 'src="https://alpha.test/media/p.png"', "<sub>2</sub>"):
        assert part in content
    assert [tag.get("term") for tag in entry.iter(f"{ATOM}category")] == ["fox"]


async def test_feeds_of_many_authors_name_them_and_are_announced(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    first = await node.publish(ann, "First #lamp", kind="Article", title="First")
    await node.publish(bob, "Second #lamp", kind="Article", title="Second")
    await node.publish(bob, "Secret #lamp", kind="Article", title="Secret", visibility="local")
    async with node.db.write() as tx:
        await likes.like(tx, node.site, bob, first)
    await node.settle()
    guest = Visitor(node)
    for page, feed, titles in (
        ("/blog", "/blog.atom", ["Second", "First"]),
        ("/blog?order=helpful&window=week", "/blog.atom?order=helpful&window=week", ["First", "Second"]),
        ("/tags/lamp", "/tags/lamp.atom", ["Second", "First"]),
        ("/partners", "/partners.atom", []),
    ):
        shown = (await guest.open(page)).text.replace("&amp;", "&")
        assert f'<link rel="alternate" type="application/atom+xml" href="{feed}">' in shown
        if titles:
            assert f'<a href="{feed}">Atom</a>' in shown
        async with node.http.get(feed) as answer:
            root = etree.fromstring(await answer.read())
        entries = list(root.iter(f"{ATOM}entry"))
        assert [entry.findtext(f"{ATOM}title") for entry in entries] == titles
        names = [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries]
        assert names == [{"First": "ann", "Second": "bob"}[title] for title in titles]
        async with node.http.get(feed.replace(".atom", ".rss")) as answer:
            channel = etree.fromstring(await answer.read())
        creators = [element.text for element in channel.iter("{http://purl.org/dc/elements/1.1/}creator")]
        assert creators == names
    for path in ("/tags/lamp.xml", "/tags/.atom", "/blog.xml", "/partners.json"):
        async with node.http.get(path) as answer:
            assert "xml" not in answer.content_type, path
