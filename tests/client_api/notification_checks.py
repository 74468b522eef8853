"""The endpoints about notifications, conversations, announcements and push, each asked once."""

from __future__ import annotations

from fedserver.domain.notifications import announcements
from tests.client_api.endpoint_world import EndpointWorld, ids
from tests.kit.push import Device


async def check_notifications(world: EndpointWorld) -> None:
    ann = world.ann
    notifications = await ann.get("/api/v1/notifications")
    assert {"mention", "favourite", "reblog", "follow"} <= {item["type"] for item in notifications}
    assert (await ann.get("/api/v1/notifications/unread_count"))["count"] == len(notifications)
    first = notifications[0]["id"]
    assert (await ann.get(f"/api/v1/notifications/{first}"))["id"] == first
    marked = await ann.post("/api/v1/markers", notifications={"last_read_id": first})
    assert marked["notifications"]["last_read_id"] == first
    assert (await ann.get("/api/v1/markers", **{"timeline[]": "notifications"}))["notifications"][
        "version"
    ] >= 1
    await ann.post(f"/api/v1/notifications/{first}/dismiss")
    assert first not in ids(await ann.get("/api/v1/notifications"))
    await ann.post("/api/v1/notifications/clear")
    assert await ann.get("/api/v1/notifications") == []


async def check_grouped_notifications(world: EndpointWorld) -> None:
    ann = world.ann
    results = await ann.get("/api/v2/notifications", expand_accounts="partial_avatars")
    groups = results["notification_groups"]
    assert results["partial_accounts"] == []
    assert ids(results["accounts"]) == [world.bob_id]
    assert {group["status_id"] for group in groups if "status_id" in group} == set(ids(results["statuses"]))
    assert (await ann.get("/api/v2/notifications/unread_count"))["count"] == len(groups)
    group = next(group for group in groups if group["type"] == "favourite")
    path = f"/api/v2/notifications/{group['group_key']}"
    [single] = (await ann.get(path))["notification_groups"]
    assert single["most_recent_notification_id"] == group["most_recent_notification_id"]
    assert ids(await ann.get(f"{path}/accounts")) == [world.bob_id]
    await ann.post(f"{path}/dismiss")
    assert (await ann.request("GET", path)).status == 404
    for verb in ("unfavourite", "favourite"):
        await world.bob.post(f"/api/v1/statuses/{group['status_id']}/{verb}")


async def check_notification_requests(world: EndpointWorld) -> None:
    ann, bob = world.ann, world.bob
    first, second = "/api/v1/notifications/policy", "/api/v2/notifications/policy"
    assert (await ann.put(first, filter_not_following=True))["filter_not_following"] is True
    assert (await ann.get(second))["for_not_following"] == "filter"
    assert (await ann.patch(second, for_not_following="accept"))["for_not_following"] == "accept"
    assert (await ann.patch(first, filter_not_followers=True))["filter_not_followers"] is True
    assert (await ann.put(second, for_new_accounts="filter"))["for_new_accounts"] == "filter"
    path = "/api/v1/notifications/requests"

    async def ask_to_be_heard() -> str:
        await bob.post("/api/v1/statuses", status="Anybody there, @ann?")
        [request] = await ann.get(path)
        assert request["account"]["id"] == world.bob_id
        assert request["notifications_count"] == "1"
        return str(request["id"])

    number = await ask_to_be_heard()
    assert (await ann.get(f"{path}/{number}"))["last_status"]["account"]["id"] == world.bob_id
    assert (await ann.get(first))["summary"]["pending_requests_count"] == 1
    await ann.post(f"{path}/{number}/dismiss")
    await ann.post(f"{path}/dismiss", id=[await ask_to_be_heard()])
    await ann.post(f"{path}/accept", id=[await ask_to_be_heard()])
    assert (await ann.get(f"{path}/merged"))["merged"] is False
    await world.node.settle()
    assert (await ann.get(f"{path}/merged"))["merged"] is True
    assert [notification["type"] for notification in await ann.get("/api/v1/notifications")] == ["mention"]
    await ann.post(f"/api/v1/accounts/{world.bob_id}/block")
    await ann.post(f"/api/v1/accounts/{world.bob_id}/unblock")
    await ann.post(f"{path}/{await ask_to_be_heard()}/accept")
    await ann.put(second, for_new_accounts="accept", for_not_followers="accept")
    await bob.post(f"/api/v1/accounts/{world.ann_id}/follow")


async def check_conversations(world: EndpointWorld) -> None:
    ann, bob = world.ann, world.bob
    status = await ann.post("/api/v1/statuses", status="Between us, @bob", visibility="direct")
    [conversation] = await bob.get("/api/v1/conversations")
    assert conversation["last_status"]["id"] == status["id"]
    assert conversation["unread"] is True
    assert ids(conversation["accounts"]) == [world.ann_id]
    path = f"/api/v1/conversations/{conversation['id']}"
    assert (await bob.post(f"{path}/read"))["unread"] is False
    assert (await bob.post(f"{path}/unread"))["unread"] is True
    await bob.delete(path)
    assert await bob.get("/api/v1/conversations") == []


async def check_announcements(world: EndpointWorld) -> None:
    async with world.node.db.write() as tx:
        await announcements.create(tx, world.node.site, None, "We move on Friday")
    [announcement] = await world.bob.get("/api/v1/announcements")
    assert "Friday" in announcement["content"]
    assert not announcement["read"]
    await world.bob.post(f"/api/v1/announcements/{announcement['id']}/dismiss")
    reaction = f"/api/v1/announcements/{announcement['id']}/reactions/🎉"
    await world.bob.put(reaction)
    [announcement] = await world.bob.get("/api/v1/announcements")
    assert announcement["reactions"] == [{"name": "🎉", "count": 1, "me": True}]
    await world.bob.delete(reaction)
    assert all(announcement["read"] for announcement in await world.bob.get("/api/v1/announcements"))


async def check_push(world: EndpointWorld) -> None:
    path = "/api/v1/push/subscription"
    device = Device()
    data = {"alerts": {"mention": True}, "policy": "followed"}
    subscription = await world.ann.post(path, subscription=device.make_subscription(), data=data)
    assert subscription["endpoint"] == device.endpoint
    assert subscription["alerts"]["mention"]
    assert await world.ann.get(path) == subscription
    assert (await world.ann.put(path, data={"alerts": {"poll": True}}))["alerts"]["poll"]
    assert await world.ann.delete(path) == {}
    assert (await world.ann.request("GET", path)).status == 404
