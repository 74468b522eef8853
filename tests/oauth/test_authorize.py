"""Authorization code flow, as browsers and apps use it, and attacks on it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from tests.kit.forms import find_form, send_form
from tests.kit.nodes import PASSWORD, Start, TestNode

BACK = "https://app.test/back/"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
STATE = "a b&c=d/é+%2F#"
App = dict[str, Any]


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    return alpha


async def register(node: TestNode, *uris: str, scopes: str = "read write") -> App:
    body = {"client_name": "<b>App</b>", "redirect_uris": "\n".join(uris or (BACK,)), "scopes": scopes}
    async with node.http.post("/api/v1/apps", data=body) as answer:
        assert answer.status == 200
        app: App = await answer.json()
        return app


def build_authorize_path(app: App, **changes: str) -> str:
    query = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": BACK, "scope": "read"}
    return "/oauth/authorize?" + urlencode({**query, **changes})


async def open_page(node: TestNode, location: str) -> tuple[str, str]:
    """Open a page as a browser does; return the final URL and the page."""
    async with node.http.get(location) as answer:
        assert answer.status == 200, await answer.text()
        return str(answer.url), await answer.text()


async def log_in(node: TestNode, location: str, **fields: str) -> aiohttp.ClientResponse:
    """Open a page that needs a log-in, and log in there."""
    url, page = await open_page(node, location)
    filled = find_form(page, "password")
    return await send_form(
        node.http, node.base, url, filled, **(fields or {"username": "ann", "password": PASSWORD})
    )


async def answer_consent(node: TestNode, location: str, decision: str = "allow") -> aiohttp.ClientResponse:
    url, page = await open_page(node, location)
    return await send_form(node.http, node.base, url, find_form(page, "client_id"), decision=decision)


async def log_in_and_allow(node: TestNode, location: str) -> aiohttp.ClientResponse:
    """Log in and allow the app."""
    logged_in = await log_in(node, location)
    assert logged_in.status in (302, 303), await logged_in.text()
    return await answer_consent(node, logged_in.headers["Location"])


def parse_redirect(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the query parameters of a redirect to the app."""
    assert answer.status in (302, 303), answer.status
    assert answer.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


