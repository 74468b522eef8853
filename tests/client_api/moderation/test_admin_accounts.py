"""Moderation over the client API: who may, what actions do everywhere, and how they are undone."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import invitations, members
from fedserver.domain.portability import account_deletion
from fedserver.node import list_endpoints
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start, TestNode

SCOPES = "read write follow push admin:read admin:write"
PATH = "/api/v1/admin/accounts"


PROGRAM = Path("docs/log.md").read_text().partition("```python\n")[2].partition("```")[0]


class Staff:
    """A node with an owner, an admin, moderators and two members, and the API of each."""

    def __init__(self, node: TestNode, people: dict[str, AccountRow], apis: dict[str, Api]) -> None:
        self.node = node
        self.people = people
        self.apis = apis

    def __getitem__(self, name: str) -> Api:
        return self.apis[name]

    def id(self, name: str) -> str:
        return str(self.people[name].id)

    async def apply_action(self, who: str, name: str, kind: str, **more: Any) -> None:
        assert await self[who].post(f"{PATH}/{self.id(name)}/action", type=kind, **more) == {}


async def create_staff(start: Start, domain: str = "alpha.test") -> Staff:
    node = await start(domain)
    roles = {"olga": "owner", "ada": "admin", "mod": "moderator", "mel": "moderator", "ann": "member"}
    people = {name: await node.create_member(name, role) for name, role in roles.items()}
    people["bob"] = await node.create_member("bob")
    apis = {name: Api(node, await node.create_token(row, SCOPES)) for name, row in people.items()}
    return Staff(node, people, apis)


def ids(entities: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in entities]


async def test_admin_endpoints_refuse_everybody_but_staff_with_the_scope(start: Start) -> None:
    """Without a token 401, with a member's 403, without the scope 403."""
    node = await start("alpha.test")
    member, moderator = await node.create_member("ann"), await node.create_member("mod", "moderator")
    nobody = Api(node)
    plain = Api(node, await node.create_token(member, SCOPES))
    narrow = Api(node, await node.create_token(moderator, "read write"))
    endpoint_count = 0
    for endpoint in list_endpoints():
        if "/admin/" not in endpoint.path or not endpoint.path.startswith("/api/"):
            continue
        endpoint_count += 1
        path = re.sub(r"\{[^}]*\}", "1", endpoint.path)
        assert (await nobody.request(endpoint.method, path)).status == 401, path
        assert (await plain.request(endpoint.method, path)).status == 403, path
        refused = await narrow.request(endpoint.method, path)
        assert refused.status == 403, path
        assert "scope" in refused.body["error"], path
        assert endpoint.scope.startswith("admin:write" if _is_writing(endpoint) else "admin:read"), path
    assert endpoint_count >= 58


def _is_writing(endpoint: Any) -> bool:
    return endpoint.method != "GET" and endpoint.tx != "read"


async def test_admin_token_with_a_reading_scope_cannot_write(start: Start) -> None:
    node = await start("alpha.test")
    moderator = await node.create_member("mod", "moderator")
    api = Api(node, await node.create_token(moderator, "admin:read:accounts"))
    ann = await node.create_member("ann")
    assert (await api.get(f"{PATH}/{ann.id}"))["username"] == "ann"
    assert (await api.request("POST", f"{PATH}/{ann.id}/action", json={"type": "silence"})).status == 403
    assert (await api.request("GET", "/api/v1/admin/reports")).status == 403


