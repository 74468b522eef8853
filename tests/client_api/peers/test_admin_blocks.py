"""Blocks over the client API: peers, e-mail addresses, networks; and that they work."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from fedserver.domain.audit_log import audit_log
from fedserver.domain.relationships import follows
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.visitors import log_in_visitor

SCOPES = "read write follow push admin:read admin:write"
BLOCKS, ALLOWS = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"
DOMAINS, CANONICAL = "/api/v1/admin/email_domain_blocks", "/api/v1/admin/canonical_email_blocks"
IPS = "/api/v1/admin/ip_blocks"


async def start_world(start: Start, **config: Any) -> tuple[TestNode, Api, AccountRow]:
    node = await start("alpha.test", **config)
    moderator = await node.create_member("mod", "moderator")
    return node, Api(node, await node.create_token(moderator, SCOPES)), await node.create_member("ann")


async def sign_up(node: TestNode, name: str, email: str = "", came_from: str = "") -> int:
    values = {"username": name, "email": email or f"{name}@mail.test", "password": PASSWORD, "reason": "hi"}
    headers = {"X-Forwarded-For": came_from} if came_from else {}
    async with node.http.post("/signup", data=values, headers=headers, allow_redirects=False) as answer:
        return answer.status


# --- peers


async def test_domain_blocks_are_created_read_changed_and_removed(start: Start) -> None:
    node, mod, _ = await start_world(start)
    block = await mod.post(
        BLOCKS,
        domain="Bad.Example.",
        severity="suspend",
        private_comment="they came last week",
        public_comment="Spam",
        obfuscate=True,
    )
    assert block["domain"] == "bad.example"
    assert block["severity"] == "suspend"
    assert block["obfuscate"]
    assert block["digest"] == hashlib.sha256(b"bad.example").hexdigest()
    assert (block["private_comment"], block["public_comment"]) == ("they came last week", "Spam")
    path = f"{BLOCKS}/{block['id']}"
    assert await mod.get(path) == block
    assert await mod.get(BLOCKS) == [block]
    assert not node.node.services.policies.allows("sub.bad.example")
    [public] = await mod.get("/api/v1/instance/domain_blocks")
    assert public["domain"] == "ba*.*****le"
    assert public["comment"] == "Spam"
    assert public["digest"] == block["digest"]

    changed = await mod.put(path, severity="silence", obfuscate=False)
    assert changed["severity"] == "silence"
    assert changed["public_comment"] == "Spam"
    assert changed["id"] == block["id"]
    assert not changed["obfuscate"]
    assert node.node.services.policies.allows("bad.example")
    assert (await mod.get("/api/v1/instance/domain_blocks"))[0]["domain"] == "bad.example"
    noop = await mod.put(path, severity="noop", reject_media=True)
    assert noop["severity"] == "noop"
    assert noop["reject_media"]
    assert await mod.get("/api/v1/instance/domain_blocks") == []
    assert not node.node.services.policies.allows_media("cdn.bad.example")
    assert await mod.delete(path) == {}
    for method in ("GET", "PUT", "DELETE"):
        assert (await mod.request(method, path, json={} if method == "PUT" else None)).status == 404
    assert await mod.get(BLOCKS) == []
    assert node.node.services.policies.allows_media("bad.example")
    async with node.db.read() as tx:
        verbs = [row.verb for row in await audit_log.list_by_target(tx, "bad.example")]
    assert verbs == ["peer.reset", "peer.note", "peer.limit", "peer.block"]


async def test_domain_block_that_is_milder_than_an_existing_one_is_refused(start: Start) -> None:
    _, mod, _ = await start_world(start)
    limited = await mod.post(BLOCKS, domain="bad.example")
    assert limited["severity"] == "silence", "as documented"
    for name, severity in (
        ("bad.example", "suspend"),
        ("sub.bad.example", "silence"),
        ("x.bad.example", "noop"),
    ):
        refused = await mod.request("POST", BLOCKS, json={"domain": name, "severity": severity})
        assert refused.status == 422
        assert refused.body["existing_domain_block"]["id"] == limited["id"]
        assert refused.body["error"] == "You have already imposed stricter limits on bad.example."
    sharper = await mod.post(BLOCKS, domain="sub.bad.example", severity="suspend")
    assert [block["id"] for block in await mod.get(BLOCKS, limit=1)] == [sharper["id"]]
    assert [block["id"] for block in await mod.get(BLOCKS, max_id=sharper["id"])] == [limited["id"]]


@pytest.mark.parametrize(
    "wrong", [{}, {"domain": " "}, {"domain": "a b"}, {"domain": "x/y"}, {"domain": "b.c", "severity": "odd"}]
)
async def test_domain_block_with_wrong_values_is_refused(start: Start, wrong: dict[str, str]) -> None:
    _, mod, _ = await start_world(start)
    assert (await mod.request("POST", BLOCKS, json=wrong)).status == 422
    assert await mod.get(BLOCKS) == []


async def test_domain_allows_are_created_read_and_removed(start: Start) -> None:
    node, mod, _ = await start_world(start, mode="allowlist")
    assert not node.node.services.policies.allows("good.example")
    block = await mod.post(ALLOWS, domain="good.example")
    assert block["domain"] == "good.example"
    assert block["created_at"]
    assert (await mod.post(ALLOWS, domain="good.example"))["id"] == block["id"]
    assert node.node.services.policies.allows("good.example")
    assert await mod.get(ALLOWS) == [block] == [await mod.get(f"{ALLOWS}/{block['id']}")]
    assert (await mod.request("GET", f"{BLOCKS}/{block['id']}")).status == 404
    assert (await mod.request("POST", ALLOWS, json={})).status == 422
    await mod.delete(f"{ALLOWS}/{block['id']}")
    assert (await mod.request("DELETE", f"{ALLOWS}/{block['id']}")).status == 404
    assert not node.node.services.policies.allows("good.example")


async def test_domain_block_ends_follows_and_hides_accounts_until_removed(start: Start) -> None:
    node, mod, ann = await start_world(start)
    async with node.db.write() as tx:
        bob, eve = (
            await create_remote_account(tx, "bob"),
            await create_remote_account(tx, "eve", "sub.beta.test"),
        )
        fay = await create_remote_account(tx, "fay", "gamma.test")
        for other in (bob, eve, fay):
            await follows.follow(tx, node.site, ann, other)
            await follows.receive_answer(tx, other, ann.id, None, accepted=True)
        await follows.receive(tx, bob, ann, "https://beta.test/f/1")
    await node.settle()
    me = Api(node, await node.create_token(ann))
    assert (await me.get("/api/v1/accounts/verify_credentials"))["following_count"] == 3
    await mod.post(f"/api/v1/admin/accounts/{eve.id}/action", type="suspend")
    [first] = await me.get("/api/v1/notifications", **{"types[]": "severed_relationships"})
    assert first["event"]["target_name"] == "eve@sub.beta.test"
    block = await mod.post(BLOCKS, domain="beta.test", severity="suspend")
    notifications = await me.get("/api/v1/notifications", **{"types[]": "severed_relationships"})
    event = notifications[0]["event"]
    assert (event["type"], event["target_name"]) == ("domain_block", "beta.test")
    assert (event["followers_count"], event["following_count"]) == (1, 1)
    credentials = await me.get("/api/v1/accounts/verify_credentials")
    assert (credentials["followers_count"], credentials["following_count"]) == (0, 1)
    assert (await me.get(f"/api/v1/accounts/{bob.id}"))["suspended"] is True
    assert [account["acct"] for account in await me.get(f"/api/v1/accounts/{ann.id}/following")] == [
        "fay@gamma.test"
    ]

    await mod.delete(f"{BLOCKS}/{block['id']}")
    assert "suspended" not in await me.get(f"/api/v1/accounts/{bob.id}")
    assert (await me.get(f"/api/v1/accounts/{eve.id}"))["suspended"] is True, "she was suspended by herself"


async def test_domain_limit_applies_to_known_and_new_accounts(start: Start) -> None:
    node, mod, ann = await start_world(start)
    async with node.db.write() as tx:
        bob = await create_remote_account(tx, "bob")
    block = await mod.post(BLOCKS, domain="beta.test", severity="silence")
    async with node.db.write() as tx:
        eve = await create_remote_account(tx, "eve", "sub.beta.test")
        await follows.receive(tx, eve, ann, "https://sub.beta.test/f/1")
    me = Api(node, await node.create_token(ann))
    for other in (bob, eve):
        assert (await me.get(f"/api/v1/accounts/{other.id}"))["limited"] is True
    assert [item["acct"] for item in await me.get("/api/v1/follow_requests")] == ["eve@sub.beta.test"]
    assert [notification["type"] for notification in await me.get("/api/v1/notifications")] == [
        "follow_request"
    ]
    await mod.put(f"{BLOCKS}/{block['id']}", severity="noop")
    assert "limited" not in await me.get(f"/api/v1/accounts/{bob.id}")


# --- e-mail


async def test_email_domain_block_refuses_and_counts_attempts(start: Start) -> None:
    node, mod, _ = await start_world(start)
    block = await mod.post(DOMAINS, domain="Bad.example")
    assert block["domain"] == "bad.example"
    assert len(block["history"]) == 7
    assert block["history"][0] == {"day": block["history"][0]["day"], "accounts": "0", "uses": "0"}
    for name, email, came_from in (
        ("eve", "eve@bad.example", "203.0.113.7"),
        ("fay", "fay@mx.bad.example", "203.0.113.7"),
        ("gus", "gus@BAD.example", "203.0.113.8"),
    ):
        assert await sign_up(node, name, email, came_from) == 422
    assert await sign_up(node, "hal", "hal@notbad.example") == 303
    path = f"{DOMAINS}/{block['id']}"
    today = (await mod.get(path))["history"][0]
    assert (today["accounts"], today["uses"]) == ("3", "2")
    assert (await mod.get(DOMAINS))[0]["id"] == block["id"]
    for wrong in ({}, {"domain": "bad.example"}, {"domain": "a b"}):
        assert (await mod.request("POST", DOMAINS, json=wrong)).status == 422
    assert await mod.delete(path) == {}
    assert (await mod.request("GET", path)).status == 404 == (await mod.request("DELETE", path)).status
    assert await sign_up(node, "eve", "eve@bad.example") == 303


async def test_canonical_email_block_refuses_every_spelling(start: Start) -> None:
    node, mod, _ = await start_world(start)
    block = await mod.post(CANONICAL, email="E.v.e+news@Mail.test")
    digest = hashlib.sha256(b"eve@mail.test").hexdigest()
    assert block == {"id": block["id"], "canonical_email_hash": digest}
    assert await mod.post(CANONICAL + "/test", email="ev.e@mail.test") == [block]
    assert await mod.post(CANONICAL + "/test", email="fay@mail.test") == []
    assert (await mod.request("POST", CANONICAL + "/test", json={})).status == 422
    assert await sign_up(node, "eve", "eve+2@mail.test") == 422
    assert await sign_up(node, "fay", "fay@mail.test") == 303
    other = await mod.post(CANONICAL, canonical_email_hash=hashlib.sha256(b"gus@mail.test").hexdigest())
    assert await sign_up(node, "gus") == 422
    assert [block["id"] for block in await mod.get(CANONICAL)] == [other["id"], block["id"]]
    for wrong in ({}, {"canonical_email_hash": "zz"}, {"email": "eve@mail.test"}):
        assert (await mod.request("POST", CANONICAL, json=wrong)).status == 422
    path = f"{CANONICAL}/{block['id']}"
    assert await mod.get(path) == block
    assert await mod.delete(path) == {}
    assert (await mod.request("GET", path)).status == 404 == (await mod.request("DELETE", path)).status
    assert await sign_up(node, "eve", "eve@mail.test") == 303


# --- networks


async def test_ip_blocks_are_created_read_changed_and_removed(start: Start) -> None:
    _, mod, _ = await start_world(start)
    block = await mod.post(
        IPS, ip="203.0.113.9/24", severity="sign_up_block", comment="spam", expires_in=3600
    )
    assert block["ip"] == "203.0.113.0/24"
    assert block["comment"] == "spam"
    assert block["expires_at"]
    path = f"{IPS}/{block['id']}"
    assert await mod.get(path) == block
    assert await mod.get(IPS) == [block]
    changed = await mod.put(path, severity="no_access", expires_in=0)
    assert changed["severity"] == "no_access"
    assert changed["expires_at"] is None
    assert changed["comment"] == "spam"
    single = await mod.post(IPS, ip="2001:db8::7", severity="sign_up_requires_approval")
    assert single["ip"] == "2001:db8::7/128"
    assert [block["id"] for block in await mod.get(IPS, limit=1)] == [single["id"]]
    for wrong in (
        {},
        {"ip": "203.0.113.0/24", "severity": "no_access"},
        {"ip": "odd", "severity": "no_access"},
        {"ip": "0.0.0.0/0", "severity": "no_access"},
        {"ip": "198.51.100.1"},
        {"ip": "198.51.100.1", "severity": "odd"},
        {"ip": "127.0.0.0/8", "severity": "no_access"},
    ):
        assert (await mod.request("POST", IPS, json=wrong)).status == 422, wrong
    refused = await mod.request("PUT", path, json={"ip": "2001:db8::7"})
    assert refused.status == 422, "there is one"
    assert await mod.delete(path) == {}
    for method in ("GET", "PUT", "DELETE"):
        assert (await mod.request(method, path)).status == 404


async def test_ip_block_refuses_sign_ups_or_demands_approval(start: Start) -> None:
    node, mod, _ = await start_world(start)
    await mod.post(IPS, ip="203.0.113.0/24", severity="sign_up_block", expires_in=3600)
    await mod.post(IPS, ip="198.51.100.0/24", severity="sign_up_requires_approval")
    assert await sign_up(node, "eve", came_from="203.0.113.7") == 422
    assert await sign_up(node, "fay", came_from="198.51.100.7") == 200
    [waiting] = await mod.get("/api/v2/admin/accounts", status="pending")
    assert waiting["username"] == "fay"
    assert waiting["ip"] == "198.51.100.7"
    assert await sign_up(node, "gus", came_from="192.0.2.7") == 303
    node.clock.forward(hours=2)
    assert await sign_up(node, "eve", came_from="203.0.113.7") == 303


async def test_ip_block_without_access_refuses_every_request(start: Start) -> None:
    node, mod, ann = await start_world(start)
    there = {"X-Forwarded-For": "203.0.113.7"}
    block = await mod.post(IPS, ip="203.0.113.0/24", severity="no_access", expires_in=7200)
    await mod.post(IPS, ip="198.51.100.7", severity="no_access")
    assert node.node.services.ip_blocklist.is_blocked("198.51.100.7")
    api = Api(node, await node.create_token(ann))
    refused = await api.request("GET", "/api/v1/timelines/home", headers=there)
    assert refused.status == 403
    assert "address" in refused.body["error"]
    async with node.http.get("/about", headers={**there, "Accept": "text/html"}) as answer:
        assert answer.status == 403
        assert answer.content_type == "text/html"
    async with node.http.post(
        "/login", data={"username": "ann", "password": PASSWORD}, headers=there, allow_redirects=False
    ) as answer:
        assert answer.status == 403
    mapped = {"X-Forwarded-For": "::ffff:198.51.100.7"}
    assert (await api.request("GET", "/api/v1/timelines/home", headers=mapped)).status == 403
    assert (await api.request("GET", "/api/v1/timelines/home")).status == 200
    beside = {"X-Forwarded-For": "203.0.114.1"}
    assert (await api.request("GET", "/api/v1/timelines/home", headers=beside)).status == 200
    node.clock.forward(hours=3)
    assert (await api.request("GET", "/api/v1/timelines/home", headers=there)).status == 200, "it is over"
    await node.settle()
    assert (await mod.request("GET", f"{IPS}/{block['id']}")).status == 404, "and cleaned away"


async def test_ip_block_refuses_logins_before_the_process_knows_it(start: Start) -> None:
    node, mod, _ = await start_world(start)
    await mod.post(IPS, ip="203.0.113.0/24", severity="no_access")
    node.node.services.ip_blocklist._blocked_networks.clear()
    form = {"username": "ann", "password": PASSWORD}
    there = {"X-Forwarded-For": "203.0.113.7"}
    async with node.http.post("/login", data=form, headers=there, allow_redirects=False) as answer:
        assert answer.status == 403


async def test_block_decisions_are_in_the_audit_log(start: Start) -> None:
    node, mod, _ = await start_world(start)
    block = await mod.post(IPS, ip="203.0.113.7", severity="no_access", comment="attack")
    await mod.delete(f"{IPS}/{block['id']}")
    domain = await mod.post(DOMAINS, domain="bad.example")
    await mod.delete(f"{DOMAINS}/{domain['id']}")
    async with node.db.read() as tx:
        rows = (await audit_log.list_page(tx, Page()))[::-1]
    assert [row.verb for row in rows] == [
        "ip.no_access",
        "ip.unblock",
        "email_domain.block",
        "email_domain.unblock",
    ]
    assert rows[0].reason == "attack"
    assert rows[1].undoes_id == rows[0].id
    assert rows[3].undoes_id == rows[2].id


async def test_own_domain_cannot_be_blocked(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann", role="admin")
    api = Api(node, await node.create_token(ann, "admin:read admin:write"))
    for name in ("alpha.test", "ALPHA.test.", "test"):
        for severity in ("suspend", "silence", "noop"):
            answer = await api.request(
                "POST", "/api/v1/admin/domain_blocks", json={"domain": name, "severity": severity}
            )
            assert answer.status == 422, name
            assert answer.body["error"] == "Validation failed: Domain is this server's own"
    assert await api.get("/api/v1/admin/domain_blocks") == []
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.fill_in("/admin/peers?domain=alpha.test", "public_comment", policy="limit")
    assert page.status == 422
    assert "is this server itself, or covers it" in page.text
