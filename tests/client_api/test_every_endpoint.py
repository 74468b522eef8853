"""Every endpoint of the client API is asked once over real HTTP; what it did is checked by what is read back.

The last chapter holds the declarations against what was asked, so an endpoint without a chapter fails here.
The shapes of the answers are compared with the published description in `.ci/run`.
"""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import aiohttp
from PIL import Image

from fedserver.domain import announcements
from tests.kit.api import Api, declared
from tests.kit.nodes import Start, TestNode


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


class World:
    """Two members of one node, Ann and Bob, with a token each; `nobody` asks without one."""

    def __init__(self, node: TestNode, ann_token: str, bob_token: str, ann_id: str, bob_id: str) -> None:
        self.node = node
        self.asked: set[tuple[str, str]] = set()
        self.ann = Api(node, ann_token, self.asked)
        self.bob = Api(node, bob_token, self.asked)
        self.nobody = Api(node, "", self.asked)
        self.ann_id, self.bob_id = ann_id, bob_id


async def begin(start: Start) -> World:
    node = await start("alpha.test")
    ann, bob = await node.member("ann", role="owner"), await node.member("bob")
    return World(node, await node.token(ann), await node.token(bob), str(ann.id), str(bob.id))


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


async def the_instance(world: World) -> None:
    found = await world.nobody.get("/api/v2/instance")
    assert found["domain"] == "alpha.test" and found["usage"]["users"]["active_month"] >= 0
    assert (await world.nobody.get("/api/v1/instance"))["uri"] == "alpha.test"
    assert isinstance(await world.nobody.get("/api/v1/instance/peers"), list)
    assert isinstance(await world.nobody.get("/api/v1/instance/rules"), list)
    assert "content" in await world.nobody.get("/api/v1/instance/extended_description")
    assert await world.nobody.get("/api/v1/custom_emojis") == []
    assert await world.nobody.get("/api/v1/streaming/health") == "OK"
    app = await world.nobody.post(
        "/api/v1/apps", client_name="Test", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes="read write"
    )
    granted = await world.nobody.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
    )
    of_app = Api(world.node, granted["access_token"], world.asked)
    assert (await of_app.get("/api/v1/apps/verify_credentials"))["name"] == "Test"
    refused = await of_app.ask("GET", "/api/v1/timelines/home")
    assert refused.status in (401, 422) and refused.body["error"]


async def profiles(world: World) -> None:
    changed = await world.ann.patch(
        "/api/v1/accounts/update_credentials",
        display_name="Ann A",
        note="I repair bicycles",
        fields_attributes=[{"name": "Town", "value": "Ghent"}],
    )
    assert changed["source"]["fields"][0]["value"] == "Ghent"
    assert (await world.ann.get("/api/v1/accounts/verify_credentials"))["display_name"] == "Ann A"
    assert (await world.nobody.get("/api/v1/accounts/lookup", acct="ann"))["id"] == world.ann_id
    assert (await world.nobody.get(f"/api/v1/accounts/{world.ann_id}"))["note"].count("bicycles") == 1
    several = await world.nobody.ask(
        "GET", "/api/v1/accounts", params=[("id[]", world.ann_id), ("id[]", world.bob_id)]
    )
    assert set(ids(several.body)) == {world.ann_id, world.bob_id}
    assert ids(await world.bob.get("/api/v1/accounts/search", q="ann")) == [world.ann_id]
    assert (await world.ann.get("/api/v1/preferences"))["posting:default:visibility"] == "public"
    for path in ("featured_tags", "endorsements"):
        assert await world.ann.get(f"/api/v1/accounts/{world.ann_id}/{path}") == []


