"""Scheduled statuses: stored as written, published once at their time, and hidden from others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec
import pytest

from fedserver.domain.auth import member_access, members
from fedserver.domain.posts import scheduled_posts
from fedserver.jobs.cleanup import CleanupWorker
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture

PATH = "/api/v1/scheduled_statuses"


async def start_world(start: Start) -> tuple[TestNode, Api, Api]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))


def format_later(node: TestNode, **span: float) -> str:
    """Return a time after now, as clients write it."""
    seconds = span.get("seconds", 0) + span.get("hours", 0) * 3600 + span.get("days", 0) * 86_400
    return datetime.fromtimestamp(node.clock.now / 1000 + seconds, UTC).isoformat().replace("+00:00", "Z")


async def upload(ann: Api, color: str = "teal") -> str:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(color), filename="a.png", content_type="image/png")
    return str((await ann.request("POST", "/api/v2/media", data=form)).body["id"])


async def list_texts(ann: Api) -> list[str]:
    me = await ann.get("/api/v1/accounts/verify_credentials")
    statuses = await ann.get(f"/api/v1/accounts/{me['id']}/statuses")
    return [status["content"] for status in statuses]


async def test_scheduled_status_is_published_once_at_its_time(start: Start) -> None:
    node, ann, bob = await start_world(start)
    moment = format_later(node, hours=1)
    scheduled = await ann.post(
        "/api/v1/statuses",
        status="Later @bob",
        scheduled_at=moment,
        visibility="unlisted",
        spoiler_text="soon",
        language="en",
        sensitive="0",
        poll={"options": ["x", "y"], "expires_in": "600", "multiple": "1", "hide_totals": "0"},
    )
    assert scheduled["scheduled_at"][:19] == moment[:19]
    assert scheduled["media_attachments"] == []
    assert scheduled["params"] == {
        "text": "Later @bob",
        "poll": {"options": ["x", "y"], "expires_in": 600, "multiple": True, "hide_totals": False},
        "media_ids": None,
        "sensitive": False,
        "spoiler_text": "soon",
        "visibility": "unlisted",
        "in_reply_to_id": None,
        "quoted_status_id": None,
        "quote_approval_policy": "public",
        "language": "en",
        "application_id": 0,
        "idempotency": None,
        "scheduled_at": None,
        "with_rate_limit": False,
    }
    assert await ann.get(PATH) == [scheduled] == [await ann.get(f"{PATH}/{scheduled['id']}")]
    await node.settle()
    assert await list_texts(ann) == []
    assert await bob.get("/api/v1/notifications") == []
    node.clock.forward(hours=1, seconds=1)
    await node.settle()
    await node.settle()
    [notification] = await bob.get("/api/v1/notifications")
    status = notification["status"]
    assert status["visibility"] == "unlisted"
    assert status["spoiler_text"] == "soon"
    assert status["poll"]["multiple"]
    assert not status["poll"]["expired"], "its duration begins with the publication"
    assert status["created_at"] > scheduled["scheduled_at"]
    assert len(await list_texts(ann)) == 1
    assert await ann.get(PATH) == []
    assert (await ann.request("GET", f"{PATH}/{scheduled['id']}")).status == 404


async def test_media_of_a_scheduled_status_are_kept_for_it(start: Start) -> None:
    node, ann, bob = await start_world(start)
    first, second, spare = await upload(ann), await upload(ann, "red"), await upload(ann, "blue")
    scheduled = await ann.post(
        "/api/v1/statuses", status="", media_ids=[second, first], scheduled_at=format_later(node, days=3)
    )
    assert (
        [file["id"] for file in scheduled["media_attachments"]]
        == [second, first]
        == scheduled["params"]["media_ids"]
    )
    taken = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "media_ids": [first]})
    assert taken.status == 422
    assert "scheduled post" in taken.body["error"]
    again = {"status": "x", "media_ids": [first], "scheduled_at": format_later(node, days=1)}
    assert (await ann.request("POST", "/api/v1/statuses", json=again)).status == 422
    assert (await ann.request("DELETE", f"/api/v1/media/{first}")).status == 422
    theirs = {"status": "x", "media_ids": [spare], "scheduled_at": format_later(node, days=1)}
    assert (await bob.request("POST", "/api/v1/statuses", json=theirs)).status == 422
    node.clock.forward(days=2)
    await CleanupWorker(node.node.services).run()
    assert (await ann.request("GET", f"/api/v1/media/{spare}")).status == 404, "unused files are deleted"
    node.clock.forward(days=1, seconds=5)
    await node.settle()
    me = await ann.get("/api/v1/accounts/verify_credentials")
    [shown] = await ann.get(f"/api/v1/accounts/{me['id']}/statuses")
    assert [file["id"] for file in shown["media_attachments"]] == [second, first]

    other = await upload(ann)
    waiting = await ann.post(
        "/api/v1/statuses", status="", media_ids=[other], scheduled_at=format_later(node, days=3)
    )
    await ann.delete(f"{PATH}/{waiting['id']}")
    assert (await ann.post("/api/v1/statuses", status="free", media_ids=[other]))["media_attachments"]


async def test_scheduled_status_is_rescheduled_and_cancelled(start: Start) -> None:
    node, ann, _ = await start_world(start)
    scheduled = await ann.post("/api/v1/statuses", status="moved", scheduled_at=format_later(node, hours=1))
    cancelled = await ann.post("/api/v1/statuses", status="gone", scheduled_at=format_later(node, hours=1))
    path = f"{PATH}/{scheduled['id']}"
    moment = format_later(node, hours=3)
    moved = await ann.put(path, scheduled_at=moment)
    assert moved["scheduled_at"][:19] == moment[:19]
    assert moved["params"] == scheduled["params"]
    assert await ann.put(path) == moved
    assert await ann.delete(f"{PATH}/{cancelled['id']}") == {}
    node.clock.forward(hours=2)
    await node.settle()
    assert await list_texts(ann) == []
    await ann.put(path, scheduled_at=format_later(node, seconds=400))
    node.clock.forward(seconds=401)
    await node.settle()
    assert await list_texts(ann) == ["<p>moved</p>"]
    node.clock.forward(hours=2)
    await node.settle()
    assert await list_texts(ann) == ["<p>moved</p>"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2020-01-01T00:00:00Z", "The scheduled date must be in the future"),
        ("soon", "must be a time"),
        ("9999-12-31T23:59:59-23:00", ""),
        ("0001-01-01T00:00:00+23:59", ""),
    ],
)
async def test_schedule_with_a_wrong_time_is_refused(start: Start, text: str, why: str) -> None:
    node, ann, _ = await start_world(start)
    scheduled = await ann.post("/api/v1/statuses", status="x", scheduled_at=format_later(node, hours=1))
    for method, path in (("POST", "/api/v1/statuses"), ("PUT", f"{PATH}/{scheduled['id']}")):
        for moment in (text, format_later(node, seconds=299)):
            answer = await ann.request(method, path, json={"status": "y", "scheduled_at": moment})
            assert answer.status == 422, answer.body
            assert moment != text or why in answer.body["error"]
    early = await ann.request(
        "POST", "/api/v1/statuses", json={"status": "y", "scheduled_at": format_later(node)}
    )
    expected = "Validation failed: Scheduled at The scheduled date must be in the future"
    assert early.body["error"] == expected
    assert len(await ann.get(PATH)) == 1
    assert await list_texts(ann) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": ""},
        {"status": "x" * 6_000},
        {"status": "x", "visibility": "friends"},
        {"status": "x", "in_reply_to_id": "1"},
        {"status": "x", "poll": {"options": ["a"], "expires_in": 600}},
        {"status": "x", "media_ids": ["1"]},
    ],
)
async def test_schedule_of_an_invalid_status_is_refused(start: Start, wrong: dict[str, Any]) -> None:
    node, ann, _ = await start_world(start)
    answer = await ann.request(
        "POST", "/api/v1/statuses", json={**wrong, "scheduled_at": format_later(node, hours=1)}
    )
    assert answer.status in (404, 422)
    assert answer.body["error"]
    assert await ann.get(PATH) == []


async def test_scheduled_status_is_hidden_from_others(start: Start) -> None:
    node, ann, bob = await start_world(start)
    scheduled = await ann.post("/api/v1/statuses", status="mine", scheduled_at=format_later(node, hours=1))
    path = f"{PATH}/{scheduled['id']}"
    assert await bob.get(PATH) == []
    moment = {"scheduled_at": format_later(node, hours=2)}
    for who, status in ((bob, 404), (Api(node), 401)):
        for method in ("GET", "PUT", "DELETE"):
            assert (await who.request(method, path, json=moment)).status == status
    async with node.db.read() as tx:
        account = await account_queries.find_by_handle(tx, "ann", "")
    assert account is not None
    reader, writer = [Api(node, await node.create_token(account, scope)) for scope in ("read", "write")]
    assert (await reader.request("DELETE", path)).status == 403 == (await writer.request("GET", path)).status
    assert await ann.get(path) == scheduled


async def test_schedule_with_one_idempotency_key_is_stored_once(start: Start) -> None:
    node, ann, bob = await start_world(start)
    body = {"status": "once", "scheduled_at": format_later(node, hours=1)}

    async def post(who: Api, key: str) -> str:
        answer = await who.request("POST", "/api/v1/statuses", json=body, headers={"Idempotency-Key": key})
        assert answer.status == 200
        assert answer.body["params"]["idempotency"] == key
        return str(answer.body["id"])

    first = await post(ann, "k")
    assert await post(ann, "k") == first != await post(ann, "l")
    assert await post(bob, "k") != first
    assert len(await ann.get(PATH)) == 2
    node.clock.forward(seconds=3_300)
    body["scheduled_at"] = format_later(node, hours=5)
    assert await post(ann, "k") == first
    node.clock.forward(seconds=400)
    await node.settle()
    assert await post(ann, "k") != first


async def test_scheduled_statuses_are_limited_and_paged(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, ann, bob = await start_world(start)
    monkeypatch.setattr(scheduled_posts, "MAX_SCHEDULED", 30)
    tomorrow = node.clock.now // 86_400_000 * 86_400 + 86_400
    ids = []
    for number in range(25):
        moment = datetime.fromtimestamp(tomorrow + number * 600, UTC).isoformat()
        ids.append((await ann.post("/api/v1/statuses", status=f"{number}", scheduled_at=moment))["id"])
    full = datetime.fromtimestamp(tomorrow + 80_000, UTC).isoformat()
    answer = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": full})
    assert answer.status == 422
    assert "limit of 25 scheduled posts for that day" in answer.body["error"]
    await ann.put(f"{PATH}/{ids[0]}", scheduled_at=full)
    await bob.post("/api/v1/statuses", status="x", scheduled_at=full)
    for day in range(1, 6):
        other = datetime.fromtimestamp(tomorrow + day * 86_400, UTC).isoformat()
        ids.append((await ann.post("/api/v1/statuses", status="more", scheduled_at=other))["id"])
    other = datetime.fromtimestamp(tomorrow + 9 * 86_400, UTC).isoformat()
    answer = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": other})
    assert answer.status == 422
    assert "limit of 30 scheduled posts" in answer.body["error"]

    page = await ann.request("GET", PATH, params={"limit": "4"})
    assert [item["id"] for item in page.body] == ids[::-1][:4]
    assert page.headers["Link"].startswith(f"<https://alpha.test{PATH}?limit=4&max_id={ids[-4]}>")
    older = await ann.get(PATH, max_id=ids[-4], limit="999")
    assert [item["id"] for item in older] == ids[::-1][4:]
    assert [item["id"] for item in await ann.get(PATH, min_id=ids[3], limit="2")] == [
        ids[5],
        ids[4],
    ]


async def test_scheduled_status_that_fails_is_kept(start: Start) -> None:
    node, ann, bob = await start_world(start)
    parent = await bob.post("/api/v1/statuses", status="parent")
    scheduled = await ann.post(
        "/api/v1/statuses",
        status="an answer",
        in_reply_to_id=parent["id"],
        scheduled_at=format_later(node, hours=1),
    )
    assert scheduled["params"]["in_reply_to_id"] == int(parent["id"])
    await bob.delete(f"/api/v1/statuses/{parent['id']}")
    node.clock.forward(hours=1, seconds=1)
    await node.settle()
    assert await list_texts(ann) == []
    assert await ann.get(PATH) == [scheduled]
    async with node.db.read() as tx:
        row = await scheduled_post_queries.lock(tx, int(scheduled["id"]))
    assert row is not None
    assert row.failed_at is not None
    assert "not found" in row.error
    assert await node.settle() == 0, "it is not tried again"
    await ann.delete(f"{PATH}/{scheduled['id']}")


async def test_scheduled_status_of_a_disabled_member_is_not_published(start: Start) -> None:
    node, ann, _ = await start_world(start)
    await ann.post("/api/v1/statuses", status="x", scheduled_at=format_later(node, hours=1))
    me = await ann.get("/api/v1/accounts/verify_credentials")
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
    node.clock.forward(hours=2)
    await node.settle()
    assert await Api(node).get(f"/api/v1/accounts/{me['id']}/statuses") == []


async def test_scheduled_status_survives_killed_workers_once(start: Start) -> None:
    node, ann, _ = await start_world(start)
    await ann.post("/api/v1/statuses", status="kept", scheduled_at=format_later(node, hours=1))
    node.clock.forward(hours=2)
    # A worker takes the job and dies: its lease runs out.
    async with node.db.write() as tx:
        [leased] = await job_queries.lease(tx, until=tx.now + 60_000, limit=10, kinds=KINDS_BY_QUEUE[DEFAULT])
    waiting = msgspec.json.decode(leased.payload)["scheduled_id"]
    # Another dies in the middle: nothing of what it wrote stays.
    with pytest.raises(RuntimeError):
        async with node.db.write() as tx:
            assert await scheduled_posts.publish(tx, node.site, waiting) is not None
            raise RuntimeError
    await node.settle()
    assert await list_texts(ann) == []
    node.clock.forward(seconds=61)
    await node.settle()
    assert await list_texts(ann) == ["<p>kept</p>"]
    # A third one that took the same job is late.
    async with node.db.write() as tx:
        assert await scheduled_posts.publish(tx, node.site, waiting) is None
