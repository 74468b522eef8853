"""How many notifications are unread, in the navigation of every page; opening the list marks them as read."""

from __future__ import annotations

import re

from fedserver.domain.notifications import notifications
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor
from tests.web.test_metrics import measured_node, scrape, value

SCOPES = "read write follow push"


def count_of(text: str) -> list[str]:
    return re.findall(r'<span class="count" aria-hidden="true">([^<]*)</span>', text)


async def test_navigation_counts_what_is_newer_than_the_marker(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    assert count_of((await visitor.open("/local")).text) == []
    for number in range(2):
        await node.publish(bob, f"Hello @ann {number}")
    await node.settle()
    for path in ("/home", "/local", "/write", "/settings/profile", "/@bob"):
        page = (await visitor.open(path)).text
        assert count_of(page) == ["2", "2"], path
        assert "2 unread</span>" in page
    assert count_of((await Visitor(node).open("/local")).text) == []
    api = Api(node, await node.create_token(ann, SCOPES))
    newest = (await api.get("/api/v1/notifications"))[0]["id"]
    await api.post("/api/v1/markers", notifications={"last_read_id": newest})
    assert count_of((await visitor.open("/home")).text) == []


async def test_opening_the_list_marks_it_as_read(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    api = Api(node, await node.create_token(ann, SCOPES))
    await node.publish(bob, "Hello @ann")
    await node.settle()
    async with visitor.http.get("/notifications", headers={"Sec-Purpose": "prefetch"}) as answer:
        assert count_of(await answer.text()) == ["1", "1"]
    assert (await api.get("/api/v1/notifications/unread_count")) == {"count": 1}
    opened = (await visitor.open("/notifications")).text
    assert opened.count('class="notification unread"') == 1
    assert count_of(opened) == []
    assert (await api.get("/api/v1/notifications/unread_count")) == {"count": 0}
    newest = (await api.get("/api/v1/notifications"))[0]["id"]
    marker = (await api.get("/api/v1/markers", **{"timeline[]": "notifications"}))["notifications"]
    assert marker["last_read_id"] == newest
    again = (await visitor.open("/notifications")).text
    assert 'class="notification"' in again
    assert "unread" not in again.partition("<main")[2]
    same = (await api.get("/api/v1/markers", **{"timeline[]": "notifications"}))["notifications"]
    assert same["version"] == marker["version"], "nothing new is nothing to write"


async def test_older_page_does_not_move_the_marker_back(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    for number in range(3):
        await node.publish(bob, f"Hello @ann {number}")
    await node.settle()
    api = Api(node, await node.create_token(ann, SCOPES))
    newest, middle, _ = [entry["id"] for entry in await api.get("/api/v1/notifications")]
    await visitor.open("/notifications")
    await visitor.open(f"/notifications?max_id={middle}")
    marker = (await api.get("/api/v1/markers", **{"timeline[]": "notifications"}))["notifications"]
    assert marker["last_read_id"] == newest


async def test_counting_ends_at_a_hundred(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    bob = await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    async with node.db.write() as tx:
        for number in range(101):
            await notifications.notify_moderation(tx, "moderation_warning", ann.id, bob.id, number + 1)
    page = (await visitor.open("/home")).text
    assert count_of(page) == ["99+", "99+"]
    assert "More than 99 unread" in page


async def count_statements(node: TestNode, visitor: Visitor) -> float:
    route = {"method": "GET", "route": "/apps"}
    await visitor.open("/apps")
    before = value(await scrape(node), "fedserver_http_request_statements_sum", **route)
    await visitor.open("/apps")
    return value(await scrape(node), "fedserver_http_request_statements_sum", **route) - before


async def test_count_is_one_statement_and_none_for_guests(start: Start) -> None:
    node = await measured_node(start, "alpha.test")
    await node.create_member("ann")
    assert await count_statements(node, Visitor(node)) == 0
    assert await count_statements(node, await log_in_visitor(node, "ann")) == 2  # the session, the count