async def exchange(
    node: TestNode, app: App, code: str, as_json: bool = False, **changes: str
) -> tuple[int, App]:
    body = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": BACK,
        "code": code,
        **changes,
    }
    async with node.http.post("/oauth/token", **{"json" if as_json else "data": body}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "no-store" in answer.headers["Cache-Control"]
        return answer.status, await answer.json()


async def get_verify_status(node: TestNode, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with node.http.get("/api/v1/accounts/verify_credentials", headers=headers) as answer:
        return answer.status


async def test_authorization_with_pkce_yields_a_token(node: TestNode) -> None:
    app = await register(node)
    query = parse_redirect(await log_in_and_allow(node, build_authorize_path(app, state=STATE, **PKCE)))
    assert query["state"] == STATE
    status, token = await exchange(node, app, query["code"], code_verifier=VERIFIER)
    assert status == 200, token
    assert (token["token_type"], token["scope"]) == ("Bearer", "read")
    assert abs(token["created_at"] * 1000 - node.clock.now) < 60_000
    assert await get_verify_status(node, token["access_token"]) == 200


async def test_authorization_in_an_existing_session_with_json_and_trailing_slash(node: TestNode) -> None:
    app = await register(node)
    await log_in(node, "/login", email="ann@mail.test", password=PASSWORD)
    query = parse_redirect(
        await answer_consent(node, build_authorize_path(app).replace("authorize?", "authorize/?"))
    )
    status, token = await exchange(node, app, query["code"], as_json=True)
    assert status == 200
    assert await get_verify_status(node, token["access_token"]) == 200


async def test_out_of_band_code_is_shown_to_its_member_only(node: TestNode) -> None:
    app = await register(node, OOB)
    sent = await log_in_and_allow(node, build_authorize_path(app, redirect_uri=OOB))
    assert sent.status == 303
    assert sent.headers["Location"].startswith("/oauth/authorize/native?code=")
    _, page = await open_page(node, sent.headers["Location"])
    assert "App" in page
    code = find_form("<form>" + page, "code").values["code"]
    async with node.http.get("/oauth/authorize/native?code=unknown") as answer:
        assert answer.status == 404
    await node.create_member("bob")
    bob = node.open_browser()
    await bob.post("/login", data={"username": "bob", "password": PASSWORD})
    async with bob.get(sent.headers["Location"]) as answer:
        assert answer.status == 404, "a code is shown only to whom it was given"
    status, token = await exchange(node, app, code, redirect_uri=OOB)
    assert status == 200
    assert await get_verify_status(node, token["access_token"]) == 200


async def test_consent_page_lists_scopes_and_escapes_input(node: TestNode) -> None:
    app = await register(node)
    logged_in = await log_in(
        node, build_authorize_path(app, state='"><script>alert(1)</script>', scope="read write:statuses")
    )
    async with node.http.get(logged_in.headers["Location"]) as answer:
        page, headers = await answer.text(), answer.headers
    assert "ann" in page
    assert "statuses" in page
    assert "<b>App</b>" not in page
    assert "<script>alert" not in page
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
    assert "form-action 'self' https://app.test" in headers["Content-Security-Policy"]
    assert "Cross-Origin-Opener-Policy" not in headers, "pop-ups report back to their opener"


async def test_denied_authorization_sends_no_code(node: TestNode) -> None:
    app = await register(node)
    logged_in = await log_in(node, build_authorize_path(app, state=STATE))
    query = parse_redirect(await answer_consent(node, logged_in.headers["Location"], "deny"))
    assert (query["error"], query["state"]) == ("access_denied", STATE)
    assert "code" not in query


async def test_force_login_asks_for_the_password_again(node: TestNode) -> None:
    app = await register(node)
    await log_in(node, "/login")
    _, page = await open_page(node, build_authorize_path(app, force_login="true"))
    assert find_form(page, "password")
    query = parse_redirect(await log_in_and_allow(node, build_authorize_path(app, force_login="true")))
    assert "code" in query


async def test_redirect_uri_with_an_encoded_uri_in_its_path_is_compared_as_it_is(node: TestNode) -> None:
    """Register and use a redirect URI of Elk: it is neither decoded nor normalized."""
    elk = "https://elk.test/api/alpha.test/oauth/https%3A%2F%2Felk.test"
    body = {"client_name": "Elk", "redirect_uris": elk, "scopes": "read write follow push"}
    async with node.http.post("/api/v1/apps", json=body) as answer:
        app = await answer.json()
    assert app["redirect_uri"] == elk
    assert app["redirect_uris"] == [elk]
    query = {"redirect_uri": elk, "scope": "read write follow push", "force_login": "true", "lang": "en"}
    back = await log_in_and_allow(node, build_authorize_path(app, **query))
    assert back.headers["Location"].startswith(elk + "?code=")
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    decoded = elk.replace("%3A%2F%2F", "://")
    assert (await exchange(node, app, code, True, redirect_uri=decoded))[0] == 400
    assert (await exchange(node, app, code, True, redirect_uri=elk))[0] == 200
    async with node.http.get(build_authorize_path(app, redirect_uri=decoded)) as answer:
        assert answer.status == 422


@pytest.mark.parametrize("kind", ["form", "form-list", "json", "json-list", "multipart", "multipart-list"])
async def test_app_registration_accepts_all_body_formats(node: TestNode, kind: str) -> None:
    uris = [BACK, OOB]
    plain = {"client_name": "App", "scopes": "read write:statuses", "website": "https://app.test/"}
    form_body: Any
    if kind.startswith("json"):
        listed: Any = uris if kind.endswith("list") else "\n".join(uris)
        body: dict[str, Any] = {"json": {**plain, "redirect_uris": listed}}
    else:
        pairs = [("redirect_uris[]", uri) for uri in uris]
        pairs = pairs if kind.endswith("list") else [("redirect_uris", "\n".join(uris))]
        form_body = aiohttp.FormData([*plain.items(), *pairs], default_to_multipart="multi" in kind)
        body = {"data": form_body}
    async with node.http.post("/api/v1/apps", **body) as answer:
        assert answer.status == 200, await answer.text()
        app = await answer.json()
    assert (app["redirect_uris"], app["redirect_uri"]) == (uris, "\n".join(uris))
    assert app["scopes"] == ["read", "write:statuses"]
    assert app["website"] == "https://app.test/"
    assert app["client_secret_expires_at"] == 0


async def test_mastodon_login_path_redirects_to_login(node: TestNode) -> None:
    async with node.http.get("/auth/sign_in", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
    _, page = await open_page(node, "/auth/sign_in?next=/settings/apps")
    assert find_form(page, "password").values["next"] == "/settings/apps"


# --- what is refused


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": BACK[:-1]}, {"redirect_uri": BACK + "more"}, {"redirect_uri": BACK + "?x=1"},
        {"redirect_uri": "https://APP.test/back/"}, {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": ""},
        {"redirect_uri": OOB}, {"client_id": "unknown"}, {"client_id": "\x00"}, {"client_id": ""},
        {"response_type": "token"}, {"scope": "read push"}, {"scope": "nonsense"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, {"code_challenge": CHALLENGE},
        {"code_challenge_method": "S256"}, {"code_challenge": "short", "code_challenge_method": "S256"},
    ],
)  # fmt: skip
async def test_invalid_authorization_request_does_not_redirect(
    node: TestNode, change: dict[str, str]
) -> None:
    app = await register(node)
    await log_in(node, "/login")
    async with node.http.get(build_authorize_path(app, **change), allow_redirects=False) as answer:
        assert 400 <= answer.status < 500
        assert "Location" not in answer.headers
        assert "Traceback" not in await answer.text()


async def test_consent_from_another_site_is_refused(node: TestNode) -> None:
    app = await register(node)
    await log_in(node, "/login")
    url, page = await open_page(node, build_authorize_path(app))
    filled = find_form(page, "client_id")
    values = {**filled.values, "decision": "allow"}
    for body, headers in (
        ({**values, "csrf": ""}, {"Origin": node.base}),
        ({**values, "csrf": "x" * 43}, {"Sec-Fetch-Site": "same-origin"}),
        (values, {"Origin": "https://evil.test"}),
        (values, {"Sec-Fetch-Site": "cross-site"}),
        ({**values, "redirect_uri": "https://evil.test/"}, {"Origin": node.base}),
    ):
        async with node.http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            assert answer.status in (403, 422)
            assert "Location" not in answer.headers


async def test_consent_without_session_yields_no_code(node: TestNode) -> None:
    app = await register(node)
    body = {"client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "decision": "allow"}
    async with node.http.post("/oauth/authorize", data=body, allow_redirects=False) as answer:
        assert "code=" not in answer.headers.get("Location", "")
        assert answer.status >= 300


async def test_replayed_code_revokes_the_token(node: TestNode) -> None:
    app = await register(node)
    code = parse_redirect(await log_in_and_allow(node, build_authorize_path(app)))["code"]
    _, token = await exchange(node, app, code)
    status, refusal = await exchange(node, app, code)
    assert status == 400
    assert refusal["error"] == "invalid_grant"
    assert refusal["error_description"]
    assert await get_verify_status(node, token["access_token"]) == 401


async def test_concurrent_exchanges_of_a_code_yield_one_token(node: TestNode) -> None:
    app = await register(node)
    code = parse_redirect(await log_in_and_allow(node, build_authorize_path(app)))["code"]
    answers = await asyncio.gather(*[exchange(node, app, code) for _ in range(6)])
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400, 400, 400]


async def test_code_is_bound_to_app_redirect_uri_and_verifier(node: TestNode) -> None:
    app, other = await register(node), await register(node)
    code = parse_redirect(await log_in_and_allow(node, build_authorize_path(app, **PKCE)))["code"]
    right = {"code_verifier": VERIFIER}
    for asking, change, error in (
        (other, right, "invalid_grant"),
        (app, {**right, "redirect_uri": "https://evil.test/"}, "invalid_grant"),
        (app, {}, "invalid_grant"),
        (app, {"code_verifier": "w" * 64}, "invalid_grant"),
        (app, {**right, "client_secret": other["client_secret"]}, "invalid_client"),
        (app, {**right, "client_secret": ""}, "invalid_client"),
        (app, {**right, "client_id": "\x00"}, "invalid_client"),
        (app, {**right, "grant_type": "password"}, "unsupported_grant_type"),
    ):
        status, refusal = await exchange(node, asking, code, **change)
        assert (status, refusal["error"]) == (401 if error == "invalid_client" else 400, error)
    assert (await exchange(node, app, code, **right))[0] == 200


async def test_code_expires_after_ten_minutes(node: TestNode) -> None:
    app = await register(node)
    code = parse_redirect(await log_in_and_allow(node, build_authorize_path(app)))["code"]
    node.clock.forward(seconds=600)
    assert (await exchange(node, app, code))[0] == 400


@pytest.mark.parametrize("uris", [5, {"a": 1}, [5], None, [[BACK]]])
async def test_invalid_app_registration_is_refused(node: TestNode, uris: Any) -> None:
    async with node.http.post("/api/v1/apps", json={"client_name": "App", "redirect_uris": uris}) as answer:
        assert answer.status == 422
        assert "error" in await answer.json()
