"""The endpoints about notifications, conversations, announcements and push, each asked once."""

from __future__ import annotations

from fedserver.domain.notifications import announcements
from tests.client_api.endpoint_world import EndpointWorld, ids
from tests.kit.push import Device


async def check_notifications(world: EndpointWorld) -> None:
    ann = world.ann
    found = await ann.get("/api/v1/notifications")
    assert {"mention", "favourite", "reblog", "follow"} <= {each["type"] for each in found}
    assert (await ann.get("/api/v1/notifications/unread_count"))["count"] == len(found)
    first = found[0]["id"]
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
    found = await ann.get("/api/v2/notifications", expand_accounts="partial_avatars")
    groups = found["notification_groups"]
    assert found["partial_accounts"] == []
    assert ids(found["accounts"]) == [world.bob_id]
    assert {each["status_id"] for each in groups if "status_id" in each} == set(ids(found["statuses"]))
    assert (await ann.get("/api/v2/notifications/unread_count"))["count"] == len(groups)
    group = next(each for each in groups if each["type"] == "favourite")
    path = f"/api/v2/notifications/{group['group_key']}"
    [single] = (await ann.get(path))["notification_groups"]
    assert single["most_recent_notification_id"] == group["most_recent_notification_id"]
    assert ids(await ann.get(f"{path}/accounts")) == [world.bob_id]
    await ann.post(f"{path}/dismiss")
    assert (await ann.request("GET", path)).status == 404
    for word in ("unfavourite", "favourite"):
        await world.bob.post(f"/api/v1/statuses/{group['status_id']}/{word}")


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
    assert [each["type"] for each in await ann.get("/api/v1/notifications")] == ["mention"]
    await ann.post(f"/api/v1/accounts/{world.bob_id}/block")
    await ann.post(f"/api/v1/accounts/{world.bob_id}/unblock")
    await ann.post(f"{path}/{await ask_to_be_heard()}/accept")
    await ann.put(second, for_new_accounts="accept", for_not_followers="accept")
    await bob.post(f"/api/v1/accounts/{world.ann_id}/follow")


async def check_conversations(world: EndpointWorld) -> None:
    ann, bob = world.ann, world.bob
    made = await ann.post("/api/v1/statuses", status="Between us, @bob", visibility="direct")
    [found] = await bob.get("/api/v1/conversations")
    assert found["last_status"]["id"] == made["id"]
    assert found["unread"] is True
    assert ids(found["accounts"]) == [world.ann_id]
    path = f"/api/v1/conversations/{found['id']}"
    assert (await bob.post(f"{path}/read"))["unread"] is False
    assert (await bob.post(f"{path}/unread"))["unread"] is True
    await bob.delete(path)
    assert await bob.get("/api/v1/conversations") == []


async def check_announcements(world: EndpointWorld) -> None:
    async with world.node.db.write() as tx:
        await announcements.create(tx, world.node.site, None, "We move on Friday")
    [found] = await world.bob.get("/api/v1/announcements")
    assert "Friday" in found["content"]
    assert not found["read"]
    await world.bob.post(f"/api/v1/announcements/{found['id']}/dismiss")
    reaction = f"/api/v1/announcements/{found['id']}/reactions/🎉"
    await world.bob.put(reaction)
    [found] = await world.bob.get("/api/v1/announcements")
    assert found["reactions"] == [{"name": "🎉", "count": 1, "me": True}]
    await world.bob.delete(reaction)
    assert all(each["read"] for each in await world.bob.get("/api/v1/announcements"))


async def check_push(world: EndpointWorld) -> None:
    path = "/api/v1/push/subscription"
    device = Device()
    data = {"alerts": {"mention": True}, "policy": "followed"}
    made = await world.ann.post(path, subscription=device.make_subscription(), data=data)
    assert made["endpoint"] == device.endpoint
    assert made["alerts"]["mention"]
    assert await world.ann.get(path) == made
    assert (await world.ann.put(path, data={"alerts": {"poll": True}}))["alerts"]["poll"]
    assert await world.ann.delete(path) == {}
    assert (await world.ann.request("GET", path)).status == 404
