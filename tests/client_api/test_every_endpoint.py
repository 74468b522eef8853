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

from fedserver.domain.accounts import suggestions
from fedserver.domain.notifications import announcements
from fedserver.domain.timelines import trends
from tests.client_api.admin_checks import check_moderation
from tests.kit.api import Api, list_declared_endpoints
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.push import Device


def make_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


class EndpointWorld:
    """Two members of one node, Ann and Bob, with a token each; `nobody` asks without one."""

    def __init__(self, node: TestNode, ann_token: str, bob_token: str, ann_id: str, bob_id: str) -> None:
        self.node = node
        self.requested: set[tuple[str, str]] = set()
        self.ann = Api(node, ann_token, self.requested)
        self.bob = Api(node, bob_token, self.requested)
        self.nobody = Api(node, "", self.requested)
        self.ann_id, self.bob_id = ann_id, bob_id


async def start_world(start: Start) -> EndpointWorld:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann", role="owner"), await node.create_member("bob")
    return EndpointWorld(
        node, await node.create_token(ann), await node.create_token(bob), str(ann.id), str(bob.id)
    )


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


async def check_instance(world: EndpointWorld) -> None:
    found = await world.nobody.get("/api/v2/instance")
    assert found["domain"] == "alpha.test"
    assert found["usage"]["users"]["active_month"] >= 0
    assert (await world.nobody.get("/api/v1/instance"))["uri"] == "alpha.test"
    assert isinstance(await world.nobody.get("/api/v1/instance/peers"), list)
    assert isinstance(await world.nobody.get("/api/v1/instance/rules"), list)
    assert await world.nobody.get("/api/fedserver/v1/partners") == []
    assert await world.ann.get("/api/fedserver/v1/timelines/partners") == []
    assert "content" in await world.nobody.get("/api/v1/instance/extended_description")
    assert await world.nobody.get("/api/v1/custom_emojis") == []
    assert len(await world.nobody.get("/api/v1/instance/activity")) == 12
    assert await world.ann.get("/api/v1/instance/domain_blocks") == []
    assert {"code": "nl", "name": "Dutch"} in await world.nobody.get("/api/v1/instance/languages")
    assert await world.nobody.get("/api/v1/instance/translation_languages") == {}
    for path in ("privacy_policy", "terms_of_service", "terms_of_service/2026-01-01"):
        assert (await world.nobody.request("GET", f"/api/v1/instance/{path}")).status == 404
    assert await world.nobody.get("/api/v1/streaming/health") == "OK"
    assert await world.nobody.get("/api/fedserver/v1/log") == []
    app = await world.nobody.post(
        "/api/v1/apps", client_name="Test", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes="read write"
    )
    granted = await world.nobody.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        scope="read write",
    )
    of_app = Api(world.node, granted["access_token"], world.requested)
    assert (await of_app.get("/api/v1/apps/verify_credentials"))["name"] == "Test"
    joined = await of_app.post(
        "/api/v1/accounts",
        username="zoe",
        email="zoe@mail.test",
        password="correct horse battery",
        agreement=True,
        locale="en",
    )
    zoe = Api(world.node, joined["access_token"], world.requested)
    assert (await zoe.get("/api/v1/accounts/verify_credentials"))["username"] == "zoe"
    late = await zoe.request("POST", "/api/v1/emails/confirmations")
    assert late.status == 403
    assert "confirmed already" in late.body["error"]
    refused = await of_app.request("GET", "/api/v1/timelines/home")
    assert refused.status in (401, 422)
    assert refused.body["error"]


async def check_profiles(world: EndpointWorld) -> None:
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
    several = await world.nobody.request(
        "GET", "/api/v1/accounts", params=[("id[]", world.ann_id), ("id[]", world.bob_id)]
    )
    assert set(ids(several.body)) == {world.ann_id, world.bob_id}
    assert ids(await world.bob.get("/api/v1/accounts/search", q="ann")) == [world.ann_id]
    assert (await world.ann.get("/api/v1/preferences"))["posting:default:visibility"] == "public"
    changed = await world.ann.put("/api/v1/profile", show_media=False, attribution_domains=["ann.test"])
    assert not changed["show_media"]
    assert changed["attribution_domains"] == ["ann.test"]
    assert (await world.ann.patch("/api/v1/profile", show_media=True))["show_media"]
    assert (await world.ann.get("/api/v1/profile"))["fields"][0]["value"] == "Ghent"
    for name in ("avatar", "header"):
        assert (await world.ann.delete(f"/api/v1/profile/{name}"))["id"] == world.ann_id