async def test_admin_accounts_are_filtered_and_paged(start: Start) -> None:
    world = await create_staff(start)
    mod = world["mod"]
    async with world.node.db.write() as tx:
        member = await world.node.load_member(world.people["ann"])
        invitation = await invitations.create(tx, member)
    async with world.node.http.post(
        "/signup",
        data={
            "username": "eve",
            "email": "eve@mail.test",
            "password": PASSWORD,
            "invitation": invitation.code,
        },
        headers={"X-Forwarded-For": "203.0.113.7"},
        allow_redirects=False,
    ) as answer:
        assert answer.status == 303
    everybody = await mod.get("/api/v2/admin/accounts")
    assert [item["username"] for item in everybody] == ["eve", "bob", "ann", "mel", "mod", "ada", "olga"]
    eve = everybody[0]
    assert eve["email"] == "eve@mail.test"
    assert eve["ip"] == "203.0.113.7"
    assert eve["approved"]
    assert eve["invited_by_account_id"] == world.id("ann")
    assert eve["account"]["acct"] == "eve"
    assert eve["ips"][0]["ip"] == "203.0.113.7"
    assert eve["domain"] is None
    assert not eve["sensitized"]
    olga = everybody[-1]
    assert olga["role"]["name"] == "Owner"
    assert olga["role"]["id"] == "3"

    async def names(**query: Any) -> list[str]:
        return [account["username"] for account in await mod.get("/api/v2/admin/accounts", **query)]

    assert await names(permissions="staff") == ["mel", "mod", "ada", "olga"]
    assert await names(**{"role_ids[]": "2"}) == ["ada"]
    assert await names(invited_by=world.id("ann")) == ["eve"]
    assert await names(username="B") == ["bob"]
    assert await names(email="EVE@") == ["eve"]
    assert await names(ip="203.0.113.7") == ["eve"] == await names(ip="203.0.113.0/24")
    assert await names(ip="203.0.114.0/24") == [] == await names(by_domain="beta.test")
    assert await names(origin="remote") == []
    await world["ann"].patch("/api/v1/accounts/update_credentials", display_name="Anna")
    assert await names(display_name="ann") == ["ann"]
    for wrong in ({"status": "odd"}, {"origin": "odd"}, {"ip": "odd"}, {"role_ids[]": "77"}):
        assert (await mod.request("GET", "/api/v2/admin/accounts", params=wrong)).status == 422

    first = await mod.request("GET", "/api/v2/admin/accounts", params={"limit": "3"})
    assert [item["username"] for item in first.body] == ["eve", "bob", "ann"]
    link = re.search(r"max_id=(\d+)", first.headers["Link"])
    assert link
    assert await names(limit=3, max_id=link.group(1)) == ["mel", "mod", "ada"]
    assert await names(limit=2, min_id=world.id("ann")) == ["eve", "bob"]

    await world.apply_action("mod", "bob", "silence")
    await world.apply_action("mod", "ann", "disable")
    old = "/api/v1/admin/accounts"
    assert ids(await mod.get(old, silenced="true")) == [world.id("bob")]
    assert ids(await mod.get(old, disabled="true")) == [world.id("ann")]
    assert world.id("ann") not in ids(await mod.get(old, active="true", local="true"))
    assert len(await mod.get(old, staff="true")) == 4
    assert await mod.get(old, remote="true") == []


async def test_sign_ups_are_approved_or_deleted(start: Start) -> None:
    node = await start("alpha.test", registration="approval")
    moderator = await node.create_member("mod", "moderator")
    mod = Api(node, await node.create_token(moderator, SCOPES))

    async def ask(name: str) -> int:
        values = {"username": name, "email": f"{name}@mail.test", "password": PASSWORD, "reason": "I like it"}
        async with node.http.post("/signup", data=values, allow_redirects=False) as answer:
            return answer.status

    for name in ("eve", "fay"):
        assert await ask(name) == 200
    fay, eve = await mod.get("/api/v2/admin/accounts", status="pending")
    assert (eve["invite_request"], eve["approved"]) == ("I like it", False)
    notifications = await mod.get("/api/v1/notifications", **{"types[]": "admin.sign_up"})
    assert [item["account"]["acct"] for item in notifications] == ["fay", "eve"]
    assert (await mod.post(f"{PATH}/{eve['id']}/approve"))["approved"]
    assert (await mod.request("POST", f"{PATH}/{eve['id']}/approve")).status == 403
    assert (await mod.request("POST", f"{PATH}/{eve['id']}/reject")).status == 403
    gone = await mod.post(f"{PATH}/{fay['id']}/reject")
    assert gone["username"] == "fay"
    assert (await mod.request("GET", f"{PATH}/{fay['id']}")).status == 404
    assert (await mod.request("POST", f"{PATH}/1/approve")).status == 404
    assert await mod.get("/api/v2/admin/accounts", status="pending") == []
    assert await mod.get("/api/v1/notifications", **{"types[]": "admin.sign_up"}) == []
    assert await ask("fay") == 200, "name and address are free again"
    async with node.db.read() as tx:
        verbs = [row.verb for row in await audit_log.list_page(tx, Page())]
    assert verbs == ["member.reject", "member.approve"]


