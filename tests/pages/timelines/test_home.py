"""Home: tabs, the short form, what lies beside the posts, and how many posts are newer."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import likes
from fedserver.domain.relationships import blocks, follows
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor
from tests.web.test_metrics import measured_node, scrape, value

TABS = ("/home", "/local", "/partners/posts", "/home/helpful")


async def publish_article(node: TestNode, author: AccountRow, title: str, **draft: str) -> int:
    return await node.publish(author, "Words", kind="Article", title=title, **draft)


async def like(tx: Tx, site: NodeContext, reader: AccountRow, post_id: int) -> None:
    await likes.like(tx, site, reader, post_id)


async def test_home_has_tabs_of_which_one_is_current(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    for path in TABS:
        page = await visitor.open(path)
        assert page.status == 200
        assert f'<a href="{path}" aria-current="page">' in page.text.partition('class="tabs"')[2]
        assert page.text.partition('class="tabs"')[2].partition("</nav>")[0].count("aria-current") == 1
    assert 'class="tabs"' not in (await Visitor(node).open("/local")).text


async def test_short_form_publishes_as_it_says(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    await api.patch("/api/v1/accounts/update_credentials", source={"privacy": "private"})
    visitor = await log_in_visitor(node, "ann")
    home = await visitor.open("/home")
    assert "Your followers can read it." in home.text
    posted = await visitor.fill_in(home, "text", text="I found a lamp", decision="publish")
    assert "I found a lamp" in posted.text
    assert "Followers only" in posted.text


async def test_short_form_loses_no_text(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    continued = await visitor.fill_in("/home", "text", text="Half a thought", decision="continue")
    assert continued.status == 200
    assert ">Half a thought</textarea>" in continued.text
    assert "Half a thought" not in (await visitor.open("/@ann")).text
    limit = node.site.config.limits.post_characters
    refused = await visitor.fill_in("/home", "text", text="x" * (limit + 1), decision="publish")
    assert refused.status == 422
    assert "x" * (limit + 1) in refused.text


async def test_column_shows_what_helped_most_this_week(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, eve = [await node.create_member(name) for name in ("ann", "bob", "eve")]
    first = await publish_article(node, ann, "Lamps")
    second = await publish_article(node, ann, "Kettles", visibility="local")
    await publish_article(node, ann, "Unread")
    async with node.db.write() as tx:
        for reader, post_id in ((bob, first), (bob, second), (eve, second)):
            await like(tx, node.site, reader, post_id)
    visitor, guest = await log_in_visitor(node, "bob"), Visitor(node)
    for path in ("/home", "/local", "/blog", "/partners/posts"):
        column = (await visitor.open(path)).text.partition('<aside class="context"')[2]
        assert column.index("Kettles") < column.index("Helpful to 2 people") < column.index("Lamps")
        assert "Helpful to 1 person" in column
        assert "Unread" not in column
    column = (await guest.open("/local")).text.partition('<aside class="context"')[2]
    assert "Lamps" in column
    assert "Kettles" not in column, "it is for members"
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, ann, bob)
    assert "Lamps" not in (await visitor.open("/home")).text


async def test_ranking_beside_the_posts_is_not_older_than_a_minute(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id = await publish_article(node, ann, "Lamps")
    visitor = await log_in_visitor(node, "bob")
    assert "Helpful to" not in (await visitor.open("/home")).text
    async with node.db.write() as tx:
        await like(tx, node.site, bob, post_id)
    node.clock.forward(seconds=60)
    assert "Helpful to 1 person" in (await visitor.open("/home")).text


async def test_most_helpful_tab_ranks_articles_and_leads_on_without_any(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "bob")
    post_id = await publish_article(node, ann, "Lamps")
    empty = (await visitor.open("/home/helpful")).text.partition("<main")[2].partition("</main")[0]
    assert 'href="/write/article"' in empty
    assert "Lamps" not in empty
    async with node.db.write() as tx:
        await like(tx, node.site, bob, post_id)
    ranked = (await visitor.open("/home/helpful")).text.partition("<main")[2].partition("</main")[0]
    assert 'class="rank"' in ranked
    assert "Helpful to 1 person" in ranked


async def test_new_member_is_shown_what_to_do_next(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    page = (await visitor.open("/home")).text
    assert "Your first steps: 0 of 4" in page
    assert "Add a picture" in page
    assert "You do not follow anyone yet." not in page, "one reminder is enough"
    assert "You do not follow anyone yet." in (await visitor.open("/local")).text
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, bob)
    page = (await visitor.open("/home")).text
    assert "Your first steps: 1 of 4" in page
    assert "You do not follow anyone yet." not in (await visitor.open("/local")).text
    await visitor.submit_action("/home", "/welcome/dismiss")
    page = (await visitor.open("/home")).text
    assert "first steps" not in page
    assert "Add a picture" in page
    assert "You do not follow anyone yet." not in (await Visitor(node).open("/local")).text


@pytest.mark.parametrize("path", ["/home", "/local"])
async def test_open_page_learns_how_many_posts_are_newer(start: Start, path: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.publish(ann, "First")
    visitor = await log_in_visitor(node, "ann")
    page = (await visitor.open(path)).text
    address = page.partition('data-newer="')[2].partition('"')[0]
    assert address.startswith(f"{path}/new?since_id=")
    assert (await visitor.open(address)).text == ""
    await node.publish(ann, "Second")
    assert (await visitor.open(address)).text == "Show 1 new post"
    for number in range(20):
        await node.publish(ann, f"More {number}")
    assert (await visitor.open(address)).text == "Show the newest posts"
    assert "data-newer" not in (await visitor.open(f"{path}?max_id=5")).text
    assert (await visitor.open(f"{path}/new?since_id=99999999999999999999999")).status in (200, 422)
    if path == "/home":
        assert "/login" in (await Visitor(node).open(address)).path


async def test_posts_that_a_member_does_not_want_are_not_counted(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, ann, bob)
    await node.publish(bob, "Noise")
    visitor = await log_in_visitor(node, "ann")
    assert (await visitor.open("/local/new?since_id=1")).text == ""


@pytest.mark.parametrize(("path", "budget"), [("/home", 10), ("/local", 10), ("/blog", 8)])
async def test_pages_with_a_column_take_few_statements(start: Start, path: str, budget: int) -> None:
    node = await measured_node(start, "alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")

    async def count() -> float:
        await visitor.open(path)
        route = {"method": "GET", "route": path}
        before = value(await scrape(node), "fedserver_http_request_statements_sum", **route)
        await visitor.open(path)
        return value(await scrape(node), "fedserver_http_request_statements_sum", **route) - before

    async def add() -> None:
        for number in range(4):
            post_id = await publish_article(node, bob, f"Lamp {number}")
            await node.publish(ann, f"Words {number}")
            async with node.db.write() as tx:
                await like(tx, node.site, ann, post_id)
        node.clock.forward(seconds=60)

    await add()
    few = await count()
    await add()
    assert await count() == few
    assert few <= budget