async def relations(world: World) -> None:
    ann, bob = world.ann, world.bob
    target = f"/api/v1/accounts/{world.ann_id}"
    assert (await bob.post(f"{target}/follow"))["following"] is True
    [found] = await bob.get("/api/v1/accounts/relationships", **{"id[]": world.ann_id})
    assert found["following"] and not found["followed_by"]
    assert ids(await bob.get(f"{target}/followers")) == [world.bob_id]
    assert ids(await bob.get(f"/api/v1/accounts/{world.bob_id}/following")) == [world.ann_id]
    [familiar] = await ann.get("/api/v1/accounts/familiar_followers", **{"id[]": world.bob_id})
    assert familiar["accounts"] == []
    assert (await bob.post(f"{target}/note", comment="met in Ghent"))["note"] == "met in Ghent"
    assert (await bob.post(f"{target}/mute", duration=60))["muting"]
    assert ids(await bob.get("/api/v1/mutes")) == [world.ann_id]
    assert not (await bob.post(f"{target}/unmute"))["muting"]
    assert not (await bob.post(f"{target}/unfollow"))["following"]
    await bob.post(f"{target}/follow")
    follower = await ann.post(f"/api/v1/accounts/{world.bob_id}/remove_from_followers")
    assert not follower["followed_by"]
    assert (await bob.post(f"{target}/block"))["blocking"]
    assert ids(await bob.get("/api/v1/blocks")) == [world.ann_id]
    assert not (await bob.post(f"{target}/unblock"))["blocking"]
    await ann.patch("/api/v1/accounts/update_credentials", locked=True)
    assert (await bob.post(f"{target}/follow"))["requested"]
    assert ids(await ann.get("/api/v1/follow_requests")) == [world.bob_id]
    await ann.post(f"/api/v1/follow_requests/{world.bob_id}/reject")
    await bob.post(f"{target}/follow")
    assert (await ann.post(f"/api/v1/follow_requests/{world.bob_id}/authorize"))["followed_by"]
    await ann.patch("/api/v1/accounts/update_credentials", locked=False)


async def domain_mutes(world: World) -> None:
    await world.bob.post("/api/v1/domain_blocks", domain="noise.test")
    assert await world.bob.get("/api/v1/domain_blocks") == ["noise.test"]
    await world.bob.delete("/api/v1/domain_blocks", domain="noise.test")
    assert await world.bob.get("/api/v1/domain_blocks") == []


async def media(world: World) -> str:
    form = aiohttp.FormData()
    form.add_field("file", picture(), filename="a.png", content_type="image/png")
    form.add_field("description", "a teal square")
    made = (await world.ann.ask("POST", "/api/v2/media", data=form)).body
    assert made["type"] == "image" and made["description"] == "a teal square"
    form = aiohttp.FormData()
    form.add_field("file", picture(), filename="b.png", content_type="image/png")
    spare = (await world.ann.ask("POST", "/api/v1/media", data=form)).body
    assert (await world.ann.put(f"/api/v1/media/{spare['id']}", description="spare"))[
        "description"
    ] == "spare"
    assert (await world.ann.get(f"/api/v1/media/{spare['id']}"))["id"] == spare["id"]
    await world.ann.delete(f"/api/v1/media/{spare['id']}")
    assert (await world.ann.ask("GET", f"/api/v1/media/{spare['id']}")).status == 404
    return str(made["id"])


async def statuses(world: World, media_id: str) -> str:
    ann, bob = world.ann, world.bob
    made = await ann.post(
        "/api/v1/statuses",
        status="Hello @bob of #Ghent",
        media_ids=[media_id],
        language="en",
        visibility="public",
    )
    path = f"/api/v1/statuses/{made['id']}"
    assert [each["acct"] for each in made["mentions"]] == ["bob"] and made["tags"][0]["name"] == "ghent"
    assert (await world.nobody.get(path))["media_attachments"][0]["id"] == media_id
    assert ids(await bob.get("/api/v1/statuses", **{"id[]": made["id"]})) == [made["id"]]
    answer = await bob.post("/api/v1/statuses", status="@ann hello", in_reply_to_id=made["id"])
    assert ids((await ann.get(f"{path}/context"))["descendants"]) == [answer["id"]]
    assert ids((await ann.get(f"/api/v1/statuses/{answer['id']}/context"))["ancestors"]) == [made["id"]]
    edited = await ann.put(path, status="Hello @bob of #Ghent and #Bruges", media_ids=[media_id])
    assert "Bruges" in edited["content"] and edited["edited_at"]
    assert len(await ann.get(f"{path}/history")) == 2
    assert "Bruges" in (await ann.get(f"{path}/source"))["text"]
    return str(made["id"])


