"""Tokens that are no good: visitors where none is needed, as in Mastodon, and refused everywhere else."""

from __future__ import annotations

import pytest

from fedserver.domain.auth import member_access, members, tokens
from fedserver.node import list_endpoints
from fedserver.web.endpoint import ANYONE
from storage.queries.auth import members as member_queries
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

STRANGERS = (
    "Bearer",
    "Bearer ",
    "Bearer unknown",
    "bearer x y",
    "",
    "Basic YTpi",
    "Token x",
    "Bearer " + "x" * 999,
)
PUBLIC = "/api/v1/timelines/public"
PERSONAL = "/api/v1/timelines/home"


async def get_status(node: TestNode, path: str, header: str) -> int:
    async with node.http.get(path, headers={"Authorization": header}, allow_redirects=False) as answer:
        return answer.status


@pytest.mark.parametrize("header", STRANGERS)
async def test_unknown_token_is_a_visitor_where_none_is_needed(start: Start, header: str) -> None:
    node = await start("alpha.test")
    account = await node.create_member("ann")
    post_id = await node.publish(account, "hello")
    plain = [
        endpoint.path
        for endpoint in list_endpoints()
        if (endpoint.method, endpoint.auth, endpoint.html) == ("GET", ANYONE, False)
        and "{" not in endpoint.path
        and not endpoint.path.startswith("/api/v1/streaming/")
    ]
    assert len(plain) > 25
    for path in (
        *plain,
        f"/api/v1/statuses/{post_id}",
        f"/api/v1/accounts/{account.id}",
        "/media/nothing.png",
    ):
        async with node.http.get(path) as answer:
            expected = answer.status
        assert await get_status(node, path, header) == expected, path
    for path in (PERSONAL, "/api/v1/accounts/verify_credentials", "/api/v1/apps/verify_credentials"):
        assert await get_status(node, path, header) == 401, path


async def test_revoked_token_is_refused_where_a_scope_counts(start: Start) -> None:
    node = await start("alpha.test")
    token = await node.create_token(await node.create_member("ann"))
    async with node.db.write() as tx:
        await tokens.revoke_all(tx, (await members.get_by_username(tx, "ann")).id)
    for path in (PUBLIC, PERSONAL):
        answer = await Api(node, token).request("GET", path)
        assert (answer.status, answer.body) == (401, {"error": "The access token was revoked"}), path
    assert (await Api(node, token).request("GET", "/api/v2/instance")).status == 200


async def test_token_of_a_disabled_member_works_again_once_enabled(start: Start) -> None:
    node = await start("alpha.test")
    account = await node.create_member("ann")
    kept, revoked = [Api(node, await node.create_token(account)) for _ in range(2)]
    secret = revoked.headers["Authorization"].removeprefix("Bearer ")
    async with node.db.write() as tx:
        member = await members.get_by_username(tx, "ann")
        principal = await tokens.find_principal(tx, secret)
        assert principal is not None
        await tokens.revoke_by_id(tx, principal.token_id or 0)
        await member_access.set_disabled(tx, member, disabled=True)
    for path in (PUBLIC, PERSONAL, "/api/v1/apps/verify_credentials"):
        answer = await kept.request("GET", path)
        assert (answer.status, answer.body) == (403, {"error": "Your login is currently disabled"}), path
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, member, disabled=False)
    assert (await kept.request("GET", PERSONAL)).status == 200
    assert (await revoked.request("GET", PERSONAL)).status == 401


async def test_member_who_waits_is_told_so(start: Start) -> None:
    node = await start("alpha.test")
    account = await node.create_member("ann")
    api = Api(node, await node.create_token(account))
    async with node.db.write() as tx:
        member = await members.get_by_username(tx, "ann")
        await member_queries.set_value(tx, member.id, "approved_at", None)
    for path in (PUBLIC, PERSONAL):
        answer = await api.request("GET", path)
        assert (answer.status, answer.body["error"]) == (403, "Your login is currently pending approval")


async def test_tokens_of_the_command_line_have_an_app_with_a_name(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann"), "read write"))
    app = await api.get("/api/v1/apps/verify_credentials")
    assert app["name"] == "fedserver token"
    assert app["scopes"] == ["read", "write"]
    assert app["redirect_uris"] == []
    assert app["vapid_key"]