async def test_silenced_account_is_hidden_from_all_but_followers(start: Start) -> None:
    world = await create_staff(start)
    ann, bob, olga, nobody = world["ann"], world["bob"], world["olga"], Api(world.node)
    await olga.post(f"/api/v1/accounts/{world.id('ann')}/follow")
    await world.apply_action("mod", "ann", "silence", text="Too loud")
    post = await ann.post("/api/v1/statuses", status="hello @bob and @olga #ghent")
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/tag/ghent"):
        assert await nobody.get(path) == [] == await bob.get(path)
    assert ids(await olga.get("/api/v1/timelines/home")) == [post["id"]]
    assert (await nobody.get(f"/api/v1/statuses/{post['id']}"))["account"]["limited"] is True
    assert await bob.get("/api/v1/notifications") == []
    assert [notification["type"] for notification in await olga.get("/api/v1/notifications")] == ["mention"]

    shown = await world["mod"].post(f"{PATH}/{world.id('ann')}/unsilence")
    assert not shown["silenced"]
    assert ids(await nobody.get("/api/v1/timelines/public")) == [post["id"]]
    again = await ann.post("/api/v1/statuses", status="again @bob")
    assert [notification["status"]["id"] for notification in await bob.get("/api/v1/notifications")] == [
        again["id"]
    ]


async def test_sensitive_account_has_its_old_and_new_posts_marked(start: Start) -> None:
    world = await create_staff(start)
    ann, nobody = world["ann"], Api(world.node)
    before = await ann.post("/api/v1/statuses", status="one")
    assert not before["sensitive"]
    await world.apply_action("mod", "ann", "sensitive")
    after = await ann.post("/api/v1/statuses", status="two")
    assert after["sensitive"]
    shown = await nobody.get("/api/v1/timelines/public")
    assert [item["sensitive"] for item in shown] == [True, True]
    headers = {"Accept": "application/activity+json"}
    async with world.node.http.get(f"/users/ann/statuses/{before['id']}", headers=headers) as answer:
        assert (await answer.json(content_type=None))["sensitive"] is True
    assert not (await world["mod"].post(f"{PATH}/{world.id('ann')}/unsensitive"))["sensitized"]
    assert not (await nobody.get(f"/api/v1/statuses/{before['id']}"))["sensitive"]


async def test_disabled_member_is_logged_out_and_keeps_the_profile(start: Start) -> None:
    world = await create_staff(start)
    ann, node = world["ann"], world.node
    await ann.post("/api/v1/statuses", status="still here")
    form = {"username": "ann", "password": PASSWORD}
    async with node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    await world.apply_action("mod", "ann", "disable")
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/public", "/api/v2/instance"):
        refused = await ann.request("GET", path)
        assert (refused.status, refused.body["error"]) == (403, "Your login is currently disabled"), path
    async with node.http.get("/home", allow_redirects=False) as answer:
        assert answer.status == 303, "the session is over"
    async with node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, "members may see the decision about them, see pages/test_decisions"
    async with node.http.get("/home") as answer:
        assert answer.url.path == "/settings/decisions"
        assert "disabled" in await answer.text()
    assert len(await Api(node).get("/api/v1/timelines/public")) == 1
    assert (await world["mod"].get(f"{PATH}/{world.id('ann')}"))["disabled"]
    assert not (await world["mod"].post(f"{PATH}/{world.id('ann')}/enable"))["disabled"]
    assert (await ann.get("/api/v1/accounts/verify_credentials"))["username"] == "ann", "apps go on"
    async with node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_suspended_account_is_hidden_and_loses_its_follows(start: Start) -> None:
    world = await create_staff(start)
    ann, bob, nobody, mod = world["ann"], world["bob"], Api(world.node), world["mod"]
    await bob.post(f"/api/v1/accounts/{world.id('ann')}/follow")
    await ann.post(f"/api/v1/accounts/{world.id('bob')}/follow")
    await ann.patch("/api/v1/accounts/update_credentials", note="about me")
    post = await ann.post("/api/v1/statuses", status="hello @bob")
    await world.apply_action("mod", "ann", "suspend", text="Spam")

    assert (await ann.request("GET", "/api/v1/timelines/home")).status == 403
    assert (await nobody.request("GET", f"/api/v1/statuses/{post['id']}")).status == 404
    assert await bob.get("/api/v1/timelines/home") == []
    shown = await nobody.get(f"/api/v1/accounts/{world.id('ann')}")
    assert shown["suspended"] is True
    assert shown["note"] == ""
    assert shown["followers_count"] == 0
    for part in ("statuses", "followers", "following"):
        assert await nobody.get(f"/api/v1/accounts/{world.id('ann')}/{part}") == []
    assert await bob.get("/api/v1/accounts/search", q="ann") == []
    account = await bob.get("/api/v1/accounts/verify_credentials")
    assert (account["followers_count"], account["following_count"]) == (0, 0)
    [relation] = await bob.get("/api/v1/accounts/relationships", **{"id[]": world.id("ann")})
    assert not relation["following"]
    assert not relation["followed_by"]
    [lost] = await bob.get("/api/v1/notifications")
    assert lost["type"] == "severed_relationships"
    assert lost["account"]["acct"] == "bob"
    event = lost["event"]
    assert (event["type"], event["target_name"]) == ("account_suspension", "ann")
    assert (event["followers_count"], event["following_count"], event["purged"]) == (1, 1, True)

    page = {"Accept": "text/html"}
    async with world.node.http.get("/@ann", headers=page) as answer:
        assert answer.status == 403
    async with world.node.http.get("/users/ann", headers={"Accept": "application/activity+json"}) as answer:
        document = await answer.json(content_type=None)
        assert answer.status == 200
        assert document["suspended"] is True
        assert not document.get("summary")
    async with world.node.http.get(
        "/users/ann/outbox", headers={"Accept": "application/activity+json"}
    ) as answer:
        assert answer.status == 403
    form = {"username": "ann", "password": PASSWORD}
    async with world.node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, "members may see the decision about them, see pages/test_decisions"
    async with world.node.http.get("/home") as answer:
        assert answer.url.path == "/settings/decisions"
        assert "suspended" in await answer.text()

    assert not (await mod.post(f"{PATH}/{world.id('ann')}/unsuspend"))["suspended"]
    assert (await nobody.get(f"/api/v1/statuses/{post['id']}"))["id"] == post["id"]
    [relation] = await bob.get("/api/v1/accounts/relationships", **{"id[]": world.id("ann")})
    assert not relation["following"], "follows do not come back"


