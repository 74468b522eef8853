"""Every route in every access mode, for every kind of caller. A route that is added is walked as well.

What is expected is the table in FEDERATION.md. EVERYWHERE lists what no mode restricts and FILES what is for
who has the address; whatever is in neither is for members, or, in `s2s`, for peers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.auth import apps, tokens
from fedserver.domain.peers import partners, peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.federation.signing import build_request
from fedserver.node import list_endpoints
from fedserver.web.endpoint import Endpoint
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor
from tests.kit.people import create_remote_account
from tests.kit.pictures import make_picture
from tests.kit.signed_requests import load_private_key
from tests.kit.visitors import log_in_visitor

# The modes are decided before any statement runs.
ON_SQLITE = pytest.mark.parametrize("start", ["sqlite"], indirect=True)
MODES: dict[str, dict[str, Any]] = {
    "open": {},
    "authorized_fetch": {"authorized_fetch": True},
    "allowlist": {"mode": "allowlist"},
    "closed": {"mode": "closed"},
    "members": {"readers": "members"},
    "partners": {"readers": "partners"},
}
LIMITED, PRIVATE = ("allowlist", "closed", "members", "partners"), ("members", "partners")
SIGNERS = {
    "signed by a partner": "partner.test",
    "signed by an allowed peer": "good.test",
    "signed by any other peer": "other.test",
    "signed by a blocked peer": "bad.test",
}
UNSIGNED = "unsigned, with whatever token"
VISITORS, WITH_GRANT = (
    "visitors, apps without a member",
    "anyone with an address that an app or peer was given",
)
TABLE = Path(__file__).parents[2] / "FEDERATION.md"


def read_table() -> dict[tuple[str, str, str], int]:
    """Return the statuses of the table in FEDERATION.md by kind of route, caller and mode."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("|")]
    first = next(number for number, line in enumerate(lines) if line.startswith("| routes | caller"))
    statuses, kind = {}, ""
    for line in lines[first + 2 :]:
        routes, caller, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        kind = routes.split("**")[1] if routes else kind
        assert len(cells) == len(MODES)
        statuses |= {(kind, caller, mode): int(cell) for mode, cell in zip(MODES, cells, strict=True)}
    return statuses