async def check_hashtags(world: EndpointWorld) -> None:
    ann = world.ann
    followed = await ann.post("/api/v1/tags/Bruges/follow")
    assert followed["following"]
    assert not followed["featuring"]
    assert [each["name"] for each in await ann.get("/api/v1/followed_tags")] == [followed["name"]]
    assert "following" not in await world.nobody.get("/api/v1/tags/bruges")
    assert not (await ann.post("/api/v1/tags/bruges/unfollow"))["following"]
    assert (await ann.post("/api/v1/tags/bruges/feature"))["featuring"]
    assert not (await ann.post("/api/v1/tags/bruges/unfeature"))["featuring"]
    made = await ann.post("/api/v1/featured_tags", name="Bicycles")
    assert made["name"] == "Bicycles"
    assert made["last_status_at"] is None
    assert await ann.get("/api/v1/featured_tags") == [made]
    assert await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/featured_tags") == [made]
    await ann.delete(f"/api/v1/featured_tags/{made['id']}")
    assert isinstance(await ann.get("/api/v1/featured_tags/suggestions"), list)


async def check_endorsements(world: EndpointWorld) -> None:
    bob, target = world.bob, f"/api/v1/accounts/{world.ann_id}"
    for on, off in (("endorse", "unendorse"), ("pin", "unpin")):
        assert (await bob.post(f"{target}/{on}"))["endorsed"]
        assert ids(await bob.get("/api/v1/endorsements")) == [world.ann_id]
        assert ids(await world.nobody.get(f"/api/v1/accounts/{world.bob_id}/endorsements")) == [world.ann_id]
        assert not (await bob.post(f"{target}/{off}"))["endorsed"]


async def check_leaving(world: EndpointWorld) -> None:
    eve = await world.node.create_member("eve")
    api = Api(world.node, await world.node.create_token(eve), world.requested)
    changed = await api.post("/api/v1/accounts/alias", also_known_as_uris=["@ann"])
    assert changed["id"] == str(eve.id)
    form = {"password": PASSWORD, "moved_to_uri": "@ann"}
    assert (await api.request("POST", "/api/v1/accounts/move", json=form)).status == 422
    assert (await api.request("POST", "/api/v1/accounts/delete", json={"password": PASSWORD})).status == 202
    assert (await world.nobody.request("GET", f"/api/v1/accounts/{eve.id}")).status == 404


async def check_relationships(world: EndpointWorld) -> None:
    ann, bob = world.ann, world.bob
    target = f"/api/v1/accounts/{world.ann_id}"
    assert (await bob.post(f"{target}/follow"))["following"] is True
    [found] = await bob.get("/api/v1/accounts/relationships", **{"id[]": world.ann_id})
    assert found["following"]
    assert not found["followed_by"]
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


async def check_domain_blocks(world: EndpointWorld) -> None:
    await world.bob.post("/api/v1/domain_blocks", domain="noise.test")
    assert await world.bob.get("/api/v1/domain_blocks") == ["noise.test"]
    await world.bob.delete("/api/v1/domain_blocks", domain="noise.test")
    assert await world.bob.get("/api/v1/domain_blocks") == []


async def check_media(world: EndpointWorld) -> str:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="a.png", content_type="image/png")
    form.add_field("description", "a teal square")
    made = (await world.ann.request("POST", "/api/v2/media", data=form)).body
    assert made["type"] == "image"
    assert made["description"] == "a teal square"
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="b.png", content_type="image/png")
    spare = (await world.ann.request("POST", "/api/v1/media", data=form)).body
    assert (await world.ann.put(f"/api/v1/media/{spare['id']}", description="spare"))[
        "description"
    ] == "spare"
    assert (await world.ann.get(f"/api/v1/media/{spare['id']}"))["id"] == spare["id"]
    await world.ann.delete(f"/api/v1/media/{spare['id']}")
    assert (await world.ann.request("GET", f"/api/v1/media/{spare['id']}")).status == 404
    return str(made["id"])


