"""Reports over the client API: filed by members, resolved by moderators."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.audit_log import audit_log
from fedserver.domain.moderation import report_views, reports
from storage.cache import CacheRegistry
from storage.engine import Page
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

SCOPES = "read write follow push admin:read admin:write"
PATH = "/api/v1/admin/reports"


async def start_world(start: Start) -> tuple[TestNode, dict[str, Api], dict[str, str]]:
    node = await start("alpha.test", rules=("Be kind", "No spam"))
    people = {name: await node.create_member(name, role) for name, role in (
        ("mod", "moderator"), ("mel", "moderator"), ("ann", "member"), ("bob", "member"))}  # fmt: skip
    apis = {name: Api(node, await node.create_token(row, SCOPES)) for name, row in people.items()}
    return node, apis, {name: str(row.id) for name, row in people.items()}


async def test_instance_rules_are_the_configured_ones(start: Start) -> None:
    node, _, _ = await start_world(start)
    rules = await Api(node).get("/api/v1/instance/rules")
    assert rules == [
        {"id": "1", "text": "Be kind", "hint": "", "translations": {}},
        {"id": "2", "text": "No spam", "hint": "", "translations": {}},
    ]


async def test_report_notifies_moderators_with_its_posts(start: Start) -> None:
    _, apis, ids = await start_world(start)
    ann, bob, mod = apis["ann"], apis["bob"], apis["mod"]
    public = await bob.post("/api/v1/statuses", status="buy now")
    private = await bob.post("/api/v1/statuses", status="@ann buy now!", visibility="direct")
    filed = await ann.post(
        "/api/v1/reports",
        account_id=ids["bob"],
        status_ids=[public["id"], private["id"]],
        comment="He sells things",
        rule_ids=[2],
        category="spam",
        forward=True,
        collection_ids=["1"],
    )
    assert filed["category"] == "violation"
    assert filed["rule_ids"] == ["2"]
    assert not filed["forwarded"]
    assert filed["status_ids"] == [public["id"], private["id"]]
    assert not filed["action_taken"]
    assert filed["target_account"]["acct"] == "bob"
    for name in ("mod", "mel"):
        [notification] = await apis[name].get("/api/v1/notifications")
        assert notification["type"] == "admin.report"
        assert notification["account"]["acct"] == "ann"
        assert notification["report"]["id"] == filed["id"]
        assert notification["report"]["comment"] == "He sells things"
    assert await bob.get("/api/v1/notifications") == []
    seen = await mod.get(f"{PATH}/{filed['id']}")
    assert [status["id"] for status in seen["statuses"]] == [public["id"], private["id"]]
    assert seen["rules"] == [{"id": "2", "text": "No spam", "hint": "", "translations": {}}]
    assert seen["account"]["username"] == "ann"
    assert seen["target_account"]["email"] == "bob@mail.test"
    assert seen["assigned_account"] is None
    assert seen["action_taken_by_account"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"account_id": "1"}, 404),
        ({"account_id": None}, 422),
        ({"category": "odd"}, 422),
        ({"rule_ids": [9]}, 422),
        ({"comment": "x" * 1_001}, 422),
        ({"status_ids": ["1"]}, 404),
    ],
)
async def test_report_with_wrong_values_is_refused(start: Start, change: dict[str, Any], status: int) -> None:
    _, apis, ids = await start_world(start)
    values = {"account_id": ids["bob"], "comment": "hm", **change}
    refused = await apis["ann"].request("POST", "/api/v1/reports", json=values)
    assert refused.status == status
    assert refused.body["error"]
    assert await apis["mod"].get(PATH) == []


async def test_report_with_posts_of_others_or_hidden_posts_is_refused(start: Start) -> None:
    node, apis, ids = await start_world(start)
    ann, bob = apis["ann"], apis["bob"]
    own = await ann.post("/api/v1/statuses", status="mine")
    unseen = await bob.post("/api/v1/statuses", status="for followers", visibility="private")
    for wrong in (own["id"], unseen["id"]):
        values = {"account_id": ids["bob"], "status_ids": [wrong]}
        assert (await ann.request("POST", "/api/v1/reports", json=values)).status == 404
    reader = Api(node, await node.create_token(await _load_account(node, "ann"), "read write:statuses"))
    refused = await reader.request("POST", "/api/v1/reports", json={"account_id": ids["bob"]})
    assert refused.status == 403
    assert (await Api(node).request("POST", "/api/v1/reports", json={"account_id": ids["bob"]})).status == 401


async def _load_account(node: TestNode, name: str) -> Any:
    from_db = await node.node.services.resolver.resolve_account(name)
    assert from_db is not None
    return from_db


async def test_admin_reports_are_filtered_and_paged(start: Start) -> None:
    _, apis, ids = await start_world(start)
    ann, bob, mod = apis["ann"], apis["bob"], apis["mod"]
    first = await ann.post("/api/v1/reports", account_id=ids["bob"])
    second = await bob.post("/api/v1/reports", account_id=ids["ann"])
    third = await bob.post("/api/v1/reports", account_id=ids["mel"])
    every = [third["id"], second["id"], first["id"]]

    async def list_ids(**query: Any) -> list[str]:
        return [item["id"] for item in await mod.get(PATH, **query)]

    assert await list_ids() == every
    assert await list_ids(limit=2) == every[:2]
    assert await list_ids(limit=2, max_id=every[1]) == every[2:]
    assert await list_ids(account_id=ids["bob"]) == every[:2]
    assert await list_ids(target_account_id=ids["bob"]) == every[2:]
    await mod.post(f"{PATH}/{second['id']}/resolve")
    assert await list_ids(resolved="true") == [second["id"]]
    assert await list_ids() == [third["id"], first["id"]]
    page = await mod.request("GET", PATH, params={"limit": "1"})
    assert f"max_id={third['id']}" in page.headers["Link"]


async def test_report_is_assigned_classified_resolved_and_reopened(start: Start) -> None:
    node, apis, ids = await start_world(start)
    mod = apis["mod"]
    filed = await apis["ann"].post("/api/v1/reports", account_id=ids["bob"], category="spam")
    path = f"{PATH}/{filed['id']}"
    assert (await mod.post(f"{path}/assign_to_self"))["assigned_account"]["username"] == "mod"
    assert (await mod.post(f"{path}/unassign"))["assigned_account"] is None
    changed = await mod.put(path, category="violation", rule_ids=[1, 2])
    assert changed["category"] == "violation"
    assert [item["id"] for item in changed["rules"]] == ["1", "2"]
    assert (await mod.request("PUT", path, json={"category": "odd"})).status == 422
    assert (await mod.request("PUT", path, json={"rule_ids": [7]})).status == 422
    assert (await mod.put(path, category="other"))["rules"] == []
    closed = await mod.post(f"{path}/resolve")
    assert closed["action_taken"]
    assert closed["action_taken_at"]
    assert closed["action_taken_by_account"]["username"] == "mod"
    opened = await mod.post(f"{path}/reopen")
    assert not opened["action_taken"]
    assert opened["action_taken_by_account"] is None
    for verb in ("", "/assign_to_self", "/unassign", "/resolve", "/reopen"):
        method = "POST" if verb else "GET"
        assert (await mod.request(method, f"{PATH}/1{verb}")).status == 404
    async with node.db.read() as tx:
        verbs = [row.verb for row in await audit_log.list_by_target(tx, f"report:{filed['id']}")]
    assert verbs == [
        "report.reopen", "report.resolve", "report.classify", "report.classify", "report.unassign",
        "report.assign",
    ]  # fmt: skip


async def test_action_on_an_account_resolves_its_open_reports(start: Start) -> None:
    node, apis, ids = await start_world(start)
    ann, mod = apis["ann"], apis["mod"]
    first = await ann.post("/api/v1/reports", account_id=ids["bob"], rule_ids=[1])
    second = await ann.post("/api/v1/reports", account_id=ids["bob"])
    action = f"/api/v1/admin/accounts/{ids['bob']}/action"
    await mod.post(action, type="none", report_id=first["id"], text="Be kind")
    assert [item["id"] for item in await mod.get(PATH)] == [second["id"]]
    async with node.db.read() as tx:
        done = next(row for row in await audit_log.list_page(tx, Page()) if row.verb == "account.none")
    assert done.rule == "1"
    assert done.reason == "Be kind"
    other = await ann.post("/api/v1/reports", account_id=ids["mel"])
    refused = await mod.request("POST", action, json={"type": "silence", "report_id": other["id"]})
    assert refused.status == 404, "it is about another account"
    await mod.post(action, type="silence")
    assert [item["id"] for item in await mod.get(PATH)] == [other["id"]]


async def test_report_views_take_the_same_statements_for_any_page(start: Start) -> None:
    node, apis, ids = await start_world(start)
    from_ann = apis["ann"]
    post = await apis["bob"].post("/api/v1/statuses", status="x")
    await from_ann.post("/api/v1/reports", account_id=ids["bob"], status_ids=[post["id"]])
    counted = []
    for _ in range(2):
        rows, views = await _count_load_statements(node)
        counted.append(rows)
        assert views
        for _ in range(4):
            await from_ann.post("/api/v1/reports", account_id=ids["bob"], status_ids=[post["id"]])
    assert counted[0] == counted[1]


async def _count_load_statements(node: TestNode) -> tuple[int, int]:
    node.db.caches = CacheRegistry()
    async with node.db.read() as tx:
        rows = await reports.list_page(tx, Page(), "all")
        views = await report_views.load(tx, node.site, rows)
        return tx.statement_count, len(views)