EXPECTED = read_table()
# Signs of life, discovery, what describes the node to those who want to join, and every way to a log-in, for
# people and for apps. Streams ask for a member in every mode.
EVERYWHERE = set(
    """
    GET /livez; GET /health; GET /readyz; GET /readyz/details; POST /readyz/details;
    GET /source;
    GET /.well-known/webfinger; GET /.well-known/host-meta; GET /.well-known/host-meta.json;
    GET /.well-known/nodeinfo; GET /nodeinfo/{version}; GET /actor;
    GET /community/{kind:logo|picture}/{key:.+};
    GET /privacy; GET /terms; GET /terms/{day}; GET /imprint; GET /accessibility;
    GET /about; GET /apps; GET /manifest.json; GET /robots.txt; GET /style.css; GET /styleguide; POST /locale;
    GET /service-worker.js; GET /offline; GET /approved/{token}; POST /approved/{token};
    GET /favicon.ico; GET /apple-touch-icon.png; GET /apple-touch-icon-precomposed.png;
    GET /goodbye; GET /signup; POST /signup; GET /invite/{code}; GET /setup/{token}; POST /setup/{token};
    GET /confirm/{token}; POST /confirm/{token}; GET /email/{token}; POST /email/{token};
    GET /forgot; POST /forgot; GET /reset/{token}; POST /reset/{token}; GET /.well-known/change-password;
    GET /login; POST /login; GET /auth/sign_in; POST /logout; GET /login/second; POST /login/second;
    POST /resume; POST /login/passkey; POST /login/passkey/options;
    GET /login/provider; GET /login/provider/back; GET /login/provider/join; POST /login/provider/join;
    GET /oauth/authorize; POST /oauth/authorize; POST /oauth/token; POST /oauth/revoke;
    GET /.well-known/oauth-authorization-server;
    GET /subscriptions/{token}; POST /subscriptions/{token};
    GET /subscriptions/{token}/end; POST /subscriptions/{token}/end;
    POST /api/v1/apps; GET /api/v1/apps/verify_credentials; POST /api/v1/accounts;
    GET /api/v1/instance; GET /api/v2/instance; GET /api/v1/instance/rules; GET /api/v1/instance/languages;
    GET /api/v1/instance/extended_description; GET /api/v1/instance/privacy_policy;
    GET /api/v1/instance/terms_of_service; GET /api/v1/instance/terms_of_service/{date};
    GET /api/v1/streaming; GET /api/v1/streaming/health; GET /api/v1/streaming/user;
    GET /api/v1/streaming/user/notification; GET /api/v1/streaming/public; GET /api/v1/streaming/public/local;
    GET /api/v1/streaming/public/remote; GET /api/v1/streaming/public/media; GET /api/v1/streaming/hashtag;
    GET /api/v1/streaming/hashtag/local; GET /api/v1/streaming/list; GET /api/v1/streaming/direct
    """.replace("\n", " ").split(";")
)
EVERYWHERE = {re.sub(" +", " ", route).strip() for route in EVERYWHERE}
FILES = {
    "GET /media/{key:.+}",
    "GET /media/proxy/emoji/{shape:original|small}",
    "GET /media/proxy/{id}/{shape:original|small|avatar|header|card}",
    "GET /media/proxy/posts/{id}/{kind:image|gifv|video|audio}",
}
# Documents for the node that signed alone.
SIGNED_ONLY = ("/users/{name}/followers_synchronization", "/partners/offers/{id}")
ENDPOINTS = sorted(list_endpoints(), key=lambda endpoint: (*endpoint.route_key, endpoint.surface))


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def is_everywhere(endpoint: Endpoint) -> bool:
    return name_of(endpoint) in EVERYWHERE


def is_for_peers(endpoint: Endpoint) -> bool:
    return endpoint.surface == "s2s" and not is_everywhere(endpoint)


def kind_of(endpoint: Endpoint) -> str:
    """Return the kind of a route, as the table names it."""
    if is_for_peers(endpoint):
        if endpoint.method == "POST":
            return "inboxes"
        return "for one peer" if endpoint.path in SIGNED_ONLY else "documents"
    if endpoint.path.startswith("/api/v1/streaming") and not endpoint.path.endswith("/health"):
        return "streams"
    if is_everywhere(endpoint):
        return "for everyone"
    return "files" if name_of(endpoint) in FILES else "pages, feeds and the client API"


@dataclass
class Lab:
    """A node with a member, a post, and tokens."""

    node: TestNode
    values: dict[str, str]
    headers: dict[str, dict[str, str]]
    member_http: Any
    mismatches: list[str] = field(default_factory=list)

    def path_of(self, endpoint: Endpoint) -> str:
        """Return a path of a route that leads to something."""
        account_id, post_id = self.values["account"], self.values["post"]
        identifier = account_id if "/accounts/{id}" in endpoint.path else post_id
        values = {**self.values, "id": self.values["article"] if "articles" in endpoint.path else identifier}
        return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda match: values.get(match[1], "x"), endpoint.path)

    async def ask(self, endpoint: Endpoint, caller: str = "", **options: Any) -> tuple[int, Any]:
        """Send a request of a visitor, `app` or `member`; returns the status and a short description."""
        accept = "text/html" if endpoint.html else "application/json"
        headers = {"Accept": ACTIVITY_JSON if endpoint.activitypub else accept, **options.pop("headers", {})}
        http = self.node.http
        if caller == "member" and endpoint.html:
            http = self.member_http
        elif caller:
            headers |= self.headers[caller]
        async with http.request(
            endpoint.method, self.path_of(endpoint), headers=headers, allow_redirects=False, **options
        ) as answer:
            login = answer.headers.get("Location", "").startswith("/login?next=")
            is_stream = answer.content_type == "text/event-stream"
            body = b"" if is_stream else await answer.read()
            return (401 if login else answer.status), body

    def expect(self, endpoint: Endpoint, what: str, status: int, expected: Any) -> None:
        accepted = expected if isinstance(expected, tuple) else (expected,)
        if status not in accepted:
            self.mismatches.append(
                f"{name_of(endpoint)} [{endpoint.surface}] {what}: {status}, not {expected}"
            )