async def quotes(world: World, post_id: str) -> None:
    """Bob quotes what Ann wrote; she takes her consent back. A translation has nobody to make it."""
    path = f"/api/v1/statuses/{post_id}"
    made = await world.bob.post("/api/v1/statuses", status="Look at this", quoted_status_id=post_id)
    assert made["quote"]["state"] == "accepted"
    assert ids(await world.bob.get(f"{path}/quotes")) == [made["id"]]
    revoked = await world.ann.post(f"{path}/quotes/{made['id']}/revoke")
    assert revoked["quote"]["state"] == "revoked"
    changed = await world.ann.put(f"{path}/interaction_policy", quote_approval_policy="followers")
    assert changed["quote_approval"]["automatic"] == ["followers"]
    assert (await world.ann.ask("POST", f"{path}/translate", json={"lang": "en"})).status == 404
    assert await world.nobody.get("/api/v1/instance/translation_languages") == {}
    assert (await world.ann.ask("GET", "/api/v1_alpha/async_refreshes/7")).status == 404
    refused = await world.nobody.ask("GET", "/api/v1/timelines/link", params={"url": "https://x.test/"})
    assert refused.status == 404
    await world.bob.delete(f"/api/v1/statuses/{made['id']}")


async def marks(world: World, post_id: str) -> None:
    ann, bob = world.ann, world.bob
    path = f"/api/v1/statuses/{post_id}"
    assert (await bob.post(f"{path}/favourite"))["favourited"]
    assert ids(await ann.get(f"{path}/favourited_by")) == [world.bob_id]
    assert ids(await bob.get("/api/v1/favourites")) == [post_id]
    assert (await bob.post(f"{path}/bookmark"))["bookmarked"]
    assert ids(await bob.get("/api/v1/bookmarks")) == [post_id]
    assert (await bob.post(f"{path}/reblog"))["reblog"]["id"] == post_id
    assert ids(await ann.get(f"{path}/reblogged_by")) == [world.bob_id]
    assert (await ann.post(f"{path}/pin"))["pinned"]
    pinned = await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses", pinned="true")
    assert ids(pinned) == [post_id]
    assert (await ann.post(f"{path}/mute"))["muted"]
    assert not (await ann.post(f"{path}/unmute"))["muted"]


async def unmarks(world: World, post_id: str) -> None:
    path = f"/api/v1/statuses/{post_id}"
    assert not (await world.bob.post(f"{path}/unfavourite"))["favourited"]
    assert not (await world.bob.post(f"{path}/unbookmark"))["bookmarked"]
    assert not (await world.bob.post(f"{path}/unreblog"))["reblogged"]
    assert not (await world.ann.post(f"{path}/unpin"))["pinned"]
    gone = await world.ann.delete(path)
    assert "Bruges" in gone["text"]
    assert (await world.ann.ask("GET", path)).status == 404


