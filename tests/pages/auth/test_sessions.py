"""Apps with access and browsers that are logged in: listed and ended by their member only."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import apps, members, tokens
from fedserver.pages.auth.sessions import browser_name
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    await alpha.create_member("bob")
    return alpha


async def token_of(node: TestNode, name: str, app_id: int | None, scopes: str) -> str:
    """Create a token of a member, for an app or as on the command line."""
    async with node.db.write() as tx:
        member, account = await members.get_by_username(tx, name), await accounts.get_local(tx, name)
        made = await tokens.create(tx, scopes, app_id=app_id, member_id=member.id, account_id=account.id)
    return made.secret


async def app_token(node: TestNode, name: str, app: str) -> str:
    """Create a token of a member for a new app."""
    scopes = "read write:statuses"
    async with node.db.write() as tx:
        made = await apps.register(tx, app, ["https://app.test/"], scopes, "https://app.test/")
    return await token_of(node, name, made.row.id, scopes)


async def test_authorized_app_is_listed_and_can_be_revoked(node: TestNode) -> None:
    token, other = await app_token(node, "ann", "Phone <b>app</b>"), await app_token(node, "bob", "Bobs app")
    ann = Visitor(node)
    await ann.log_in("ann")
    page = await ann.open("/settings/apps")
    assert "Phone &lt;b&gt;app" in page.text
    assert "<b>app" not in page.text
    assert "write, change and delete your posts" in page.text
    assert "Never used" in page.text
    assert "Bobs app" not in page.text
    assert (await Api(node, token).request("GET", "/api/v1/accounts/verify_credentials")).status == 200
    page = await ann.open("/settings/apps")
    assert "Never used" not in page.text
    left = await ann.submit_action(page, _action(page.text))
    assert "Phone" not in left.text
    assert "No app has access" in left.text
    assert (await Api(node, token).request("GET", "/api/v1/accounts/verify_credentials")).status == 401
    assert (await Api(node, other).request("GET", "/api/v1/accounts/verify_credentials")).status == 200


def _action(page: str) -> str:
    place = page.index("/settings/apps/")
    return page[place : page.index('"', place)]


async def test_revoking_an_app_of_another_member_is_refused(node: TestNode) -> None:
    token = await app_token(node, "bob", "Bobs app")
    bob, ann = Visitor(node), Visitor(node)
    await bob.log_in("bob")
    await ann.log_in("ann")
    action = _action((await bob.open("/settings/apps")).text)
    csrf = {"csrf": _csrf((await ann.open("/settings/apps")).text)}
    async with ann.http.post(action, data=csrf) as answer:
        assert answer.status == 404
    async with ann.http.post("/settings/apps/0/revoke", data=csrf) as answer:
        assert answer.status == 404
    assert (await Api(node, token).request("GET", "/api/v1/accounts/verify_credentials")).status == 200


def _csrf(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


async def test_tokens_of_the_command_line_are_listed(node: TestNode) -> None:
    ann = Visitor(node)
    await ann.log_in("ann")
    token = await token_of(node, "ann", None, "read")
    page = await ann.open("/settings/apps")
    assert "Personal access tokens" in page.text
    await ann.submit_action(page, "/settings/apps/0/revoke")
    assert (await Api(node, token).request("GET", "/api/v1/preferences")).status == 401


async def test_other_sessions_end_one_by_one_or_all(node: TestNode) -> None:
    ann, phone, tablet, bob = Visitor(node), Visitor(node), Visitor(node), Visitor(node)
    for browser in (ann, phone, tablet):
        await browser.log_in("ann")
    await bob.log_in("bob")
    page = await ann.open("/settings/apps")
    assert page.text.count("This browser") == 1
    assert page.text.count('/end"') == 2
    one = page.text[page.text.index("/settings/sessions/") :].partition('"')[0]
    csrf = _csrf((await bob.open("/settings/apps")).text)
    async with bob.http.post(one, data={"csrf": csrf}) as answer:
        assert answer.status == 404, "another member's session is not theirs to end"
    await ann.submit_action(page, one)
    assert sorted([await phone.is_logged_in(), await tablet.is_logged_in()]) == [False, True]
    await ann.submit_action("/settings/apps", "/settings/sessions/end-others")
    assert not await phone.is_logged_in()
    assert not await tablet.is_logged_in()
    assert await ann.is_logged_in()
    assert await bob.is_logged_in()


async def test_session_use_is_stored_once_an_hour(node: TestNode) -> None:
    ann = Visitor(node)
    await ann.log_in("ann")
    node.clock.forward(hours=3)
    assert "just now" not in (await ann.open("/settings/apps")).text
    page = await ann.open("/settings/apps")
    assert "Last used <time" in page.text
    assert ">just now<" in page.text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140",
            "Edge, Windows",
        ),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown"),
    ],
)
def test_browser_name_from_user_agent_is_readable(agent: str, name: str) -> None:
    assert browser_name(agent) == name