async def open_lab(start: Start, mode: str) -> Lab:
    node = await start(f"{mode.replace('_', '-')}.test", **MODES[mode])
    ann, admin = await node.create_member("ann"), await node.create_member("ada", "admin")
    member = await node.load_member(admin)
    post_id = await node.publish(ann, "Hello #fox")
    article_id = await node.publish(ann, "Long", kind="Article", title="A title")
    async with node.db.write() as tx:
        registered = await apps.register(tx, "App", ("https://app.test/",), "read write", "")
        app_id = registered.row.id
        app_token = await tokens.create(tx, "read write", app_id=app_id, member_id=None, account_id=None)
        for host in (SIGNERS["signed by an allowed peer"], SIGNERS["signed by a partner"]):
            await peers.decide(tx, None, host, PeerDecision("allow"))
        await peers.decide(tx, None, SIGNERS["signed by a blocked peer"], PeerDecision("block"))
        actor = await create_remote_account(tx, "eve", SIGNERS["signed by a partner"])
        await partners.receive_offer(tx, node.site, actor, f"{actor.uri}#offers/1", ["posts"], "")
        (offer,) = await partners.list_all(tx)
        await partners.answer(tx, node.site, member, offer.id, accepted=True)
    values = {
        "name": "ann", "account": str(ann.id), "post": str(post_id), "article": str(article_id), "tag": "fox",
        "key": await node.node.services.store.put_bytes(make_picture(), "png"),
        "place": str(post_id), "version": "2.1", "date": "2026-01-01", "shape": "original", "kind": "follows",
    }  # fmt: skip
    bearers = {"app": app_token.secret, "member": await node.create_token(ann)}
    headers = {caller: {"Authorization": f"Bearer {secret}"} for caller, secret in bearers.items()}
    return Lab(node, values, headers, (await log_in_visitor(node, "ann")).http)


def sign(lab: Lab, method: str, path: str, host: str, body: bytes = b"") -> dict[str, str]:
    request = build_request(method, lab.node.base + path, body)
    key_id = f"https://{host}/users/eve#main-key"
    digest = sha256(body) if body else None
    return cavage.sign(load_private_key(), key_id, request, lab.node.clock(), digest)


def serve_signers(stub: StubPeers) -> None:
    stub.serve(*(make_actor(f"https://{host}/users/eve", "eve") for host in SIGNERS.values()))


@ON_SQLITE
@pytest.mark.parametrize("mode", MODES)
async def test_documents_inboxes_and_files_answer_by_mode_and_signature(
    start: Start, names: tls.LoopbackResolver, mode: str
) -> None:
    lab = await open_lab(start, mode)
    like: Mapping[str, Any] = {"type": "Like", "object": f"{lab.node.base}/x"}
    async with StubPeers(names, *SIGNERS.values()) as stub:
        serve_signers(stub)
        for endpoint in ENDPOINTS:
            kind = kind_of(endpoint)
            if not is_for_peers(endpoint) and kind != "files":
                continue
            path, sends = lab.path_of(endpoint), {}
            unsigned = [(UNSIGNED, token) for token in ("", "app", "member") if kind != "files"]
            for caller, token in (*unsigned, *((name, "") for name in SIGNERS)):
                host = SIGNERS.get(caller, "good.test")
                if endpoint.method == "POST":
                    activity = {**like, "id": f"https://{host}/1", "actor": f"https://{host}/users/eve"}
                    sends = {"data": msgspec.json.encode(activity)}
                signed = sign(lab, endpoint.method, path, host, sends.get("data", b""))
                headers = {**(signed if caller in SIGNERS else {}), "Content-Type": ACTIVITY_JSON}
                status, body = await lab.ask(endpoint, token, headers=headers, **sends)
                expected = EXPECTED[kind, caller, mode]
                lab.expect(endpoint, caller, status, (200, 202, 404) if expected == 200 else expected)
                if expected != 200:
                    assert isinstance(msgspec.json.decode(body)["error"], str), name_of(endpoint)
    assert lab.mismatches == []


