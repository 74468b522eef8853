"""Log-in and log-out by plain forms."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from fedserver.domain.auth import login
from storage.queries.auth import members as member_queries
from tests.kit.forms import find_form, send_form
from tests.kit.nodes import PASSWORD, Start, TestNode


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    return alpha


async def attempt(
    node: TestNode, login: str, password: str, path: str = "/login"
) -> tuple[int, str, str, list[str]]:
    """Submit the login form; return status, Location, page and cookies."""
    async with node.http.get(path) as answer:
        filled = find_form(await answer.text(), "password")
    answer = await send_form(
        node.http, node.base, node.base + path, filled, username=login, password=password
    )
    return (
        answer.status,
        answer.headers.get("Location", ""),
        await answer.text(),
        answer.headers.getall("Set-Cookie", []),
    )


async def test_session_cookie_is_bound_to_the_host(node: TestNode) -> None:
    status, location, _, (cookie,) = await attempt(node, "ann", PASSWORD)
    assert status in (302, 303)
    assert location.startswith("/")
    assert cookie.startswith("__Host-session=")
    assert "Domain" not in cookie
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie


async def test_planted_cookie_does_not_become_a_session(node: TestNode) -> None:
    planted = "x" * 43
    node.http.cookie_jar.update_cookies({"__Host-session": planted})
    _, _, _, (cookie,) = await attempt(node, "ann", PASSWORD)
    assert planted not in cookie


async def test_unknown_username_looks_like_a_wrong_password(node: TestNode) -> None:
    wrong = await attempt(node, "ann", "wrong password")
    unknown = await attempt(node, "zoe", "wrong password")
    assert wrong[0] == unknown[0] == 401
    assert wrong[2].replace('value="ann"', 'value="zoe"') == unknown[2]
    assert not wrong[3]
    assert not unknown[3]


async def test_too_many_failures_block_the_right_password_too(node: TestNode) -> None:
    for number in range(login.MAX_ATTEMPTS_PER_ACCOUNT):
        assert (await attempt(node, "@" * (number % 3) + "ann", "wrong password"))[0] == 401
    assert (await attempt(node, "ANN", PASSWORD))[0] == 429
    node.clock.forward(hours=0.25)
    assert (await attempt(node, "ann", PASSWORD))[0] in (302, 303)


async def count_right_after(node: TestNode, wrong: int) -> tuple[list[int], int]:
    """Return the statuses of `wrong` attempts at the same moment, and of a right one after them."""
    form = {"username": "ann", "password": "wrong password"}

    async def guess() -> int:
        async with node.http.post("/login", data=form, allow_redirects=False) as answer:
            return answer.status

    statuses = await asyncio.gather(*(guess() for _ in range(wrong)))
    async with node.http.post("/login", data={**form, "password": PASSWORD}, allow_redirects=False) as answer:
        return list(statuses), answer.status


async def test_sixty_attempts_at_the_same_moment_are_ten(node: TestNode) -> None:
    statuses, right = await count_right_after(node, 60)
    assert Counter(statuses) == {401: login.MAX_ATTEMPTS_PER_ACCOUNT, 429: 50}
    assert right == 429


async def test_sixty_members_behind_one_address_log_in(start: Start) -> None:
    """An office shares an address: what succeeds is not counted, in whatever window."""
    node = await start("alpha.test", requests=300)
    await node.create_member("ann")
    form = {"username": "ann", "password": PASSWORD}
    for _ in range(60):
        async with node.http.post("/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
    form["password"] = "wrong password"
    statuses = []
    for _ in range(30):
        async with node.http.post("/login", data=form, allow_redirects=False) as answer:
            statuses.append(answer.status)
    assert statuses.count(401) == login.MAX_ATTEMPTS_PER_ACCOUNT


async def test_member_who_may_not_log_in_is_not_locked_out_by_it(node: TestNode) -> None:
    bob = await node.create_member("bob")
    member = await node.load_member(bob)
    async with node.db.write() as tx:
        await member_queries.set_value(tx, member.id, "approved_at", None)
    for _ in range(login.MAX_ATTEMPTS_PER_ACCOUNT + 1):
        assert (await attempt(node, "bob", PASSWORD))[0] == 403


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/%0d%0aX: y", "\\\\e"],
)
async def test_login_redirects_to_local_pages_only(node: TestNode, target: str) -> None:
    async with node.http.get("/login", params={"next": target}) as answer:
        filled = find_form(await answer.text(), "password")
    values = {"username": "ann", "password": PASSWORD}
    for sent in ({}, {"next": target}):
        answer = await send_form(node.http, node.base, node.base + "/login", filled, **values, **sent)
        location = answer.headers["Location"]
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "X" not in answer.headers


async def test_login_form_of_another_site_is_refused(node: TestNode) -> None:
    body = {"username": "ann", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        async with node.http.post("/login", data=body, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers


async def test_logout_ends_the_session(node: TestNode) -> None:
    _, _, _, (cookie,) = await attempt(node, "ann", PASSWORD)
    session_token = cookie.partition("=")[2].partition(";")[0]
    async with node.http.get("/settings/profile") as answer:
        csrf = find_form(await answer.text(), "csrf").values["csrf"]
    for body, status in (({"csrf": "x"}, 403), ({"csrf": csrf}, 303)):
        async with node.http.post("/logout", data=body, allow_redirects=False) as answer:
            assert answer.status == status
    headers = {"Cookie": f"__Host-session={session_token}"}
    async with node.http.get("/settings/profile", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    "password", ["", "x" * 5_000, "\x00" * 9, "\ud800".encode("utf-8", "replace").decode()]
)
async def test_unusual_passwords_are_refused_as_wrong(node: TestNode, password: str) -> None:
    assert (await attempt(node, "ann", password))[0] == 401
