"""App tokens, revocation, server metadata and user info."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fedserver.domain.auth import tokens
from tests.kit.nodes import Start, TestNode

BACK = "https://app.test/back"


@pytest.fixture
async def node(start: Start) -> TestNode:
    return await start("alpha.test")


async def register(node: TestNode) -> dict[str, Any]:
    body = {"client_name": "App", "redirect_uris": [BACK], "scopes": "read"}
    async with node.http.post("/api/v1/apps", json=body) as answer:
        assert answer.status == 200
        app: dict[str, Any] = await answer.json()
        return app


def build_client_auth(app: dict[str, Any]) -> dict[str, str]:
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


async def get_app_token(node: TestNode, app: dict[str, Any]) -> str:
    async with node.http.post(
        "/oauth/token", data={**build_client_auth(app), "grant_type": "client_credentials"}
    ) as answer:
        assert answer.status == 200
        return str((await answer.json())["access_token"])


async def get_status(node: TestNode, path: str, token: str) -> int:
    async with node.http.get(path, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status


async def test_app_token_identifies_the_app_but_no_member(node: TestNode) -> None:
    app = await register(node)
    token = await get_app_token(node, app)
    assert await get_status(node, "/api/v1/apps/verify_credentials", token) == 200
    assert await get_status(node, "/api/v1/accounts/verify_credentials", token) in (401, 403, 422)
    assert await get_status(node, "/api/v1/timelines/home", token) in (401, 403, 422)


async def test_app_can_authenticate_by_http_basic(node: TestNode) -> None:
    app = await register(node)
    pair = f"{app['client_id']}:{app['client_secret']}".encode()
    body = {"grant_type": "client_credentials"}
    for encoded, status in ((base64.b64encode(pair).decode(), 200), ("!!", 401), ("YTpi", 401)):
        headers = {"Authorization": f"Basic {encoded}"}
        async with node.http.post("/oauth/token", data=body, headers=headers) as answer:
            assert answer.status == status


async def test_app_cannot_request_scopes_it_did_not_register(node: TestNode) -> None:
    body = {**build_client_auth(await register(node)), "grant_type": "client_credentials", "scope": "write"}
    async with node.http.post("/oauth/token", data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "invalid_scope"


async def test_tokens_are_revoked_by_their_app_only(node: TestNode) -> None:
    app, other = await register(node), await register(node)
    token = await get_app_token(node, app)
    for asking, status, still in (
        (build_client_auth(other), 403, 200),
        ({}, 403, 200),
        (build_client_auth(app), 200, 401),
    ):
        async with node.http.post("/oauth/revoke", data={**asking, "token": token}) as answer:
            assert answer.status == status
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert (await answer.json() == {}) is (status == 200)
        assert await get_status(node, "/api/v1/apps/verify_credentials", token) == still
    async with node.http.post("/oauth/revoke", data={**build_client_auth(app), "token": "unknown"}) as answer:
        assert answer.status == 200, "RFC 7009 §2.2"


async def test_metadata_names_existing_endpoints(node: TestNode) -> None:
    async with node.http.get("/.well-known/oauth-authorization-server") as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        metadata = await answer.json()
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert {"read", "write", "follow", "push", "profile"} <= set(metadata["scopes_supported"])
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint"):
        assert metadata[name].startswith(node.base + "/oauth/")
    assert {"client_secret_basic"} < set(metadata["revocation_endpoint_auth_methods_supported"])
    assert {
        "read:collections", "write:conversations", "write:reports", "read:search", "admin:read",
        "admin:write:canonical_email_blocks", "admin:read:domain_allows", "write:media",
    } <= set(metadata["scopes_supported"])  # fmt: skip
    for name, address in metadata.items():
        if name.endswith("_endpoint"):
            async with node.http.get(address, allow_redirects=False) as answer:
                assert answer.status != 404, f"{name} names what is there"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/api/v1/apps"])
async def test_preflight_requests_are_allowed(node: TestNode, path: str) -> None:
    headers = {
        "Origin": "https://phanpy.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    async with node.http.options(path, headers=headers) as answer:
        assert answer.status in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_userinfo_requires_the_profile_scope(node: TestNode) -> None:
    ann = await node.create_member("ann")
    token = await node.create_token(ann, "profile")
    for method in ("GET", "POST"):
        headers = {"Authorization": f"Bearer {token}"}
        async with node.http.request(method, "/oauth/userinfo", headers=headers) as answer:
            assert answer.status == 200
            userinfo = await answer.json()
            assert (userinfo["sub"], userinfo["preferred_username"]) == (ann.uri, "ann")
    for scope in ("write", "read", "read:accounts"):
        assert await get_status(node, "/oauth/userinfo", await node.create_token(ann, scope)) == 403
    assert await get_status(node, "/api/v1/accounts/verify_credentials", token) == 200, (
        "profile alone allows it"
    )
    async with node.http.get("/oauth/userinfo") as answer:
        assert answer.status == 401


async def test_token_use_is_recorded_once_an_hour(node: TestNode) -> None:
    token = await node.create_token(await node.create_member("ann"))
    noted = []
    for _ in range(2):
        assert await get_status(node, "/api/v1/accounts/verify_credentials", token) == 200
        async with node.db.read() as tx:
            caller = await tokens.find_principal(tx, token)
        assert caller
        assert caller.member
        assert caller.member.active_at == caller.used_at
        noted.append(caller.used_at)
    assert noted[0]
    assert noted[0] == noted[1]
