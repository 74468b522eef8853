"""Measures, dimensions and retention, counted from real activity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedserver.domain.metrics import measures
from fedserver.domain.relationships import follows
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account

SCOPES = "read write follow push admin:read admin:write"
MEASURES, DIMENSIONS, RETENTION = (
    f"/api/v1/admin/{name}" for name in ("measures", "dimensions", "retention")
)


def format_day(node: TestNode, days_ago: int = 0) -> str:
    moment = datetime.fromtimestamp(node.clock.now / 1000, UTC) - timedelta(days=days_ago)
    return moment.date().isoformat()


async def start_world(start: Start) -> tuple[TestNode, Api, dict[str, Api], dict[str, str]]:
    node = await start("alpha.test")
    people = {name: await node.create_member(name, role) for name, role in (
        ("mod", "moderator"), ("ann", "member"), ("bob", "member"))}  # fmt: skip
    apis = {name: Api(node, await node.create_token(row, SCOPES)) for name, row in people.items()}
    return node, apis["mod"], apis, {name: str(row.id) for name, row in people.items()}


async def fetch_measures(
    node: TestNode, api: Api, *keys: str, days_ago: int = 1, **more: Any
) -> dict[str, Any]:
    fetched = await api.post(
        MEASURES,
        keys=list(keys),
        start_at=format_day(node, days_ago),
        end_at=f"{format_day(node)}T12:00:00.000Z",
        **more,
    )
    return {item["key"]: item for item in fetched}


async def test_measures_count_what_members_did_by_day(start: Start) -> None:
    node, mod, apis, ids = await start_world(start)
    post = await apis["ann"].post("/api/v1/statuses", status="hello #ghent")
    await apis["bob"].post(f"/api/v1/statuses/{post['id']}/favourite")
    await apis["bob"].post(f"/api/v1/statuses/{post['id']}/reblog")
    await apis["bob"].post("/api/v1/statuses", status="@ann hi", in_reply_to_id=post["id"])
    await apis["ann"].post("/api/v1/statuses", status="and more", in_reply_to_id=post["id"])
    filed = await apis["ann"].post("/api/v1/reports", account_id=ids["bob"])
    await mod.post(f"/api/v1/admin/reports/{filed['id']}/resolve")
    names = ("active_users", "new_users", "interactions", "opened_reports", "resolved_reports", "odd")
    fetched = await fetch_measures(node, mod, *names)
    assert list(fetched) == list(names[:-1])
    totals = {name: int(measure["total"]) for name, measure in fetched.items()}
    assert totals == {
        "active_users": 3, "new_users": 3, "interactions": 3, "opened_reports": 1, "resolved_reports": 1,
    }  # fmt: skip
    for measure in fetched.values():
        assert [data["value"] for data in measure["data"]] == ["0", measure["total"]]
        assert measure["data"][0]["date"] == f"{format_day(node, 1)}T00:00:00.000Z"
        assert measure["previous_total"] == "0"
        assert measure["unit"] is None
        assert "human_value" not in measure

    node.clock.forward(days=2)
    await apis["ann"].get("/api/v1/timelines/home")
    later = await fetch_measures(node, mod, "active_users", "new_users")
    assert later["active_users"]["total"] == "1"
    assert later["active_users"]["previous_total"] == "3"
    assert later["new_users"]["total"] == "0"
    assert later["new_users"]["previous_total"] == "3"
    whole = await fetch_measures(node, mod, "active_users", days_ago=2)
    assert whole["active_users"]["total"] == "3", "each member once"
    assert [measure["value"] for measure in whole["active_users"]["data"]] == ["3", "0", "2"]


async def test_measures_of_hashtags_and_peers_count_their_subject(start: Start) -> None:
    node, mod, apis, _ = await start_world(start)
    await apis["ann"].post("/api/v1/statuses", status="one #ghent")
    await apis["ann"].post("/api/v1/statuses", status="two #ghent")
    await apis["bob"].post("/api/v1/statuses", status="three #ghent #bruges")
    ann = await node.node.services.resolver.resolve_account("ann")
    async with node.db.write() as tx:
        fay = await create_remote_account(tx, "fay")
        await follows.follow(tx, node.site, ann, fay)
        await follows.receive_answer(tx, fay, ann.id, None, accepted=True)
        await follows.receive(tx, fay, ann, "https://beta.test/f/1")
    await apis["ann"].post("/api/v1/reports", account_id=str(fay.id))
    [ghent] = [tag for tag in await mod.get("/api/v1/admin/tags") if tag["name"] == "ghent"]
    subject = {"id": ghent["id"]}
    tag = ("tag_accounts", "tag_uses", "tag_servers")
    fetched = await fetch_measures(node, mod, *tag, **dict.fromkeys(tag, subject))
    assert [fetched[name]["total"] for name in tag] == ["2", "3", "0"]
    peer = (
        "instance_accounts", "instance_media_attachments", "instance_reports", "instance_statuses",
        "instance_follows", "instance_followers",
    )  # fmt: skip
    fetched = await fetch_measures(node, mod, *peer, **{name: {"domain": "beta.test"} for name in peer})
    assert [fetched[name]["total"] for name in peer] == ["1", "0", "1", "0", "1", "1"]
    assert fetched["instance_media_attachments"]["unit"] == "bytes"
    assert fetched["instance_media_attachments"]["human_value"] == "0 Bytes"


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": ["new_users"]},
        {"keys": ["new_users"], "start_at": "soon", "end_at": "2026-11-18"},
        {"keys": ["new_users"], "start_at": "2026-11-18", "end_at": "2026-11-17"},
        {"keys": ["new_users"], "start_at": "1990-01-01", "end_at": "2026-11-17"},
        {"keys": ["tag_uses"], "start_at": "2026-11-17", "end_at": "2026-11-18"},
        {"keys": ["instance_accounts"], "start_at": "2026-11-17", "end_at": "2026-11-18"},
    ],
)
async def test_measures_with_wrong_values_are_refused(start: Start, wrong: dict[str, Any]) -> None:
    _, mod, _, _ = await start_world(start)
    refused = await mod.request("POST", MEASURES, json=wrong)
    assert refused.status == 422
    assert refused.body["error"]


async def test_measure_takes_one_statement(start: Start) -> None:
    node, _, _, _ = await start_world(start)
    now = node.clock.now
    async with node.db.read() as tx:
        for name in measures.NAMES:
            before = tx.statement_count
            span = measures.to_span(now - 90 * 86_400_000, now)
            await measures.load_measure(tx, name, span, measures.MeasureSubject(1, "beta.test"))
            assert tx.statement_count == before + 1, name


async def test_dimensions_list_their_largest_entries(start: Start) -> None:
    node, mod, apis, _ = await start_world(start)
    await apis["ann"].post("/api/v1/statuses", status="één #ghent", language="nl")
    await apis["ann"].post("/api/v1/statuses", status="twee #ghent", language="nl")
    await apis["bob"].post("/api/v1/statuses", status="three", language="en")
    ann = await node.node.services.resolver.resolve_account("ann")
    async with node.db.write() as tx:
        fay = await create_remote_account(tx, "fay")
        await follows.follow(tx, node.site, ann, fay)
        await follows.receive_answer(tx, fay, ann.id, None, accepted=True)
    [ghent] = await mod.get("/api/v1/admin/tags")
    names = (
        "languages", "sources", "servers", "space_usage", "software_versions", "tag_servers", "tag_languages",
        "instance_accounts", "instance_languages", "odd",
    )  # fmt: skip
    tag, peer = {"id": ghent["id"]}, {"domain": "beta.test"}
    dimensions = await mod.post(
        DIMENSIONS,
        keys=list(names),
        start_at=format_day(node, 3),
        end_at=format_day(node),
        limit=5,
        tag_servers=tag,
        tag_languages=tag,
        instance_accounts=peer,
        instance_languages=peer,
    )
    by_name = {item["key"]: item["data"] for item in dimensions}
    assert list(by_name) == list(names[:-1])
    assert [(item["key"], item["value"]) for item in by_name["languages"]] == [("nl", "2"), ("en", "1")]
    assert [(item["human_key"], item["value"]) for item in by_name["sources"]] == [("Website", "3")]
    assert by_name["servers"] == [] == by_name["instance_languages"]
    assert [(item["key"], item["value"]) for item in by_name["tag_servers"]] == [("alpha.test", "2")]
    assert [(item["key"], item["value"]) for item in by_name["tag_languages"]] == [("nl", "2")]
    assert [(instance["key"], instance["value"]) for instance in by_name["instance_accounts"]] == [
        ("fay", "1")
    ]
    database, media = by_name["space_usage"]
    assert database["key"] in ("sqlite", "postgresql")
    assert int(database["value"]) > 100_000
    assert database["human_value"].endswith(("KB", "MB"))
    assert media["value"] == "0"
    versions = {item["key"]: item["value"] for item in by_name["software_versions"]}
    assert {"fedserver", "python", database["key"]} == set(versions)
    assert all(versions.values())
    short = await mod.post(DIMENSIONS, keys=["languages"], limit=1)
    assert len(short[0]["data"]) == 1, "the last month, if no span is given"
    assert (await mod.request("POST", DIMENSIONS, json={"keys": ["tag_servers"]})).status == 422


async def test_retention_counts_cohorts_by_day_and_month(start: Start) -> None:
    node, mod, apis, _ = await start_world(start)
    first = format_day(node)
    await apis["ann"].get("/api/v1/timelines/home")
    await apis["bob"].get("/api/v1/timelines/home")
    node.clock.forward(days=1)
    await apis["ann"].get("/api/v1/timelines/home")
    cohorts = await mod.post(RETENTION, start_at=first, end_at=format_day(node), frequency="day")
    assert [cohort["period"][:10] for cohort in cohorts] == [first, format_day(node)]
    assert [cohort["frequency"] for cohort in cohorts] == ["day", "day"]
    joined, second = cohorts
    # Three joined; the moderator, who asks, is counted as active when the first request is noted.
    assert [item["value"] for item in joined["data"]] == ["2", "1"]
    assert [round(item["rate"], 2) for item in joined["data"]] == [0.67, 0.33]
    assert [(item["value"], item["rate"]) for item in second["data"]] == [("0", 0.0)]
    months = await mod.post(RETENTION, start_at=first, end_at=format_day(node), frequency="month")
    [month] = months
    assert month["period"] == f"{first[:7]}-01T00:00:00.000Z"
    assert month["data"][0]["value"] == "3"
    assert month["data"][0]["rate"] == 1.0
    assert await mod.post(RETENTION) == [], "as documented"
    assert (await mod.request("POST", RETENTION, json={"start_at": "x", "end_at": "y"})).status == 422
