"""Scheduled statuses: kept as written, published once at their moment, and nobody else's."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec
import pytest
from PIL import Image

from fedserver.domain.auth import member_access, members
from fedserver.domain.posts import scheduled_posts
from fedserver.jobs.cleanup import CleanupWorker
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

PATH = "/api/v1/scheduled_statuses"


async def start_world(start: Start) -> tuple[TestNode, Api, Api]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))


def format_later(node: TestNode, **span: float) -> str:
    """A moment after now, as clients write it."""
    seconds = span.get("seconds", 0) + span.get("hours", 0) * 3600 + span.get("days", 0) * 86_400
    return datetime.fromtimestamp(node.clock.now / 1000 + seconds, UTC).isoformat().replace("+00:00", "Z")


async def upload(ann: Api, colour: str = "teal") -> str:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    form = aiohttp.FormData()
    form.add_field("file", out.getvalue(), filename="a.png", content_type="image/png")
    return str((await ann.request("POST", "/api/v2/media", data=form)).body["id"])


async def list_texts(ann: Api) -> list[str]:
    me = await ann.get("/api/v1/accounts/verify_credentials")
    found = await ann.get(f"/api/v1/accounts/{me['id']}/statuses")
    return [each["content"] for each in found]


async def test_a_post_appears_at_its_moment_and_once(start: Start) -> None:
    node, ann, bob = await start_world(start)
    moment = format_later(node, hours=1)
    made = await ann.post(
        "/api/v1/statuses",
        status="Later @bob",
        scheduled_at=moment,
        visibility="unlisted",
        spoiler_text="soon",
        language="en",
        sensitive="0",
        poll={"options": ["x", "y"], "expires_in": "600", "multiple": "1", "hide_totals": "0"},
    )
    assert made["scheduled_at"][:19] == moment[:19] and made["media_attachments"] == []
    assert made["params"] == {
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
    assert await ann.get(PATH) == [made] == [await ann.get(f"{PATH}/{made['id']}")]
    await node.settle()
    assert await list_texts(ann) == [] and await bob.get("/api/v1/notifications") == []
    node.clock.forward(hours=1, seconds=1)
    await node.settle()
    await node.settle()
    [told] = await bob.get("/api/v1/notifications")
    status = told["status"]
    assert status["visibility"] == "unlisted" and status["spoiler_text"] == "soon"
    assert status["poll"]["multiple"] and not status["poll"]["expired"], "its time begins when it appears"
    assert status["created_at"] > made["scheduled_at"] and len(await list_texts(ann)) == 1
    assert await ann.get(PATH) == []
    assert (await ann.request("GET", f"{PATH}/{made['id']}")).status == 404


async def test_files_wait_with_their_post(start: Start) -> None:
    node, ann, bob = await start_world(start)
    first, second, spare = await upload(ann), await upload(ann, "red"), await upload(ann, "blue")
    made = await ann.post(
        "/api/v1/statuses", status="", media_ids=[second, first], scheduled_at=format_later(node, days=3)
    )
    assert (
        [each["id"] for each in made["media_attachments"]] == [second, first] == made["params"]["media_ids"]
    )
    taken = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "media_ids": [first]})
    assert taken.status == 422 and "scheduled post" in taken.body["error"]
    again = {"status": "x", "media_ids": [first], "scheduled_at": format_later(node, days=1)}
    assert (await ann.request("POST", "/api/v1/statuses", json=again)).status == 422
    assert (await ann.request("DELETE", f"/api/v1/media/{first}")).status == 422
    theirs = {"status": "x", "media_ids": [spare], "scheduled_at": format_later(node, days=1)}
    assert (await bob.request("POST", "/api/v1/statuses", json=theirs)).status == 422
    node.clock.forward(days=2)
    await CleanupWorker(node.node.services).run()
    assert (await ann.request("GET", f"/api/v1/media/{spare}")).status == 404, "what waits for nothing goes"
    node.clock.forward(days=1, seconds=5)
    await node.settle()
    me = await ann.get("/api/v1/accounts/verify_credentials")
    [shown] = await ann.get(f"/api/v1/accounts/{me['id']}/statuses")
    assert [each["id"] for each in shown["media_attachments"]] == [second, first]

    other = await upload(ann)
    waiting = await ann.post(
        "/api/v1/statuses", status="", media_ids=[other], scheduled_at=format_later(node, days=3)
    )
    await ann.delete(f"{PATH}/{waiting['id']}")
    assert (await ann.post("/api/v1/statuses", status="free", media_ids=[other]))["media_attachments"]


async def test_it_can_be_moved_and_cancelled(start: Start) -> None:
    node, ann, _ = await start_world(start)
    made = await ann.post("/api/v1/statuses", status="moved", scheduled_at=format_later(node, hours=1))
    gone = await ann.post("/api/v1/statuses", status="gone", scheduled_at=format_later(node, hours=1))
    path = f"{PATH}/{made['id']}"
    moment = format_later(node, hours=3)
    moved = await ann.put(path, scheduled_at=moment)
    assert moved["scheduled_at"][:19] == moment[:19] and moved["params"] == made["params"]
    assert await ann.put(path) == moved
    assert await ann.delete(f"{PATH}/{gone['id']}") == {}
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
    ("given", "why"),
    [
        ("2020-01-01T00:00:00Z", "The scheduled date must be in the future"),
        ("soon", "is not a moment"),
        ("9999-12-31T23:59:59-23:00", ""),
        ("0001-01-01T00:00:00+23:59", ""),
    ],
)
async def test_a_moment_must_be_one_ahead(start: Start, given: str, why: str) -> None:
    node, ann, _ = await start_world(start)
    made = await ann.post("/api/v1/statuses", status="x", scheduled_at=format_later(node, hours=1))
    for method, path in (("POST", "/api/v1/statuses"), ("PUT", f"{PATH}/{made['id']}")):
        for moment in (given, format_later(node, seconds=299)):
            answer = await ann.request(method, path, json={"status": "y", "scheduled_at": moment})
            assert answer.status == 422 and (moment != given or why in answer.body["error"]), answer.body
    early = await ann.request(
        "POST", "/api/v1/statuses", json={"status": "y", "scheduled_at": format_later(node)}
    )
    expected = "Validation failed: Scheduled at The scheduled date must be in the future"
    assert early.body["error"] == expected
    assert len(await ann.get(PATH)) == 1 and await list_texts(ann) == []


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
async def test_what_could_not_be_posted_cannot_be_scheduled(start: Start, wrong: dict[str, Any]) -> None:
    node, ann, _ = await start_world(start)
    answer = await ann.request(
        "POST", "/api/v1/statuses", json={**wrong, "scheduled_at": format_later(node, hours=1)}
    )
    assert answer.status in (404, 422) and answer.body["error"]
    assert await ann.get(PATH) == []


async def test_nobody_reaches_anothers(start: Start) -> None:
    node, ann, bob = await start_world(start)
    made = await ann.post("/api/v1/statuses", status="mine", scheduled_at=format_later(node, hours=1))
    path = f"{PATH}/{made['id']}"
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
    assert await ann.get(path) == made


async def test_the_same_request_twice_waits_once(start: Start) -> None:
    node, ann, bob = await start_world(start)
    body = {"status": "once", "scheduled_at": format_later(node, hours=1)}

    async def post(who: Api, key: str) -> str:
        answer = await who.request("POST", "/api/v1/statuses", json=body, headers={"Idempotency-Key": key})
        assert answer.status == 200 and answer.body["params"]["idempotency"] == key
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


async def test_limits_and_pages(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    node, ann, bob = await start_world(start)
    monkeypatch.setattr(scheduled_posts, "MAX_SCHEDULED", 30)
    tomorrow = node.clock.now // 86_400_000 * 86_400 + 86_400
    made = []
    for number in range(25):
        moment = datetime.fromtimestamp(tomorrow + number * 600, UTC).isoformat()
        made.append((await ann.post("/api/v1/statuses", status=f"{number}", scheduled_at=moment))["id"])
    full = datetime.fromtimestamp(tomorrow + 80_000, UTC).isoformat()
    answer = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": full})
    assert answer.status == 422 and "limit of 25 scheduled posts for that day" in answer.body["error"]
    await ann.put(f"{PATH}/{made[0]}", scheduled_at=full)
    await bob.post("/api/v1/statuses", status="x", scheduled_at=full)
    for day in range(1, 6):
        other = datetime.fromtimestamp(tomorrow + day * 86_400, UTC).isoformat()
        made.append((await ann.post("/api/v1/statuses", status="more", scheduled_at=other))["id"])
    other = datetime.fromtimestamp(tomorrow + 9 * 86_400, UTC).isoformat()
    answer = await ann.request("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": other})
    assert answer.status == 422 and "limit of 30 scheduled posts" in answer.body["error"]

    page = await ann.request("GET", PATH, params={"limit": "4"})
    assert [each["id"] for each in page.body] == made[::-1][:4]
    assert page.headers["Link"].startswith(f"<https://alpha.test{PATH}?limit=4&max_id={made[-4]}>")
    older = await ann.get(PATH, max_id=made[-4], limit="999")
    assert [each["id"] for each in older] == made[::-1][4:]
    assert [each["id"] for each in await ann.get(PATH, min_id=made[3], limit="2")] == [made[5], made[4]]


async def test_what_cannot_be_published_is_kept(start: Start) -> None:
    node, ann, bob = await start_world(start)
    parent = await bob.post("/api/v1/statuses", status="parent")
    made = await ann.post(
        "/api/v1/statuses",
        status="an answer",
        in_reply_to_id=parent["id"],
        scheduled_at=format_later(node, hours=1),
    )
    assert made["params"]["in_reply_to_id"] == int(parent["id"])
    await bob.delete(f"/api/v1/statuses/{parent['id']}")
    node.clock.forward(hours=1, seconds=1)
    await node.settle()
    assert await list_texts(ann) == [] and await ann.get(PATH) == [made]
    async with node.db.read() as tx:
        row = await scheduled_post_queries.lock(tx, int(made["id"]))
    assert row is not None and row.failed_at is not None and "not found" in row.error
    assert await node.settle() == 0, "it is not tried for ever"
    await ann.delete(f"{PATH}/{made['id']}")


async def test_who_is_let_in_no_more_publishes_nothing(start: Start) -> None:
    node, ann, _ = await start_world(start)
    await ann.post("/api/v1/statuses", status="x", scheduled_at=format_later(node, hours=1))
    me = await ann.get("/api/v1/accounts/verify_credentials")
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
    node.clock.forward(hours=2)
    await node.settle()
    assert await Api(node).get(f"/api/v1/accounts/{me['id']}/statuses") == []


async def test_a_kill_neither_loses_nor_doubles_it(start: Start) -> None:
    node, ann, _ = await start_world(start)
    await ann.post("/api/v1/statuses", status="kept", scheduled_at=format_later(node, hours=1))
    node.clock.forward(hours=2)
    # A worker takes the task and dies: its lease runs out.
    async with node.db.write() as tx:
        [leased] = await job_queries.lease(tx, until=tx.now + 60_000, limit=10)
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
    # A third one that took the same task comes late.
    async with node.db.write() as tx:
        assert await scheduled_posts.publish(tx, node.site, waiting) is None
