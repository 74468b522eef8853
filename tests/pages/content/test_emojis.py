"""Custom emoji on pages and in feeds: drawn wherever people write, through our proxy, never in attributes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
from aiohttp import web
from lxml import html as lxml_html

from fedserver.domain.accounts import accounts
from fedserver.domain.notifications import announcements
from fedserver.domain.posts import remote_posts
from storage.rows.accounts import AccountRow
from tests.client_api.content.test_custom_emojis import add
from tests.kit import people, tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.remote_posts import build_remote_post
from tests.kit.sites import StubSite
from tests.kit.streams import open_stream
from tests.kit.visitors import Visitor, log_in_visitor
from tests.pages.content.test_feeds import read_contents, read_feed

SCOPES = "read write follow push admin:read admin:write"


class _TagReader(HTMLParser):
    """Collects the values of all attributes of a page, and its emoji by what stands around them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []
        self.pictures: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.values += values.values()
        if tag == "img" and values.get("class") == "emoji":
            self.pictures.append(values)


def read_pictures(page: str) -> list[dict[str, str]]:
    """Return the emoji of a page; its attributes must hold no tags, and every emoji all of its own."""
    reader = _TagReader()
    reader.feed(page)
    assert not [value for value in reader.values if "<img" in value]
    for picture in reader.pictures:
        assert picture["alt"] == picture["title"] == ":fox:"
        assert picture["src"].startswith("https://alpha.test/media/")
        assert set(picture) == {"class", "src", "alt", "title", "height", "loading"}
    return reader.pictures


def list_texts(page: str, selector: str) -> list[str]:
    """Return what people read in the elements of a class or tag, with `:name:` for each picture there."""
    path = (
        f"//*[contains(concat(' ', @class, ' '), ' {selector[1:]} ')]"
        if selector[0] == "."
        else f"//{selector}"
    )
    texts = []
    for element in lxml_html.fromstring(page).xpath(path):
        for picture in element.xpath(".//img[@class='emoji']"):
            picture.tail = f"<{picture.get('alt')}>{picture.tail or ''}"
        texts.append(" ".join(element.text_content().split()))
    return texts


async def begin(start: Start) -> tuple[TestNode, Api, Visitor]:
    """Return a node with the emoji `fox`, and Ann, an admin who has it in her name."""
    node = await start("alpha.test")
    admin = await node.create_member("ann", "admin")
    api = Api(node, await node.create_token(admin, SCOPES))
    assert (await add(api, "fox")).status == 201
    await api.patch("/api/v1/accounts/update_credentials", display_name="Ann <b> :fox:")
    return node, api, await log_in_visitor(node, "ann")


async def test_warning_poll_and_name_of_a_post_have_pictures(start: Start) -> None:
    _, api, visitor = await begin(start)
    poll = {"options": ["yes :fox:", "<i>no</i>"], "expires_in": 3600}
    await api.post("/api/v1/statuses", status="text :fox:", spoiler_text="<u> ahead :fox:", poll=poll)
    for reader in (visitor, Visitor(visitor.node)):
        page = (await reader.open("/@ann")).text
        assert len(read_pictures(page)) >= 5
        assert "<u> ahead <:fox:>" in list_texts(page, "summary")
        assert "yes <:fox:>" in " ".join(list_texts(page, ".poll"))
        assert "Ann <b> <:fox:>" in list_texts(page, "h1")
        assert "<u> ahead" not in page
        assert "<i>no</i>" not in page


async def test_title_and_summary_of_an_article_have_pictures(start: Start) -> None:
    node, api, visitor = await begin(start)
    article = {
        "title": "A <b> title :fox:",
        "content_type": "text/markdown",
        "spoiler_text": "In short :fox:",
    }
    made = await api.post("/api/v1/statuses", status="Text :fox: and `:fox:`", **article)
    guest = Visitor(node)
    for path, tag, text in (
        (made["url"].removeprefix(node.base), "h1", "A <b> title <:fox:>"),
        ("/blog", "h2", "A <b> title <:fox:>"),
        ("/@ann/blog", "h1", "Blog by Ann <b> <:fox:>"),
        ("/", "h2", "A <b> title <:fox:>"),
        ("/blog?order=helpful&window=ever", "h1", "Blog"),
    ):
        page = (await guest.open(path)).text
        assert text in list_texts(page, tag), path
        read_pictures(page)
    page = (await guest.open("/blog")).text
    assert "In short <:fox:>" in list_texts(page, "p")
    assert "<code>:fox:</code>" in (await guest.open(made["url"].removeprefix(node.base))).text
    title = re.search(
        r"<title>(.*?)</title>", (await guest.open(made["url"].removeprefix(node.base))).text, re.S
    )
    assert title is not None
    assert ":fox:" in title[1]
    assert "img" not in title[1]
    await api.post("/api/v1/statuses", status="x", draft=True, **{**article, "title": "Draft :fox:"})
    assert "Draft <:fox:>" in list_texts((await visitor.open("/drafts")).text, "h2")


