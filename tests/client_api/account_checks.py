"""The endpoints about the instance, accounts and relationships, each asked once."""

from __future__ import annotations

from tests.client_api.endpoint_world import EndpointWorld, ids
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD


async def check_instance(world: EndpointWorld) -> None:
    instance = await world.nobody.get("/api/v2/instance")
    assert instance["domain"] == "alpha.test"
    assert instance["usage"]["users"]["active_month"] >= 0
    assert (await world.nobody.get("/api/v1/instance"))["uri"] == "alpha.test"
    assert await world.nobody.get("/api/v1/instance/peers") == []
    assert await world.nobody.get("/api/v1/instance/rules") == []
    assert await world.nobody.get("/api/fedserver/v1/partners") == []
    assert await world.ann.get("/api/fedserver/v1/timelines/partners") == []
    assert await world.ann.get("/api/fedserver/v1/drafts") == []
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
    token = await world.nobody.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        scope="read write",
    )
    of_app = Api(world.node, token["access_token"], world.requested)
    assert (await of_app.get("/api/v1/apps/verify_credentials"))["name"] == "Test"
    new_token = await of_app.post(
        "/api/v1/accounts",
        username="zoe",
        email="zoe@mail.test",
        password="correct horse battery",
        agreement=True,
        locale="en",
    )
    zoe = Api(world.node, new_token["access_token"], world.requested)
    assert (await zoe.get("/api/v1/accounts/verify_credentials"))["username"] == "zoe"
    late = await zoe.request("POST", "/api/v1/emails/confirmations")
    assert late.status == 403
    assert "already confirmed" in late.body["error"]
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
    assert [tag["name"] for tag in await ann.get("/api/v1/followed_tags")] == [followed["name"]]
    assert "following" not in await world.nobody.get("/api/v1/tags/bruges")
    assert not (await ann.post("/api/v1/tags/bruges/unfollow"))["following"]
    assert (await ann.post("/api/v1/tags/bruges/feature"))["featuring"]
    assert not (await ann.post("/api/v1/tags/bruges/unfeature"))["featuring"]
    featured = await ann.post("/api/v1/featured_tags", name="Bicycles")
    assert featured["name"] == "Bicycles"
    assert featured["last_status_at"] is None
    assert await ann.get("/api/v1/featured_tags") == [featured]
    assert await world.nobody.get(f"/api/v1/accounts/{world.ann_id}/featured_tags") == [featured]
    await ann.delete(f"/api/v1/featured_tags/{featured['id']}")
    assert await ann.get("/api/v1/featured_tags/suggestions") == []


async def check_endorsements(world: EndpointWorld) -> None:
    bob, target = world.bob, f"/api/v1/accounts/{world.ann_id}"
    for on, off in (("endorse", "unendorse"), ("pin", "unpin")):
        assert (await bob.post(f"{target}/{on}"))["endorsed"]
        assert ids(await bob.get("/api/v1/endorsements")) == [world.ann_id]
        assert ids(await world.nobody.get(f"/api/v1/accounts/{world.bob_id}/endorsements")) == [world.ann_id]
        assert not (await bob.post(f"{target}/{off}"))["endorsed"]


async def check_relationships(world: EndpointWorld) -> None:
    ann, bob = world.ann, world.bob
    target = f"/api/v1/accounts/{world.ann_id}"
    assert (await bob.post(f"{target}/follow"))["following"] is True
    [relationship] = await bob.get("/api/v1/accounts/relationships", **{"id[]": world.ann_id})
    assert relationship["following"]
    assert not relationship["followed_by"]
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


async def check_lists(world: EndpointWorld, post_id: str) -> None:
    bob = world.bob
    list_ = await bob.post("/api/v1/lists", title="Bikes", replies_policy="list", exclusive=True)
    path = f"/api/v1/lists/{list_['id']}"
    await bob.post(f"{path}/accounts", account_ids=[world.ann_id])
    assert ids(await bob.get(f"{path}/accounts")) == [world.ann_id]
    assert ids(await bob.get(f"/api/v1/accounts/{world.ann_id}/lists")) == [list_["id"]]
    assert post_id in ids(await bob.get(f"/api/v1/timelines/list/{list_['id']}"))
    assert (await bob.put(path, title="Bicycles"))["title"] == "Bicycles"
    assert (await bob.get(path))["exclusive"] is True
    assert ids(await bob.get("/api/v1/lists")) == [list_["id"]]
    await bob.delete(f"{path}/accounts", account_ids=[world.ann_id])
    await bob.delete(path)
    assert await bob.get("/api/v1/lists") == []


async def check_collections(world: EndpointWorld) -> None:
    bob = world.bob
    collection = (await bob.post("/api/v1/collections", name="Bikes", account_ids=[world.ann_id]))[
        "collection"
    ]
    path = f"/api/v1/collections/{collection['id']}"
    shown = await world.nobody.get(path)
    assert ids(shown["accounts"]) == [world.bob_id, world.ann_id]
    for change in (bob.put, bob.patch):
        assert (await change(path, name="Bicycles"))["collection"]["name"] == "Bicycles"
    assert ids((await bob.get(f"/api/v1/accounts/{world.bob_id}/collections"))["collections"]) == [
        collection["id"]
    ]
    containing = await bob.get(f"/api/v1/accounts/{world.ann_id}/in_collections")
    assert ids(containing["collections"]) == [collection["id"]]
    item = (await bob.post(f"{path}/items", account_id=world.bob_id))["collection_item"]
    await bob.delete(f"{path}/items/{item['id']}")
    await world.ann.post(f"{path}/items/{collection['items'][0]['id']}/revoke")
    assert (await bob.get(path))["collection"]["item_count"] == 0
    await bob.delete(path)
    assert (await bob.request("GET", path)).status == 404


async def check_leaving(world: EndpointWorld) -> None:
    eve = await world.node.create_member("eve")
    api = Api(world.node, await world.node.create_token(eve), world.requested)
    changed = await api.post("/api/v1/accounts/alias", also_known_as_uris=["@ann"])
    assert changed["id"] == str(eve.id)
    form = {"password": PASSWORD, "moved_to_uri": "@ann"}
    assert (await api.request("POST", "/api/v1/accounts/move", json=form)).status == 422
    assert (await api.request("POST", "/api/v1/accounts/delete", json={"password": PASSWORD})).status == 202
    assert (await world.nobody.request("GET", f"/api/v1/accounts/{eve.id}")).status == 404