@ON_SQLITE
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "open"])
async def test_pages_client_api_and_files_answer_by_mode_and_caller(start: Start, mode: str) -> None:
    usual, lab = await open_lab(start, "open"), await open_lab(start, mode)
    for endpoint in ENDPOINTS:
        kind = kind_of(endpoint)
        if is_for_peers(endpoint):
            continue
        callers = ("", "app", "member") if endpoint.auth in ("anyone", "app") else ("", "app")
        for caller in callers:
            served, _ = await usual.ask(endpoint, caller)
            status, _ = await lab.ask(endpoint, caller)
            row = "anyone" if kind == "for everyone" else "members" if caller == "member" else VISITORS
            expected = EXPECTED[kind, row, mode]
            # An app that may not use an endpoint of members is refused with 422 or 403 in every mode.
            lab.expect(endpoint, caller or "visitor", status, served if expected == 200 else (401, 403))
    assert lab.mismatches == []


def test_routes_that_no_mode_restricts_are_declared_so() -> None:
    declared = {name_of(endpoint) for endpoint in ENDPOINTS if endpoint.audience == "everyone"}
    assert declared == EVERYWHERE
    assert {name_of(endpoint) for endpoint in ENDPOINTS if endpoint.audience == "files"} == FILES


@ON_SQLITE
async def test_limited_node_sends_readers_of_pages_to_the_log_in_but_feeds_get_401(start: Start) -> None:
    node = await start("alpha.test", mode="allowlist")
    await node.create_member("ann")
    html = {"Accept": "text/html"}
    async with node.http.get("/@ann?tab=replies", headers=html, allow_redirects=False) as page:
        assert (page.status, page.headers["Location"]) == (303, "/login?next=%2F%40ann%3Ftab%3Dreplies")
    for path in ("/@ann.atom", "/@ann.rss", "/@ann/blog.atom"):
        async with node.http.get(path, allow_redirects=False) as feed:
            assert feed.status == 401, path


@ON_SQLITE
async def test_limited_node_names_no_partner_nor_number_of_active_members(start: Start) -> None:
    node = await start("alpha.test", mode="closed")
    async with node.http.get("/api/v2/instance") as answer:
        instance = await answer.json()
    assert instance["configuration"]["limited_federation"] is True
    assert instance["configuration"]["timelines_access"]["live_feeds"]["local"] == "authenticated"
    assert instance["usage"] == {"users": {"active_month": 0}}
    async with node.http.get("/nodeinfo/2.1") as answer:
        assert (await answer.json(content_type=None))["metadata"]["partners"] == []


@ON_SQLITE
async def test_what_a_limited_node_answers_is_kept_by_no_shared_cache(
    start: Start, names: tls.LoopbackResolver
) -> None:
    lab = await open_lab(start, "allowlist")
    async with StubPeers(names, *SIGNERS.values()) as stub:
        serve_signers(stub)
        signed = {**sign(lab, "GET", "/users/ann", "good.test"), "Accept": ACTIVITY_JSON}
        async with lab.node.http.get("/users/ann", headers=signed) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-store")
    async with lab.member_http.get("/@ann.atom") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-store")