async def test_names_have_pictures_wherever_they_stand(start: Start) -> None:
    node, api, ann = await begin(start)
    await node.create_member("bob", "moderator")
    bob = await log_in_visitor(node, "bob")
    await bob.fill_in("/settings/profile", "display_name", display_name="Bob :fox:")
    mine = await node.publish((await read_account(node, "bob")), "mine")
    await api.post(f"/api/v1/statuses/{mine}/favourite")
    await api.post(f"/api/v1/statuses/{mine}/reblog")
    quoting = await api.post("/api/v1/statuses", status="see", quoted_status_id=str(mine))
    await api.post("/api/v1/reports", account_id=str((await read_account(node, "bob")).id), comment="x")
    await node.settle()
    for path, text in (
        ("/notifications", "Ann <b> <:fox:> liked your post"),
        ("/@ann", "Boosted by Ann <b> <:fox:>"),
        ("/search?q=Ann", "Ann <b> <:fox:>"),
        (quoting["url"].removeprefix(node.base), "Post by Ann <b> <:fox:>"),
        (quoting["url"].removeprefix(node.base), "Bob <:fox:>"),
        ("/admin/accounts", "Bob <:fox:>"),
        ("/admin/reports", "Bob <:fox:>"),
        (f"/admin/accounts/{(await read_account(node, 'bob')).id}", "Bob <:fox:>"),
    ):
        page = (await (ann if path.startswith("/admin") else bob).open(path)).text
        assert read_pictures(page), path
        assert text in " ".join(list_texts(page, "main")), path


async def read_account(node: TestNode, name: str) -> AccountRow:
    async with node.db.read() as tx:
        return await accounts.get_local(tx, name)


async def test_profile_fields_have_pictures(start: Start) -> None:
    node, api, _ = await begin(start)
    fields = [{"name": "Pet :fox:", "value": "A <b> :fox:"}]
    await api.patch("/api/v1/accounts/update_credentials", note="I am :fox:", fields_attributes=fields)
    page = (await Visitor(node).open("/@ann")).text
    assert list_texts(page, "dt") == ["Pet <:fox:>"]
    assert list_texts(page, "dd") == ["A <b> <:fox:>"]
    assert len(read_pictures(page)) == 4


async def test_announcement_has_pictures_on_pages_and_emojis_in_the_api(start: Start) -> None:
    node, api, ann = await begin(start)
    async with node.db.write() as tx:
        await announcements.create(tx, node.site, None, "We <b> like :fox: and :cat:")
        await announcements.create(tx, node.site, None, "No emoji")
    for path in ("/home", "/local", "/notifications", "/admin/announcements"):
        page = (await ann.open(path)).text
        assert "We <b> like <:fox:> and :cat:" in list_texts(page, ".text"), path
        assert len(read_pictures(page)) >= 1
    (listed,) = await api.get("/api/v1/custom_emojis")
    first, second = await api.get("/api/v1/announcements")
    (shown,) = first["emojis"]
    assert {name: shown[name] for name in ("shortcode", "url", "static_url", "visible_in_picker")} == {
        "shortcode": "fox", "url": listed["url"], "static_url": listed["static_url"],
        "visible_in_picker": True,
    }  # fmt: skip
    assert second["emojis"] == []
    (emoji,) = await api.get("/api/v1/admin/custom_emojis")
    await api.patch(f"/api/v1/admin/custom_emojis/{emoji['id']}", type="disable")
    assert [item["emojis"] for item in await api.get("/api/v1/announcements")] == [[], []]
    assert "We <b> like :fox: and :cat:" in list_texts((await ann.open("/home")).text, ".text")


async def test_streamed_announcement_has_its_emojis(start: Start) -> None:
    node, api, _ = await begin(start)
    token = api.headers["Authorization"].removeprefix("Bearer ")
    async with open_stream(node, token, "user") as stream:
        async with node.db.write() as tx:
            await announcements.create(tx, node.site, None, "We like :fox:")
        _, event, payload = await stream.receive()
    assert event == "announcement"
    assert [emoji["shortcode"] for emoji in payload["emojis"]] == ["fox"]


async def test_feed_has_pictures_in_its_html_and_shortcodes_in_its_titles(start: Start) -> None:
    node, api, _ = await begin(start)
    article = {"title": "A title :fox:", "content_type": "text/markdown"}
    await api.post("/api/v1/statuses", status="Text :fox: and `:fox:`", **article)
    poll = {"options": ["yes :fox:", "no"], "expires_in": 3600}
    await api.post("/api/v1/statuses", status="?", poll=poll)
    await api.post("/api/v1/statuses", status="hidden", spoiler_text="<b> ahead :fox:")
    warned, asked, text = await read_contents(node, "ann")
    for content in (warned, asked, text):
        assert len(read_pictures(content)) == 1
    assert "&lt;b&gt; ahead <img" in warned
    assert "<li>yes <img" in asked
    assert "<code>:fox:</code>" in text
    feed = await read_feed(node, "/@ann/blog.rss")
    assert [item.findtext("title") for item in feed.iter("item")] == ["A title :fox:"]
    assert feed.findtext("channel/title") == "Ann <b> :fox:"


async def test_emoji_of_a_peer_is_drawn_through_the_proxy(start: Start, names: tls.LoopbackResolver) -> None:
    node, _, visitor = await begin(start)
    where = 'https://pics.test/fox.png?a=1&b="><script>'
    facts = msgspec.json.encode([{"shortcode": "fox", "url": where, "static_url": where}]).decode()
    async with node.db.write() as tx:
        bob = await people.create_remote_account(tx, "bob", emojis=facts, display_name="Bob :fox:")
        values = {"kind": "Page", "title": "Title :fox:", "summary": "About :fox:", "html": "<p>:fox:</p>"}
        await remote_posts.receive(
            tx, bob, build_remote_post(f"{bob.uri}/1", bob.uri, emojis=facts, **values)
        )
    page = (await visitor.open("/@bob@beta.test")).text
    pictures = read_pictures(page)
    assert len(pictures) >= 5
    assert {picture["src"].partition("?")[0] for picture in pictures} == {
        "https://alpha.test/media/proxy/emoji/small"
    }
    assert "<script>" not in page
    png = web.Response(body=make_picture(), content_type="image/png")
    async with (
        StubSite(names, "pics.test", {"/fox.png?a=1&b=%22%3E%3Cscript%3E": png}),
        node.http.get(pictures[0]["src"]) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "image/png")
