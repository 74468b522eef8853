"""Notifications, requests and conversations over HTTP: scopes, wrong values, pages, streams."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fedserver.domain.notifications import announcements
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.streams import open_stream

POLICY = "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


async def start_two_members(start: Start, **scopes: str) -> tuple[TestNode, Api, Api]:
    """Ann and Bob on one node."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, Api(node, await node.create_token(ann, **scopes)), Api(node, await node.create_token(bob))


async def post_status(api: Api, text: str, **more: Any) -> str:
    return str((await api.post("/api/v1/statuses", status=text, **more))["id"])


def parse_cursor(link: str, rel: str) -> dict[str, str]:
    match = re.search(rf'[?&]((?:max|min)_id)=(\d+)>; rel="{rel}"', link)
    assert match is not None, link
    return {match[1]: match[2]}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/notifications", "write read:statuses"),
        ("GET", "/api/v2/notifications", "write read:statuses"),
        ("GET", "/api/v2/notifications/unread_count", "write"),
        ("GET", "/api/v2/notifications/x", "write"),
        ("GET", "/api/v2/notifications/x/accounts", "read:statuses write:statuses"),
        ("POST", "/api/v2/notifications/x/dismiss", "read"),
        ("GET", POLICY, "write"),
        ("PUT", POLICY, "read write:statuses"),
        ("PATCH", "/api/v1/notifications/policy", "read"),
        ("GET", REQUESTS, "write"),
        ("GET", f"{REQUESTS}/merged", "write"),
        ("POST", f"{REQUESTS}/accept", "read"),
        ("POST", f"{REQUESTS}/1/dismiss", "read"),
        ("GET", "/api/v1/conversations", "write read:notifications"),
        ("DELETE", "/api/v1/conversations/1", "read write:statuses"),
        ("POST", "/api/v1/conversations/1/read", "read write:notifications"),
        ("PUT", "/api/v1/announcements/1/reactions/x", "read write:statuses"),
    ],
)
async def test_notifications_without_the_scope_are_refused(
    start: Start, method: str, path: str, scope: str
) -> None:
    node, ann, _ = await start_two_members(start, scopes=scope)
    assert (await ann.request(method, path)).status == 403
    assert (await Api(node).request(method, path)).status == 401


async def test_notification_groups_are_paged(start: Start) -> None:
    _, ann, bob = await start_two_members(start)
    posts = [await post_status(ann, f"post {number}") for number in range(5)]
    for post in posts:
        await bob.post(f"/api/v1/statuses/{post}/favourite")
    seen: list[str] = []
    where: dict[str, str] = {}
    while True:
        answer = await ann.request("GET", "/api/v2/notifications", params={"limit": "2", **where})
        groups = answer.body["notification_groups"]
        if not groups:
            assert "Link" not in answer.headers
            break
        seen += [group["status_id"] for group in groups]
        assert [status["id"] for status in answer.body["statuses"]] == [
            group["status_id"] for group in groups
        ]
        assert [account["acct"] for account in answer.body["accounts"]] == ["bob"]
        assert "partial_accounts" not in answer.body
        where = parse_cursor(answer.headers["Link"], "next")
    assert seen == posts[::-1]
    back = await ann.request("GET", "/api/v2/notifications", params={"limit": "2", "min_id": "1"})
    assert [group["status_id"] for group in back.body["notification_groups"]] == [posts[1], posts[0]]
    assert list(parse_cursor(back.headers["Link"], "prev")) == ["min_id"]