async def timelines(world: World, post_id: str) -> None:
    assert post_id in ids(await world.bob.get("/api/v1/timelines/home"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/public", local="true"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/tag/ghent"))
    assert post_id in ids(await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses"))
    found = await world.bob.get("/api/v2/search", q="ghent", type="hashtags")
    assert found["hashtags"][0]["name"].lower() == "ghent"


async def lists(world: World, post_id: str) -> None:
    bob = world.bob
    made = await bob.post("/api/v1/lists", title="Bikes", replies_policy="list", exclusive=True)
    path = f"/api/v1/lists/{made['id']}"
    await bob.post(f"{path}/accounts", account_ids=[world.ann_id])
    assert ids(await bob.get(f"{path}/accounts")) == [world.ann_id]
    assert ids(await bob.get(f"/api/v1/accounts/{world.ann_id}/lists")) == [made["id"]]
    assert isinstance(await bob.get(f"/api/v1/timelines/list/{made['id']}"), list)
    assert (await bob.put(path, title="Bicycles"))["title"] == "Bicycles"
    assert (await bob.get(path))["exclusive"] is True
    assert ids(await bob.get("/api/v1/lists")) == [made["id"]]
    await bob.delete(f"{path}/accounts", account_ids=[world.ann_id])
    await bob.delete(path)
    assert await bob.get("/api/v1/lists") == []


async def filters(world: World, post_id: str) -> None:
    bob = world.bob
    made = await bob.post(
        "/api/v2/filters", title="Towns", context=["home"], keywords_attributes=[{"keyword": "Ghent"}]
    )
    path = f"/api/v2/filters/{made['id']}"
    shown = await bob.get(f"/api/v1/statuses/{post_id}")
    assert isinstance(shown["filtered"], list)
    assert ids(await bob.get("/api/v2/filters")) == [made["id"]]
    assert (await bob.put(path, title="Cities"))["title"] == "Cities"
    keyword = await bob.post(f"{path}/keywords", keyword="Bruges")
    assert len(await bob.get(f"{path}/keywords")) == 2
    word = f"/api/v2/filters/keywords/{keyword['id']}"
    assert (await bob.put(word, keyword="Brugge"))["keyword"] == "Brugge"
    assert (await bob.get(word))["keyword"] == "Brugge"
    await bob.delete(word)
    named = await bob.post(f"{path}/statuses", status_id=post_id)
    assert ids(await bob.get(f"{path}/statuses")) == [named["id"]]
    assert (await bob.get(f"/api/v2/filters/statuses/{named['id']}"))["status_id"] == post_id
    await bob.delete(f"/api/v2/filters/statuses/{named['id']}")
    assert (await bob.get(path))["statuses"] == []
    await bob.delete(path)


async def notifications(world: World) -> None:
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


async def announced(world: World) -> None:
    async with world.node.db.write() as tx:
        await announcements.create(tx, world.node.site, None, "We move on Friday")
    [found] = await world.bob.get("/api/v1/announcements")
    assert "Friday" in found["content"] and not found["read"]
    await world.bob.post(f"/api/v1/announcements/{found['id']}/dismiss")
    assert all(each["read"] for each in await world.bob.get("/api/v1/announcements"))


async def streams(world: World) -> None:
    """A WebSocket carries what is written while it is open; so do server-sent events."""
    http = world.node.http
    headers = world.bob.headers
    async with http.ws_connect("/api/v1/streaming?stream=user", headers=headers) as socket:
        world.asked.add(("GET", "/api/v1/streaming"))
        async with http.get("/api/v1/streaming/public/local", headers=headers) as events:
            world.asked.add(("GET", "/api/v1/streaming/{kind}"))
            made = await world.ann.post("/api/v1/statuses", status="Live from Ghent")
            message = json.loads(await asyncio.wait_for(socket.receive_str(), 5))
            assert message["stream"] == ["user"] and message["event"] == "update"
            assert json.loads(message["payload"])["id"] == made["id"]
            lines = [await asyncio.wait_for(events.content.readline(), 5) for _ in range(4)]
            told = b"".join(lines)
            assert b"event: update" in told and made["id"].encode() in told


async def what_is_not_there_yet(world: World) -> None:
    """The honest stubs of the README answer "nothing"."""
    for path in (
        "followed_tags",
        "conversations",
        "suggestions",
        "scheduled_statuses",
        "featured_tags",
        "endorsements",
    ):
        assert await world.ann.get(f"/api/v1/{path}") == []
    assert await world.ann.get("/api/v2/suggestions") == []
    for path in ("trends", "trends/tags", "trends/statuses", "trends/links"):
        assert await world.nobody.get(f"/api/v1/{path}") == []
    assert (await world.ann.ask("GET", "/api/v1/push/subscription")).status == 404


async def test_every_endpoint_answers_a_real_client(start: Start) -> None:
    world = await begin(start)
    await the_instance(world)
    await profiles(world)
    await relations(world)
    await domain_mutes(world)
    post_id = await statuses(world, await media(world))
    await quotes(world, post_id)
    await marks(world, post_id)
    await timelines(world, post_id)
    await lists(world, post_id)
    await filters(world, post_id)
    await notifications(world)
    await announced(world)
    await streams(world)
    await unmarks(world, post_id)
    await what_is_not_there_yet(world)
    asked = {(method, path.replace("{kind}", "{kind:.+}")) for method, path in world.asked}
    assert declared() - asked == set()
