"""A new password, in the settings and by mail."""

from __future__ import annotations

import pytest

from fedserver.domain.auth import members, one_time_links
from tests.kit.forms import find_form, send_form
from tests.kit.nodes import PASSWORD, Start, TestNode

NEW = "another fine password"


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    return alpha


async def log_in(node: TestNode, password: str) -> int:
    values = {"username": "ann", "password": password}
    async with node.http.post("/login", data=values, allow_redirects=False) as answer:
        return answer.status


async def change(node: TestNode, **values: str) -> int:
    page = "/settings/password"
    async with node.http.get(page) as answer:
        filled = find_form(await answer.text(), "current")
    return (await send_form(node.http, node.base, node.base + page, filled, **values)).status


async def test_password_change_ends_other_sessions(node: TestNode) -> None:
    assert await log_in(node, PASSWORD) == 303
    assert await change(node, current="wrong password", password=NEW) == 422
    assert await change(node, current=PASSWORD, password="short") == 422
    assert await change(node, current=PASSWORD, password=NEW) == 303
    async with node.http.get("/settings/password", allow_redirects=False) as answer:
        assert answer.status == 200, "this browser stays logged in"
    node.http.cookie_jar.clear()
    assert await log_in(node, PASSWORD) == 401
    assert await log_in(node, NEW) == 303


async def test_password_reset_for_unknown_names_answers_as_for_members(node: TestNode) -> None:
    pages = []
    for login in ("ann", "nobody"):
        async with node.http.post("/forgot", data={"login": login}) as answer:
            assert answer.status == 200
            pages.append(await answer.text())
    assert pages[0] == pages[1]


async def test_reset_link_sets_a_password_once(node: TestNode) -> None:
    async with node.db.write() as tx:
        ann = await members.get_by_username(tx, "ann")
        word = await one_time_links.create(tx, "reset", ann.id, ann.email, hours=1)
    page = f"/reset/{word}"
    async with node.http.get(page) as answer:
        assert answer.status == 200
        filled = find_form(await answer.text(), "password")
    for password, status in (("short", 422), (ann.email, 422), (NEW, 303), (NEW + "!", 404)):
        assert (
            await send_form(node.http, node.base, node.base + page, filled, password=password)
        ).status == status
    assert await log_in(node, NEW) == 303
    async with node.http.get("/reset/unknown") as answer:
        assert answer.status == 404
