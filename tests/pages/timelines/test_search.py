"""Search with its tabs, and hashtags that one can follow."""

from __future__ import annotations

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


def main_of(text: str) -> str:
    return text.partition("<main")[2].partition("</main")[0]


async def test_tabs_show_one_kind_each(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("lampfan")
    await node.publish(ann, "A lamp in a note #lamp")
    await node.publish(ann, "All about a lamp", kind="Article", title="Mending")
    await node.settle()
    visitor = await log_in_visitor(node, "ann")
    shown = {
        tab: {
            word
            for word in ("@lampfan", "in a note", "Mending", 'href="/tags/lamp"')
            if word in main_of((await visitor.open(f"/search?q=lamp&tab={tab}")).text)
        }
        for tab in ("people", "posts", "tags", "articles", "")
    }
    assert shown["people"] == {"@lampfan"}
    assert shown["tags"] == {'href="/tags/lamp"'}
    assert shown["articles"] == {"Mending"}
    assert {"in a note", "Mending"} <= shown["posts"]
    assert "@lampfan" not in shown["posts"]
    assert {"@lampfan", "in a note", "Mending"} <= shown[""]
    page = (await visitor.open("/search?q=lamp&tab=posts")).text
    assert 'href="/search?q=lamp&amp;tab=articles"' in page
    assert 'name="tab" value="posts"' in page


@pytest.mark.parametrize("tab", ["", "people", "posts", "tags", "articles", "nonsense"])
@pytest.mark.parametrize("text", ["", "zzz", "<b>", "%"])
async def test_empty_result_leads_on(start: Start, tab: str, text: str) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    async with visitor.http.get("/search", params={"q": text, "tab": tab}) as answer:
        assert answer.status == 200
        page = main_of(await answer.text())
    notice = page.partition('<article class="notice">')[2]
    assert '<a role="button" href="/' in notice
    assert "<b>" not in page


async def test_search_pages_go_on(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    for number in range(25):
        await node.publish(ann, f"A lamp {number:02}")
    await node.settle()
    visitor = await log_in_visitor(node, "ann")
    first = (await visitor.open("/search?q=lamp&tab=posts")).text
    assert 'href="/search?q=lamp&amp;tab=posts&amp;offset=20"' in first
    second = (await visitor.open("/search?q=lamp&tab=posts&offset=20")).text
    assert "A lamp 04" in second
    assert "A lamp 05" not in second
    assert "offset=40" not in second


async def test_hashtag_is_followed_and_unfollowed_on_its_page(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    visitor = await log_in_visitor(node, "ann")
    followed = await visitor.submit_action("/tags/Lamp", "/tags/Lamp/follow")
    assert followed.path == "/tags/Lamp"
    assert (await api.get("/api/v1/tags/lamp"))["following"] is True
    left = await visitor.submit_action(followed, "/tags/Lamp/unfollow")
    assert "/tags/Lamp/follow" in left.text
    assert (await api.get("/api/v1/tags/lamp"))["following"] is False
    assert "/follow" not in main_of((await Visitor(node).open("/tags/lamp")).text)
    for path in ("/tags/%F0%9F%92%A1", "/tags/a%20b", "/tags/caf%C3%A9"):
        assert (await visitor.open(path)).status == 200
    arabic = "/tags/%D8%B3%D9%84%D8%A7%D9%85"
    assert (await visitor.submit_action(arabic, f"{arabic}/follow")).path == arabic


async def test_filters_narrow_the_posts_and_say_what_is_wrong(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    await node.publish(ann, "A lamp by ann")
    api = Api(node, await node.create_token(bob))
    await api.request("PATCH", "/api/v1/accounts/update_credentials", json={"indexable": True})
    node.clock.forward(days=10)
    await node.publish(bob, "A lamp by bob")
    await node.settle()
    visitor = await log_in_visitor(node, "ann")
    for query, found in (
        ("by=@ann", {"ann"}),
        ("by=bob@alpha.test", {"bob"}),
        ("after=2026-11-20", {"bob"}),
        ("before=2026-11-20", {"ann"}),
        ("before=2026-11-20&by=bob", set()),
        ("pictures=1", set()),
        ("by=nobody", set()),
    ):
        page = await visitor.open(f"/search?tab=posts&q=lamp&{query}")
        assert page.status == 200
        shown = {name for name in ("ann", "bob") if f"A lamp by {name}" in main_of(page.text)}
        assert shown == found, query
    for query, field in (("by=a b", "by"), ("after=yesterday", "after"), ("before=2026-13-01", "before")):
        page = await visitor.open(f"/search?tab=posts&q=lamp&{query.replace(' ', '%20')}")
        assert page.status == 422, query
        assert f'aria-invalid="true" aria-describedby="{field}-problem"' in page.text
        assert 'name="q" value="lamp"' in page.text
        assert "A lamp by" not in main_of(page.text)


async def test_people_are_found_by_what_they_write_about_themselves(start: Start) -> None:
    node = await start("alpha.test")
    ann, _ = await node.create_member("ann"), await node.create_member("bob")
    api = Api(node, await node.create_token(ann))
    profile = {"note": "Mends clocks 100%", "discoverable": True}
    await api.request("PATCH", "/api/v1/accounts/update_credentials", json=profile)
    visitor = await log_in_visitor(node, "bob")
    for text, is_found in (("CLOCKS", True), ("100%25", True), ("cl%25s", False), ("cl", False)):
        page = (await visitor.open(f"/search?tab=people&q={text}")).text
        assert ("In the profiles of members" in page) is is_found, text
    await api.request("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": False})
    assert "Mends clocks" not in (await visitor.open("/search?tab=people&q=clocks")).text
