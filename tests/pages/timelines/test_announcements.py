"""Announcements on pages: shown until the member dismisses them, here or in an app."""

from __future__ import annotations

from fedserver.domain.notifications import announcements
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor

PLACES = ("/home", "/local", "/notifications")


async def test_announcement_is_shown_until_it_is_dismissed(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("bob")
    async with node.db.write() as tx:
        row = await announcements.create(tx, node.site, None, "We move on <b>Sunday</b>")
        second = await announcements.create(tx, node.site, None, "Second notice")
        await announcements.create(tx, node.site, None, "Hidden", published=False)
    visitor, bob = await log_in_visitor(node, "ann"), await log_in_visitor(node, "bob")
    for place in PLACES:
        page = await visitor.open(place)
        assert "We move on &lt;b&gt;Sunday" in page.text
        assert "Hidden" not in page.text
    assert "We move on" not in (await Visitor(node).open("/local")).text
    left = await visitor.submit_action("/local", f"/announcements/{row.id}/dismiss")
    assert left.path == "/local"
    api = Api(node, await node.create_token(ann))
    assert [entry["read"] for entry in await api.get("/api/v1/announcements")] == [True, False]
    await api.post(f"/api/v1/announcements/{second.id}/dismiss")
    for place in PLACES:
        assert "announcement" not in (await visitor.open(place)).text
        assert "We move on" in (await bob.open(place)).text


async def test_announcement_gets_reactions(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    async with node.db.write() as tx:
        row = await announcements.create(tx, node.site, None, "We move")
    visitor = await log_in_visitor(node, "ann")
    path, api = f"/announcements/{row.id}/reactions", Api(node, await node.create_token(ann))
    page = await visitor.submit_action("/local", path, add="🎉")
    assert 'name="take_back" value="🎉" aria-pressed="true"' in page.text
    assert [
        (entry["name"], entry["me"]) for entry in (await api.get("/api/v1/announcements"))[0]["reactions"]
    ] == [("🎉", True)]
    back = await visitor.submit_action(page, path, take_back="🎉")
    assert "take_back" not in back.text
    assert (await visitor.submit_action(back, path, add="x")).status == 422