async def test_notification_group_with_many_senders_has_partial_accounts(start: Start) -> None:
    node, ann, bob = await start_two_members(start)
    eve = Api(node, await node.create_token(await node.create_member("eve")))
    post = await post_status(ann, "hello")
    for item in (bob, eve):
        await item.post(f"/api/v1/statuses/{post}/reblog")
    page = await ann.get("/api/v2/notifications", expand_accounts="partial_avatars")
    [group] = page["notification_groups"]
    assert [account["acct"] for account in page["accounts"]] == ["eve"]
    [partial] = page["partial_accounts"]
    assert partial["acct"] == "bob"
    assert partial["avatar"]
    assert "note" not in partial
    assert group["sample_account_ids"] == [page["accounts"][0]["id"], partial["id"]]
    assert group["page_max_id"] == str(group["most_recent_notification_id"])
    assert group["group_key"].startswith(f"reblog-{post}-")
    assert {notification["group_key"] for notification in await ann.get("/api/v1/notifications")} == {
        group["group_key"]
    }
    single = (await ann.get(f"/api/v2/notifications/{group['group_key']}"))["notification_groups"][0]
    assert single["notifications_count"] == 2
    assert "page_min_id" not in single
    alone = await ann.get("/api/v2/notifications", **{"grouped_types[]": "favourite"})
    assert [group["notifications_count"] for group in alone["notification_groups"]] == [1, 1]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/api/v2/notifications?expand_accounts=none", {}, "expand_accounts"),
        ("GET", "/api/v2/notifications?account_id=x", {}, "account_id"),
        ("PUT", POLICY, {"for_new_accounts": "perhaps"}, "for_new_accounts"),
        ("PATCH", POLICY, {"for_limited_accounts": ""}, "for_limited_accounts"),
        ("POST", f"{REQUESTS}/accept", {"id": ["x"]}, "id"),
        ("POST", f"{REQUESTS}/dismiss", {"id": [str(number) for number in range(81)]}, "id"),
    ],
)
async def test_notifications_with_wrong_values_are_refused(
    start: Start, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    _, ann, _ = await start_two_members(start)
    answer = await ann.request(method, path, json=body) if body else await ann.request(method, path)
    assert answer.status == 422
    assert any(name.startswith(field) for name in answer.body["details"])


async def test_notification_policy_accepts_what_clients_send_back(start: Start) -> None:
    """A client sends back all that it read, the summary too, and words that we do not know."""
    _, ann, bob = await start_two_members(start)
    whole = await ann.get(POLICY)
    assert whole == {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "filter",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
    changed = await ann.put(POLICY, **{**whole, "for_not_following": "drop", "for_bots": "drop"})
    assert changed == {**whole, "for_not_following": "drop"}
    first = await ann.get("/api/v1/notifications/policy")
    assert first["filter_not_following"] is True
    assert first["filter_new_accounts"] is False
    form = await ann.request("PATCH", "/api/v1/notifications/policy", data={"filter_not_following": "0"})
    assert form.body["filter_not_following"] is False
    assert (await bob.get(POLICY)) == whole


async def test_notifications_and_conversations_of_others_are_not_found(start: Start) -> None:
    _, ann, bob = await start_two_members(start)
    await ann.put(POLICY, for_not_following="filter")
    await post_status(bob, "between us @ann", visibility="direct")
    await post_status(ann, "between us @bob", visibility="direct")
    post = await post_status(bob, "hello")
    await ann.post(f"/api/v1/statuses/{post}/favourite")
    [request] = await ann.get(REQUESTS)
    conversation_id = (await bob.get("/api/v1/conversations"))[0]["id"]
    key = (await bob.get("/api/v2/notifications"))["notification_groups"][0]["group_key"]
    for asker, method, path in (
        (bob, "GET", f"{REQUESTS}/{request['id']}"),
        (bob, "POST", f"{REQUESTS}/{request['id']}/accept"),
        (bob, "POST", f"{REQUESTS}/{request['id']}/dismiss"),
        (ann, "DELETE", f"/api/v1/conversations/{conversation_id}"),
        (ann, "POST", f"/api/v1/conversations/{conversation_id}/read"),
        (ann, "POST", f"/api/v1/conversations/{conversation_id}/unread"),
        (ann, "POST", "/api/v1/conversations/x/read"),
        (ann, "GET", f"/api/v2/notifications/{key}"),
        (ann, "GET", f"/api/v2/notifications/{key}/accounts"),
        (ann, "POST", f"/api/v2/notifications/{key}/dismiss"),
    ):
        assert (await asker.request(method, path)).status == 404, path
    assert len(await ann.get(REQUESTS)) == 1
    assert len(await bob.get("/api/v1/conversations")) == 2


async def test_conversations_are_paged(start: Start) -> None:
    _, ann, bob = await start_two_members(start)
    ids = [await post_status(ann, f"{number} @bob", visibility="direct") for number in range(3)]
    answer = await bob.request("GET", "/api/v1/conversations", params={"limit": "2"})
    assert [item["last_status"]["id"] for item in answer.body] == ids[:0:-1]
    assert parse_cursor(answer.headers["Link"], "next") == {"max_id": ids[1]}
    older = await bob.get("/api/v1/conversations", **parse_cursor(answer.headers["Link"], "next"))
    assert [item["last_status"]["id"] for item in older] == ids[:1]
    assert [account["acct"] for account in older[0]["accounts"]] == ["ann"]
    assert await bob.get("/api/v1/conversations", since_id=ids[2]) == []


async def test_streams_carry_conversations_merges_and_reactions(start: Start) -> None:
    node, ann, bob = await start_two_members(start)
    await ann.put(POLICY, for_not_following="filter")
    async with node.db.write() as tx:
        notice = await announcements.create(tx, node.site, None, "We move")
    async with open_stream(node, ann.token, "direct", "user", "user:notification") as stream:
        await post_status(bob, "in public, @ann")
        await post_status(bob, "between us @ann", visibility="direct")
        # Neither is sent to her: what comes first is what she does herself.
        note = await post_status(ann, "remember the milk", visibility="direct")
        messages = []
        while len(messages) < 2:
            message = await stream.receive()
            # PostgreSQL may tell of the announcement only now, though it was made before the stream.
            if message[1] != "announcement":
                messages.append(message)
        assert sorted(event for _, event, _ in messages) == ["conversation", "update"]
        [conversation] = [payload for _, event, payload in messages if event == "conversation"]
        assert conversation["last_status"]["id"] == note
        assert conversation["unread"] is False
        [request] = await ann.get(REQUESTS)
        await ann.post(f"{REQUESTS}/{request['id']}/accept")
        await node.settle()
        messages = [await stream.receive() for _ in range(3)]
        merged = [names for names, event, _ in messages if event == "notifications_merged"]
        assert sorted(merged) == [["user"], ["user:notification"]]
        [conversation] = [payload for _, event, payload in messages if event == "conversation"]
        assert conversation["accounts"][0]["acct"] == "bob"
        assert conversation["unread"] is True
        await bob.put(f"/api/v1/announcements/{notice.id}/reactions/🎉")
        expected = {"name": "🎉", "count": 1, "announcement_id": str(notice.id)}
        assert await stream.receive() == (["user"], "announcement.reaction", expected)
        await post_status(bob, "now in public, @ann")
        messages = [await stream.receive() for _ in range(2)]
        assert {event for _, event, _ in messages} == {"notification"}