async def test_warning_notifies_the_member(start: Start) -> None:
    world = await create_staff(start)
    await world.apply_action("mod", "ann", "none", text="Please mind rule 2")
    [notification] = await world["ann"].get("/api/v1/notifications")
    assert notification["type"] == "moderation_warning"
    assert notification["account"]["acct"] == "ann"
    warning = notification["moderation_warning"]
    assert (warning["action"], warning["text"]) == ("none", "Please mind rule 2")
    assert warning["target_account"]["acct"] == "ann"
    assert warning["appeal"] is None
    assert not (await world["mod"].get(f"{PATH}/{world.id('ann')}"))["silenced"]


async def test_moderators_cannot_act_on_higher_ranks_or_on_themselves(start: Start) -> None:
    world = await create_staff(start)
    for who, name in (
        ("mod", "olga"), ("mod", "ada"), ("mod", "mel"), ("mod", "mod"), ("ada", "olga"), ("ada", "ada"),
    ):  # fmt: skip
        for verb in ("unsilence", "enable", "unsuspend", "unsensitive"):
            assert (await world[who].request("POST", f"{PATH}/{world.id(name)}/{verb}")).status == 403
        path = f"{PATH}/{world.id(name)}/action"
        assert (await world[who].request("POST", path, json={"type": "suspend"})).status == 403
    await world.apply_action("ada", "mod", "silence")
    await world.apply_action("olga", "ada", "silence")
    async with world.node.db.read() as tx:
        node_itself = await audit_log.list_page(tx, Page())
    assert [row.verb for row in node_itself] == ["account.silence", "account.silence"]


async def test_actions_with_wrong_values_are_refused(start: Start) -> None:
    world = await create_staff(start)
    path = f"{PATH}/{world.id('ann')}/action"
    mod = world["mod"]
    for wrong, status in (
        ({}, 422),
        ({"type": "explode"}, 422),
        ({"type": "silence", "days": -1}, 422),
        ({"type": "silence", "report_id": "1"}, 404),
    ):
        assert (await mod.request("POST", path, json=wrong)).status == status, wrong
    assert (await mod.request("POST", f"{PATH}/1/action", json={"type": "none"})).status == 404
    assert (await mod.request("GET", f"{PATH}/1")).status == 404
    assert (await mod.request("GET", f"{PATH}/x")).status == 404
    async with world.node.db.read() as tx:
        assert await audit_log.list_page(tx, Page()) == []


async def test_deletion_needs_an_admin_and_a_suspended_account(start: Start) -> None:
    world = await create_staff(start)
    path = f"{PATH}/{world.id('ann')}"
    post = await world["ann"].post("/api/v1/statuses", status="hello")
    assert (await world["mod"].request("DELETE", path)).status == 403
    assert (await world["ada"].request("DELETE", path)).status == 403, "not suspended yet"
    await world.apply_action("mod", "ann", "suspend")
    gone = await world["ada"].delete(path)
    assert gone["suspended"]
    assert gone["disabled"]
    assert gone["account"]["note"] == ""
    nobody = Api(world.node)
    assert (await nobody.request("GET", f"/api/v1/statuses/{post['id']}")).status == 404
    assert (await nobody.request("GET", f"/api/v1/accounts/{world.id('ann')}")).status == 404
    async with world.node.http.get("/users/ann", headers={"Accept": "application/activity+json"}) as answer:
        assert answer.status == 410
    assert (await world["ada"].request("POST", f"{path}/unsuspend")).status == 404
    values = {"username": "ann", "email": "new@mail.test", "password": PASSWORD}
    async with world.node.http.post("/signup", data=values, allow_redirects=False) as answer:
        assert answer.status == 422, "the name stays taken"