async def check_statuses(world: EndpointWorld, media_id: str) -> str:
    ann, bob = world.ann, world.bob
    made = await ann.post(
        "/api/v1/statuses",
        status="Hello @bob of #Ghent",
        media_ids=[media_id],
        language="en",
        visibility="public",
    )
    path = f"/api/v1/statuses/{made['id']}"
    assert [each["acct"] for each in made["mentions"]] == ["bob"]
    assert made["tags"][0]["name"] == "ghent"
    assert (await world.nobody.get(path))["media_attachments"][0]["id"] == media_id
    assert ids(await bob.get("/api/v1/statuses", **{"id[]": made["id"]})) == [made["id"]]
    answer = await bob.post("/api/v1/statuses", status="@ann hello", in_reply_to_id=made["id"])
    assert ids((await ann.get(f"{path}/context"))["descendants"]) == [answer["id"]]
    assert ids((await ann.get(f"/api/v1/statuses/{answer['id']}/context"))["ancestors"]) == [made["id"]]
    edited = await ann.put(path, status="Hello @bob of #Ghent and #Bruges", media_ids=[media_id])
    assert "Bruges" in edited["content"]
    assert edited["edited_at"]
    assert len(await ann.get(f"{path}/history")) == 2
    assert "Bruges" in (await ann.get(f"{path}/source"))["text"]
    return str(made["id"])


async def check_quotes(world: EndpointWorld, post_id: str) -> None:
    """Bob quotes what Ann wrote; she takes her consent back. A translation has nobody to make it."""
    path = f"/api/v1/statuses/{post_id}"
    made = await world.bob.post("/api/v1/statuses", status="Look at this", quoted_status_id=post_id)
    assert made["quote"]["state"] == "accepted"
    assert ids(await world.bob.get(f"{path}/quotes")) == [made["id"]]
    revoked = await world.ann.post(f"{path}/quotes/{made['id']}/revoke")
    assert revoked["quote"]["state"] == "revoked"
    changed = await world.ann.put(f"{path}/interaction_policy", quote_approval_policy="followers")
    assert changed["quote_approval"]["automatic"] == ["followers"]
    assert (await world.ann.request("POST", f"{path}/translate", json={"lang": "en"})).status == 404
    assert await world.nobody.get("/api/v1/instance/translation_languages") == {}
    assert (await world.ann.request("GET", "/api/v1_alpha/async_refreshes/7")).status == 404
    refused = await world.nobody.request("GET", "/api/v1/timelines/link", params={"url": "https://x.test/"})
    assert refused.status == 404
    await world.bob.delete(f"/api/v1/statuses/{made['id']}")


async def check_status_actions(world: EndpointWorld, post_id: str) -> None:
    ann, bob = world.ann, world.bob
    path = f"/api/v1/statuses/{post_id}"
    assert (await bob.post(f"{path}/favourite"))["favourited"]
    assert ids(await ann.get(f"{path}/favourited_by")) == [world.bob_id]
    assert ids(await bob.get("/api/v1/favourites")) == [post_id]
    reaction = f"/api/v1/pleroma/statuses/{post_id}/reactions/🎉"
    party = {"name": "🎉", "count": 1, "me": True, "url": None, "static_url": None}
    reacted = await bob.put(reaction)
    assert reacted["favourites_count"] == 1
    assert reacted["reactions"] == [party]
    assert reacted["pleroma"] == {"emoji_reactions": [party]}
    assert (await ann.get(path))["reactions"] == [{**party, "me": False}]
    assert "reactions" not in (kept := await bob.delete(reaction))
    assert kept["favourited"]
    assert (await bob.post(f"{path}/bookmark"))["bookmarked"]
    assert ids(await bob.get("/api/v1/bookmarks")) == [post_id]
    assert (await bob.post(f"{path}/reblog"))["reblog"]["id"] == post_id
    assert ids(await ann.get(f"{path}/reblogged_by")) == [world.bob_id]
    assert (await ann.post(f"{path}/pin"))["pinned"]
    pinned = await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses", pinned="true")
    assert ids(pinned) == [post_id]
    assert (await ann.post(f"{path}/mute"))["muted"]
    assert not (await ann.post(f"{path}/unmute"))["muted"]


async def check_undone_actions(world: EndpointWorld, post_id: str) -> None:
    path = f"/api/v1/statuses/{post_id}"
    assert not (await world.bob.post(f"{path}/unfavourite"))["favourited"]
    assert not (await world.bob.post(f"{path}/unbookmark"))["bookmarked"]
    assert not (await world.bob.post(f"{path}/unreblog"))["reblogged"]
    assert not (await world.ann.post(f"{path}/unpin"))["pinned"]
    gone = await world.ann.delete(path)
    assert "Bruges" in gone["text"]
    assert (await world.ann.request("GET", path)).status == 404


