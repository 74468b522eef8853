"""Reauthentication: credentials can only be changed soon after a login."""

from __future__ import annotations

import pytest

from fedserver.domain.auth import login
from storage.queries.auth import members as member_queries
from tests.kit.forms import find_form
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor

PROTECTED = ("/settings/email", "/settings/two-step", "/settings/two-step/app", "/settings/passkeys")


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    return alpha


@pytest.fixture
async def ann(node: TestNode) -> Visitor:
    return await log_in_visitor(node, "ann")


@pytest.mark.parametrize("path", PROTECTED)
async def test_protected_pages_ask_again_after_fifteen_minutes(
    node: TestNode, ann: Visitor, path: str
) -> None:
    assert (await ann.open(path)).path == path, "a log-in counts"
    node.clock.forward(hours=0.26)
    login_page = await ann.open(path)
    assert login_page.path.startswith("/login/again?next=")
    wrong = await ann.fill_in(login_page, "password", password="wrong password")
    assert wrong.status == 401
    assert (await ann.open(path)).path.startswith("/login/again")
    assert (await ann.fill_in(login_page, "password", password=PASSWORD)).path == path


async def test_protected_form_sent_late_is_refused(node: TestNode, ann: Visitor) -> None:
    page = await ann.open("/settings/email")
    node.clock.forward(hours=0.26)
    refused = await ann.fill_in(page, "email", email="eve@mail.test")
    assert refused.path.startswith("/login/again?next=")
    async with node.db.read() as tx:
        assert await login.find_member(tx, "ann@mail.test"), "nothing was changed"


async def test_protected_pages_redirect_visitors_to_login(node: TestNode) -> None:
    nobody = Visitor(node)
    for path in (*PROTECTED, "/login/again", "/settings/security", "/settings/apps"):
        assert (await nobody.open(path)).path.startswith("/login?next=")


async def test_too_many_failures_block_reauthentication(node: TestNode, ann: Visitor) -> None:
    node.clock.forward(hours=0.26)
    for _ in range(login.MAX_ATTEMPTS_PER_ACCOUNT):
        page = await ann.fill_in("/login/again", "password", password="wrong password")
        assert page.status == 401
    assert (await ann.fill_in("/login/again", "password", password=PASSWORD)).status == 429


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "/\\evil.test", "\\\\e"])
async def test_reauthentication_redirects_to_local_pages_only(
    node: TestNode, ann: Visitor, target: str
) -> None:
    page = await ann.open("/login/again")
    assert (await ann.fill_in(page, "password", password=PASSWORD, next=target)).path == "/settings/security"


async def test_reauthentication_from_another_site_is_refused(node: TestNode, ann: Visitor) -> None:
    node.clock.forward(hours=0.26)
    body = {"password": PASSWORD, "csrf": "x"}
    async with ann.http.post("/login/again", data=body, allow_redirects=False) as answer:
        assert answer.status == 403
    page = await ann.open("/login/again")
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        body = {**find_form(page.text, "password").values, "password": PASSWORD}
        async with ann.http.post("/login/again", data=body, headers=headers) as answer:
            assert answer.status == 403


async def test_reauthentication_holds_for_its_session_only(node: TestNode, ann: Visitor) -> None:
    other = Visitor(node)
    await other.log_in("ann")
    node.clock.forward(hours=0.26)
    await ann.fill_in("/login/again", "password", password=PASSWORD)
    assert (await ann.open("/settings/email")).path == "/settings/email"
    assert (await other.open("/settings/email")).path.startswith("/login/again")


async def test_login_ends_the_previous_session_of_the_browser(node: TestNode, ann: Visitor) -> None:
    former = {cookie.key: cookie.value for cookie in ann.http.cookie_jar}
    await ann.log_in("ann")
    assert {cookie.key: cookie.value for cookie in ann.http.cookie_jar} != former
    thief = Visitor(node)
    headers = {"Cookie": f"__Host-session={former['__Host-session']}"}
    async with thief.http.get("/settings/apps", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303, "an old cookie opens nothing"


async def test_member_without_password_cannot_log_in_with_one(node: TestNode) -> None:
    """Check that members who use the identity provider only cannot log in with an empty password either."""
    async with node.db.write() as tx:
        member = await login.find_member(tx, "ann")
        assert member
        await member_queries.set_value(tx, member.id, "password_hash", "")
    for password in ("", "nobody has this password", PASSWORD):
        page = await Visitor(node).fill_in(
            VisitedPage(200, "/login", '<form action="/login" method="post"><input name="password"></form>'),
            "password",
            username="ann",
            password=password,
        )
        assert page.status == 401
