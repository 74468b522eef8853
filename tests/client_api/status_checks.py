"""The endpoints about statuses, media and polls, each asked once."""

from __future__ import annotations

import aiohttp

from tests.client_api.endpoint_world import EndpointWorld, ids
from tests.kit.pictures import make_picture


async def check_media(world: EndpointWorld) -> str:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="a.png", content_type="image/png")
    form.add_field("description", "a teal square")
    file = (await world.ann.request("POST", "/api/v2/media", data=form)).body
    assert file["type"] == "image"
    assert file["description"] == "a teal square"
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="b.png", content_type="image/png")
    spare = (await world.ann.request("POST", "/api/v1/media", data=form)).body
    assert (await world.ann.put(f"/api/v1/media/{spare['id']}", description="spare"))[
        "description"
    ] == "spare"
    assert (await world.ann.get(f"/api/v1/media/{spare['id']}"))["id"] == spare["id"]
    await world.ann.delete(f"/api/v1/media/{spare['id']}")
    assert (await world.ann.request("GET", f"/api/v1/media/{spare['id']}")).status == 404
    return str(file["id"])


async def check_statuses(world: EndpointWorld, media_id: str) -> str:
    ann, bob = world.ann, world.bob
    status = await ann.post(
        "/api/v1/statuses",
        status="Hello @bob of #Ghent",
        media_ids=[media_id],
        language="en",
        visibility="public",
    )
    path = f"/api/v1/statuses/{status['id']}"
    assert [item["acct"] for item in status["mentions"]] == ["bob"]
    assert status["tags"][0]["name"] == "ghent"
    assert (await world.nobody.get(path))["media_attachments"][0]["id"] == media_id
    assert ids(await bob.get("/api/v1/statuses", **{"id[]": status["id"]})) == [status["id"]]
    answer = await bob.post("/api/v1/statuses", status="@ann hello", in_reply_to_id=status["id"])
    assert ids((await ann.get(f"{path}/context"))["descendants"]) == [answer["id"]]
    assert ids((await ann.get(f"/api/v1/statuses/{answer['id']}/context"))["ancestors"]) == [status["id"]]
    edited = await ann.put(path, status="Hello @bob of #Ghent and #Bruges", media_ids=[media_id])
    assert "Bruges" in edited["content"]
    assert edited["edited_at"]
    assert len(await ann.get(f"{path}/history")) == 2
    assert "Bruges" in (await ann.get(f"{path}/source"))["text"]
    return str(status["id"])


async def check_quotes(world: EndpointWorld, post_id: str) -> None:
    """Bob quotes what Ann wrote; she takes her consent back. A translation has nobody to make it."""
    path = f"/api/v1/statuses/{post_id}"
    status = await world.bob.post("/api/v1/statuses", status="Look at this", quoted_status_id=post_id)
    assert status["quote"]["state"] == "accepted"
    assert ids(await world.bob.get(f"{path}/quotes")) == [status["id"]]
    revoked = await world.ann.post(f"{path}/quotes/{status['id']}/revoke")
    assert revoked["quote"]["state"] == "revoked"
    changed = await world.ann.put(f"{path}/interaction_policy", quote_approval_policy="followers")
    assert changed["quote_approval"]["automatic"] == ["followers"]
    assert (await world.ann.request("POST", f"{path}/translate", json={"lang": "en"})).status == 404
    assert await world.nobody.get("/api/v1/instance/translation_languages") == {}
    assert (await world.ann.request("GET", "/api/v1_alpha/async_refreshes/7")).status == 404
    refused = await world.nobody.request("GET", "/api/v1/timelines/link", params={"url": "https://x.test/"})
    assert refused.status == 404
    await world.bob.delete(f"/api/v1/statuses/{status['id']}")


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
    assert "reactions" not in (unreacted := await bob.delete(reaction))
    assert unreacted["favourited"]
    assert (await bob.post(f"{path}/bookmark"))["bookmarked"]
    assert ids(await bob.get("/api/v1/bookmarks")) == [post_id]
    assert (await bob.post(f"{path}/reblog"))["reblog"]["id"] == post_id
    assert ids(await ann.get(f"{path}/reblogged_by")) == [world.bob_id]
    assert (await ann.post(f"{path}/pin"))["pinned"]
    pinned = await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/statuses", pinned="true")
    assert ids(pinned) == [post_id]
    assert (await ann.post(f"{path}/mute"))["muted"]
    assert not (await ann.post(f"{path}/unmute"))["muted"]


async def check_polls(world: EndpointWorld) -> None:
    status = await world.ann.post(
        "/api/v1/statuses", status="Tea?", poll={"options": ["Yes", "No"], "expires_in": 600}
    )
    path = f"/api/v1/polls/{status['poll']['id']}"
    assert (await world.bob.post(f"{path}/votes", choices=[0]))["own_votes"] == [0]
    assert (await world.nobody.get(path))["votes_count"] == 1
    assert (await world.ann.request("POST", f"{path}/votes", json={"choices": [0]})).status == 422
    await world.ann.delete(f"/api/v1/statuses/{status['id']}")


async def check_scheduled_statuses(world: EndpointWorld) -> None:
    status = await world.ann.post(
        "/api/v1/statuses",
        status="Later",
        scheduled_at="2030-01-01T00:00:00Z",
        poll={"options": ["Yes", "No"], "expires_in": 600},
    )
    path = f"/api/v1/scheduled_statuses/{status['id']}"
    assert ids(await world.ann.get("/api/v1/scheduled_statuses")) == [status["id"]]
    assert (await world.ann.get(path))["params"]["text"] == "Later"
    moved = await world.ann.put(path, scheduled_at="2031-01-01T00:00:00Z")
    assert moved["scheduled_at"] == "2031-01-01T00:00:00.000Z"
    assert await world.ann.delete(path) == {}


async def check_undone_actions(world: EndpointWorld, post_id: str) -> None:
    path = f"/api/v1/statuses/{post_id}"
    assert not (await world.bob.post(f"{path}/unfavourite"))["favourited"]
    assert not (await world.bob.post(f"{path}/unbookmark"))["bookmarked"]
    assert not (await world.bob.post(f"{path}/unreblog"))["reblogged"]
    assert not (await world.ann.post(f"{path}/unpin"))["pinned"]
    gone = await world.ann.delete(path)
    assert "Bruges" in gone["text"]
    assert (await world.ann.request("GET", path)).status == 404