async def check_timelines(world: EndpointWorld, post_id: str) -> None:
    assert post_id in ids(await world.bob.get("/api/v1/timelines/home"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/public", local="true"))
    assert post_id in ids(await world.nobody.get("/api/v1/timelines/tag/ghent"))
    assert post_id in ids(await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses"))
    found = await world.bob.get("/api/v2/search", q="ghent", type="hashtags")
    assert found["hashtags"][0]["name"].lower() == "ghent"


async def check_discovery(world: EndpointWorld, post_id: str) -> None:
    await world.ann.patch("/api/v1/accounts/update_credentials", indexable=True)
    async with world.node.db.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(least_accounts=1))
    await world.node.settle()
    world.node.clock.forward(seconds=601)
    await world.node.settle()
    found = await world.bob.get("/api/v2/search", q="bruges", type="statuses")
    assert ids(found["statuses"]) == [post_id]
    assert ids(await world.nobody.get("/api/v1/trends/statuses")) == [post_id]
    for path in ("trends", "trends/tags"):
        assert "ghent" in [each["name"].lower() for each in await world.nobody.get(f"/api/v1/{path}")]
    assert await world.nobody.get("/api/v1/trends/links") == []
    assert set(ids(await world.nobody.get("/api/v1/directory"))) >= {world.ann_id, world.bob_id}
    await world.bob.post(f"/api/v1/accounts/{world.ann_id}/unfollow")
    async with world.node.db.write() as tx:
        await suggestions.set_featured(tx, None, [int(world.ann_id)])
    assert [each["account"]["id"] for each in await world.bob.get("/api/v2/suggestions")] == [world.ann_id]
    assert ids(await world.bob.get("/api/v1/suggestions")) == [world.ann_id]
    await world.bob.delete(f"/api/v1/suggestions/{world.ann_id}")
    assert await world.bob.get("/api/v2/suggestions") == []
    await world.bob.post(f"/api/v1/accounts/{world.ann_id}/follow")
    address = (await world.nobody.get(f"/api/v1/statuses/{post_id}"))["url"]
    assert address in (await world.nobody.get("/api/oembed", url=address))["html"]


async def check_collections(world: EndpointWorld) -> None:
    bob = world.bob
    made = (await bob.post("/api/v1/collections", name="Bikes", account_ids=[world.ann_id]))["collection"]
    path = f"/api/v1/collections/{made['id']}"
    shown = await world.nobody.get(path)
    assert ids(shown["accounts"]) == [world.bob_id, world.ann_id]
    for change in (bob.put, bob.patch):
        assert (await change(path, name="Bicycles"))["collection"]["name"] == "Bicycles"
    assert ids((await bob.get(f"/api/v1/accounts/{world.bob_id}/collections"))["collections"]) == [made["id"]]
    found = await bob.get(f"/api/v1/accounts/{world.ann_id}/in_collections")
    assert ids(found["collections"]) == [made["id"]]
    item = (await bob.post(f"{path}/items", account_id=world.bob_id))["collection_item"]
    await bob.delete(f"{path}/items/{item['id']}")
    await world.ann.post(f"{path}/items/{made['items'][0]['id']}/revoke")
    assert (await bob.get(path))["collection"]["item_count"] == 0
    await bob.delete(path)
    assert (await bob.request("GET", path)).status == 404


async def check_lists(world: EndpointWorld, post_id: str) -> None:
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


async def check_filters(world: EndpointWorld, post_id: str) -> None:
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
    old = await bob.post("/api/v1/filters", phrase="tea", context=["home"], irreversible=True)
    one = f"/api/v1/filters/{old['id']}"
    assert (await bob.put(one, phrase="coffee", context=["home", "public"]))["irreversible"] is False
    assert (await bob.get(one))["phrase"] == "coffee"
    assert ids(await bob.get("/api/v1/filters")) == [old["id"]]
    await bob.delete(one)
    assert await bob.get("/api/v2/filters") == []


async def check_polls(world: EndpointWorld) -> None:
    made = await world.ann.post(
        "/api/v1/statuses", status="Tea?", poll={"options": ["Yes", "No"], "expires_in": 600}
    )
    path = f"/api/v1/polls/{made['poll']['id']}"
    assert (await world.bob.post(f"{path}/votes", choices=[0]))["own_votes"] == [0]
    assert (await world.nobody.get(path))["votes_count"] == 1
    assert (await world.ann.request("POST", f"{path}/votes", json={"choices": [0]})).status == 422
    await world.ann.delete(f"/api/v1/statuses/{made['id']}")


async def check_scheduled_statuses(world: EndpointWorld) -> None:
    made = await world.ann.post(
        "/api/v1/statuses",
        status="Later",
        scheduled_at="2030-01-01T00:00:00Z",
        poll={"options": ["Yes", "No"], "expires_in": 600},
    )
    path = f"/api/v1/scheduled_statuses/{made['id']}"
    assert ids(await world.ann.get("/api/v1/scheduled_statuses")) == [made["id"]]
    assert (await world.ann.get(path))["params"]["text"] == "Later"
    moved = await world.ann.put(path, scheduled_at="2031-01-01T00:00:00Z")
    assert moved["scheduled_at"] == "2031-01-01T00:00:00.000Z"
    assert await world.ann.delete(path) == {}


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


async def open_event_stream(world: EndpointWorld, path: str, **params: str) -> None:
    """Server-sent events begin with a comment."""
    address = f"/api/v1/streaming/{path}"
    world.requested.add(("GET", address))
    async with world.node.http.get(address, params=params, headers=world.bob.headers) as events:
        assert events.content_type == "text/event-stream"
        assert await asyncio.wait_for(events.content.readline(), 5) == b":)\n"


async def check_streams(world: EndpointWorld) -> None:
    """A WebSocket carries what is written while it is open; so do server-sent events."""
    http = world.node.http
    headers = world.bob.headers
    async with http.ws_connect("/api/v1/streaming?stream=user", headers=headers) as socket:
        world.requested.add(("GET", "/api/v1/streaming"))
        for path in ("user", "user/notification", "public", "public/media", "public/remote", "direct"):
            await open_event_stream(world, path)
        await open_event_stream(world, "hashtag", tag="ghent")
        await open_event_stream(world, "hashtag/local", tag="ghent")
        made = await world.bob.post("/api/v1/lists", title="Heard")
        await open_event_stream(world, "list", list=made["id"])
        await world.bob.delete(f"/api/v1/lists/{made['id']}")
        async with http.get("/api/v1/streaming/public/local", headers=headers) as events:
            world.requested.add(("GET", "/api/v1/streaming/public/local"))
            made = await world.ann.post("/api/v1/statuses", status="Live from Ghent")
            message = json.loads(await asyncio.wait_for(socket.receive_str(), 5))
            assert message["stream"] == ["user"]
            assert message["event"] == "update"
            assert json.loads(message["payload"])["id"] == made["id"]
            lines = [await asyncio.wait_for(events.content.readline(), 5) for _ in range(3)]
            told = b"".join(lines)
            assert b"event: update" in told
            assert made["id"].encode() in told


async def check_stubs(world: EndpointWorld) -> None:
    """The honest stubs of the README answer "nothing"."""
    # Here nobody sends mail.
    path = f"/api/v1/accounts/{world.ann_id}/email_subscriptions"
    assert (await world.nobody.request("POST", path, json={"email": "a@b.test"})).status == 404
    reports = "/api/v1/annual_reports"
    assert (await world.ann.get(reports))["annual_reports"] == []
    assert await world.ann.get(f"{reports}/2026/state") == {"state": "ineligible"}
    assert (await world.ann.request("GET", f"{reports}/2026")).status == 404
    for verb in ("read", "generate"):
        assert (await world.ann.request("POST", f"{reports}/2026/{verb}")).status == 404


async def test_every_endpoint_answers_a_real_client(start: Start) -> None:
    world = await start_world(start)
    await check_instance(world)
    await check_profiles(world)
    await check_relationships(world)
    await check_domain_blocks(world)
    await check_endorsements(world)
    await check_hashtags(world)
    post_id = await check_statuses(world, await check_media(world))
    await check_quotes(world, post_id)
    await check_status_actions(world, post_id)
    await check_timelines(world, post_id)
    await check_discovery(world, post_id)
    await check_collections(world)
    await check_lists(world, post_id)
    await check_filters(world, post_id)
    await check_polls(world)
    await check_scheduled_statuses(world)
    await check_grouped_notifications(world)
    await check_notifications(world)
    await check_notification_requests(world)
    await check_conversations(world)
    await check_announcements(world)
    await check_push(world)
    await check_streams(world)
    await check_moderation(world.node, world.ann_id, world.bob, world.bob_id, world.requested)
    await check_undone_actions(world, post_id)
    await check_stubs(world)
    await check_leaving(world)
    asked = {(method, path.replace("{kind}", "{kind:.+}")) for method, path in world.requested}
    assert list_declared_endpoints() - asked == set()