@pytest.mark.parametrize("kind", ["silence", "disable", "suspend", "sensitive"])
async def test_action_with_days_expires(start: Start, kind: str) -> None:
    world = await create_staff(start)
    await world.apply_action("mod", "ann", kind, days=2)
    path = f"{PATH}/{world.id('ann')}"
    field = {"silence": "silenced", "disable": "disabled", "suspend": "suspended", "sensitive": "sensitized"}[
        kind
    ]
    world.node.clock.forward(days=1)
    await world.node.settle()
    mod = Api(world.node, await world.node.create_token(world.people["mod"], SCOPES))
    assert (await mod.get(path))[field]
    world.node.clock.forward(days=1, seconds=5)
    await world.node.settle()
    assert not (await mod.get(path))[field]
    async with world.node.db.read() as tx:
        lifted, done = await audit_log.list_page(tx, Page())
    assert lifted.undoes_id == done.id
    assert lifted.role == "node"
    assert done.expires_at


async def test_action_renewed_after_its_revocation_does_not_expire(start: Start) -> None:
    world = await create_staff(start)
    await world.apply_action("mod", "ann", "silence", days=1)
    await world["mod"].post(f"{PATH}/{world.id('ann')}/unsilence")
    await world.apply_action("mod", "ann", "silence")
    world.node.clock.forward(days=2)
    await world.node.settle()
    assert (await world["mod"].get(f"{PATH}/{world.id('ann')}"))["silenced"]


async def test_public_log_names_no_member_and_verifies(start: Start) -> None:
    """The program of docs/log.md verifies it, also when a member has left."""
    world = await create_staff(start, "localhost")
    node, nobody, path = world.node, Api(world.node), "/api/fedserver/v1/log"
    assert await nobody.get(path) == []
    await world.apply_action("mod", "ann", "silence", text="Zu laut für alle", days=3)
    await world.apply_action("mod", "bob", "none", text="Between us", hides_reason=True)
    await world.apply_action("mod", "ann", "none", text="As I said, Ann")
    await world["mod"].post(f"{PATH}/{world.id('ann')}/unsilence")
    await world["mod"].post(f"{PATH}/{world.id('ann')}/unsilence")
    await world["ada"].post("/api/v1/admin/domain_blocks", domain="bad.test", public_comment="Spam")
    blocked, undone, warned, private, done = await nobody.get(path)
    assert (done["act"], done["role"], done["reason"]) == ("account.silence", "moderator", "Zu laut für alle")
    assert done["subject"] == {"kind": "member", "name": ""}
    assert done["until"]
    assert done["previous"] == ""
    assert private["reason"] is None, "the moderator hid it"
    assert private["seals"]["reason"]
    assert warned["reason"] is None, "it names her"
    assert warned["reason_salt"] is None
    assert (undone["number"], undone["undoes"], undone["previous"]) == (4, done["id"], warned["hash"])
    assert (blocked["role"], blocked["subject"]["name"], blocked["reason"]) == ("admin", "bad.test", "Spam")
    assert [item["number"] for item in await nobody.get(path, limit=1, max_id=3)] == [2]
    async with node.http.get("/log", headers={"Accept": "text/html"}) as answer:
        page = await answer.text()
    assert blocked["hash"] in page
    assert "Zu laut" in page
    assert "As I said" not in page
    assert "Between us" not in page
    assert not re.search(r"\b(ann|mod|ada)\b", page, re.IGNORECASE)

    async with node.db.write() as tx:
        before = await audit_log.list_by_target(tx, world.people["ann"].uri)
        await account_deletion.delete_account(
            tx, await members.get_by_username(tx, "ann"), world.people["ann"]
        )
        assert len(before) == 3
        assert await audit_log.list_by_target(tx, world.people["ann"].uri) == []
        assert (await audit_log.verify(tx, blocked["hash"])).last == 5
    assert (await nobody.get(path))[::-1] == [done, private, warned, undone, blocked]
    names: dict[str, Any] = {}
    exec(PROGRAM, names)
    assert await asyncio.to_thread(names["check"], node.base) == blocked["hash"]
