"""A member's profile over real HTTP: every way to write it, its limits, and who may."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from fedserver.domain.accounts import accounts, profiles
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start
from tests.kit.pictures import make_picture

CREDENTIALS = "/api/v1/accounts/update_credentials"


async def create_ann(start: Start, scopes: str = "read write") -> Api:
    node = await start("alpha.test")
    return Api(node, await node.create_token(await node.create_member("ann"), scopes))


PAIRS = [("Town", "Ghent"), ("Site", "https://ann.test")]
PAIRS_AS_JSON = [{"name": name, "value": value} for name, value in PAIRS]


def make_fields_form(index: Any) -> aiohttp.FormData:
    """Return the fields as a form; `index` writes the place of each."""
    form = aiohttp.FormData()
    for place, (name, value) in enumerate(PAIRS):
        form.add_field(f"fields_attributes[{index(place)}][name]", name)
        form.add_field(f"fields_attributes[{index(place)}][value]", value)
    return form


async def test_profile_fields_are_read_in_every_encoding(start: Start) -> None:
    api = await create_ann(start)
    multipart = make_fields_form(lambda place: place)
    multipart.add_field("avatar", make_picture(), filename="a.png", content_type="image/png")
    written: list[dict[str, Any]] = [
        {"json": {"fields_attributes": PAIRS_AS_JSON}},
        {"json": {"fields_attributes": {"0": PAIRS_AS_JSON[0], "1": PAIRS_AS_JSON[1]}}},
        {"json": {"fields_attributes": {"first": PAIRS_AS_JSON[0], "second": PAIRS_AS_JSON[1]}}},
        {"data": make_fields_form(lambda place: place)},
        {"data": make_fields_form(lambda place: 170_000 + place)},
        {"data": make_fields_form(lambda place: "")},
        {"data": multipart},
    ]
    for options in written:
        assert (await api.patch(CREDENTIALS, fields_attributes=[]))["source"]["fields"] == []
        answer = await api.request("PATCH", CREDENTIALS, **options)
        assert answer.status == 200, answer.body
        fields = answer.body["source"]["fields"]
        assert [(item["name"], item["value"]) for item in fields] == PAIRS, options
    changed = await api.patch(CREDENTIALS, fields_attributes=PAIRS_AS_JSON[0])
    assert [item["name"] for item in changed["source"]["fields"]] == ["Town"]
    assert (await api.patch(CREDENTIALS, note="x"))["fields"], "what is not named stays"


async def test_profile_update_changes_every_field(start: Start) -> None:
    api = await create_ann(start)
    form = aiohttp.FormData()
    for name in ("avatar", "header"):
        form.add_field(name, make_picture(), filename="a.png", content_type="image/png")
        form.add_field(f"{name}_description", f"a teal {name}")
    for name, value in {
        "display_name": "Ann", "note": "I ride", "locked": "true", "bot": "1", "discoverable": "false",
        "indexable": "true", "hide_collections": "true", "source[privacy]": "private",
        "source[sensitive]": "true", "source[language]": "nl",
    }.items():  # fmt: skip
        form.add_field(name, value)
    form.add_field("attribution_domains[]", "https://News.test/")
    form.add_field("attribution_domains[]", "blog.test")
    answer = await api.request("PATCH", CREDENTIALS, data=form)
    assert answer.status == 200, answer.body
    account, source = answer.body, answer.body["source"]
    assert (account["avatar_description"], account["header_description"]) == (
        "a teal avatar",
        "a teal header",
    )
    assert account["avatar"].startswith("https://alpha.test/media/")
    assert account["locked"]
    assert account["bot"]
    assert account["indexable"]
    assert account["hide_collections"]
    assert not account["discoverable"]
    assert source["privacy"] == "private"
    assert source["sensitive"]
    assert source["language"] == "nl"
    assert source["attribution_domains"] == ["news.test", "blog.test"]
    preferences = await api.get("/api/v1/preferences")
    assert preferences["posting:default:visibility"] == "private"
    assert preferences["posting:default:sensitive"] is True
    assert preferences["posting:default:language"] == "nl"
    assert (await api.patch(CREDENTIALS, source={"language": ""}))["source"]["language"] is None
    profile = await api.get("/api/v1/profile")
    assert (profile["note"], profile["avatar"]) == ("I ride", account["avatar"])
    changed = await api.put("/api/v1/profile", show_media_replies=False, show_featured=False, note="I walk")
    assert not changed["show_media_replies"]
    assert not changed["show_featured"]
    assert changed["show_media"]
    assert changed["note"] == "I walk"
    assert changed["display_name"] == "Ann"
    for name in ("avatar", "header"):
        without = await api.delete(f"/api/v1/profile/{name}")
        assert without[name].startswith("https://alpha.test/static/")
        assert not without[f"{name}_description"]
    empty = await api.get("/api/v1/profile")
    assert empty["avatar"] is None
    assert empty["header_static"] is None
    async with api.node.http.get("/users/ann", headers={"Accept": "application/activity+json"}) as actor:
        assert (await actor.json(content_type=None))["attributionDomains"] == ["news.test", "blog.test"]


@pytest.mark.parametrize(
    ("body", "prefix"),
    [
        ({"display_name": "x" * (profiles.MAX_NAME + 1)}, "Display name"),
        ({"note": "x" * (profiles.MAX_NOTE + 1)}, "Note"),
        ({"avatar_description": "x" * (profiles.MAX_ALT + 1)}, "Avatar alt"),
        ({"fields_attributes": [{"name": "x" * (profiles.MAX_FIELD + 1), "value": "x"}]}, "Fields"),
        ({"fields_attributes": [{"name": "x", "value": "x"}] * (profiles.MAX_FIELDS + 1)}, "Fields"),
        ({"attribution_domains": [f"{number}.test" for number in range(11)]}, "Attribution domains"),
        ({"attribution_domains": ["not a domain"]}, "Attribution domains"),
        ({"avatar": "no picture"}, "Avatar"),
        ({"source": {"privacy": "secret"}}, "Source"),
    ],
)
async def test_profile_beyond_the_limits_is_refused_and_unchanged(
    start: Start, body: dict[str, Any], prefix: str
) -> None:
    api = await create_ann(start)
    answer = await api.request("PATCH", CREDENTIALS, json={"bot": True, **body})
    assert answer.status == 422
    assert answer.body["error"].startswith(f"Validation failed: {prefix}")
    assert not (await api.get("/api/v1/accounts/verify_credentials"))["bot"]
    limits = (await api.get("/api/v2/instance"))["configuration"]["accounts"]
    assert limits["max_profile_fields"] == profiles.MAX_FIELDS
    assert limits["max_featured_tags"] == 10


async def test_profiles_without_the_scope_are_refused(start: Start) -> None:
    reader = await create_ann(start, "profile")
    assert (await reader.get("/api/v1/profile"))["show_media"]
    assert (await reader.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"
    for method, path in (
        ("PATCH", CREDENTIALS),
        ("PATCH", "/api/v1/profile"),
        ("PUT", "/api/v1/profile"),
        ("DELETE", "/api/v1/profile/avatar"),
        ("POST", "/api/v1/tags/fox/follow"),
        ("POST", "/api/v1/tags/fox/feature"),
        ("POST", "/api/v1/featured_tags"),
        ("GET", "/api/v1/followed_tags"),
        ("GET", "/api/v1/endorsements"),
        ("POST", "/api/v1/accounts/1/endorse"),
        ("POST", "/api/v1/accounts/alias"),
        ("POST", "/api/v1/accounts/delete"),
    ):
        assert (await reader.request(method, path)).status == 403, path
        assert (await Api(reader.node).request(method, path)).status == 401, path


async def test_familiar_followers_and_endorsements_respect_privacy(start: Start) -> None:
    node = await start("alpha.test")
    names = ("ann", "bob", "eve", "fay", "gus")
    accounts = {name: await node.create_member(name) for name in names}
    apis = {name: Api(node, await node.create_token(item)) for name, item in accounts.items()}
    ids = {name: str(item.id) for name, item in accounts.items()}
    for who, whom in (("ann", "eve"), ("ann", "fay"), ("eve", "bob"), ("fay", "bob"), ("gus", "bob")):
        await apis[who].post(f"/api/v1/accounts/{ids[whom]}/follow")

    async def familiar() -> list[list[str]]:
        params = [("id[]", ids["bob"]), ("id[]", ids["gus"])]
        answer = await apis["ann"].request("GET", "/api/v1/accounts/familiar_followers", params=params)
        assert [item["id"] for item in answer.body] == [ids["bob"], ids["gus"]]
        return [[account["username"] for account in item["accounts"]] for item in answer.body]

    assert await familiar() == [["fay", "eve"], []]
    await apis["fay"].patch(CREDENTIALS, hide_collections=True)
    assert await familiar() == [["eve"], []]
    await apis["bob"].patch(CREDENTIALS, hide_collections=True)
    assert await familiar() == [[], []]

    ann = apis["ann"]
    refused = await ann.request("POST", f"/api/v1/accounts/{ids['bob']}/endorse")
    assert refused.status == 422
    assert "you follow" in refused.body["error"]
    assert (await ann.request("POST", "/api/v1/accounts/17/endorse")).status == 404
    for name in ("eve", "fay", "eve"):
        assert (await ann.post(f"/api/v1/accounts/{ids[name]}/endorse"))["endorsed"]
    page = await apis["bob"].request(
        "GET", f"/api/v1/accounts/{ids['ann']}/endorsements", params={"limit": "1"}
    )
    assert [item["username"] for item in page.body] == ["fay"]
    assert 'rel="next"' in page.headers["Link"]
    assert await apis["bob"].get("/api/v1/endorsements") == []
    assert not (await ann.post(f"/api/v1/accounts/{ids['fay']}/unfollow"))["endorsed"]
    assert [account["username"] for account in await ann.get("/api/v1/endorsements")] == ["eve"]
    await apis["eve"].post(f"/api/v1/accounts/{ids['ann']}/block")
    assert await ann.get("/api/v1/endorsements") == []


async def test_mute_with_a_duration_ends(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    api = Api(node, await node.create_token(ann))
    target = f"/api/v1/accounts/{bob.id}"
    await api.post(f"{target}/follow")
    muted = await api.post(f"{target}/mute", duration=600, notifications=False)
    assert muted["muting"]
    assert not muted["muting_notifications"]
    assert muted["muting_expires_at"]
    [listed] = await api.get("/api/v1/mutes")
    assert listed["mute_expires_at"] == muted["muting_expires_at"]
    post = await node.publish(bob, "while muted")
    longer = await api.post(f"{target}/mute", duration=1_200)
    assert longer["muting_notifications"]
    node.clock.forward(seconds=700)
    await node.settle()
    assert [account["username"] for account in await api.get("/api/v1/mutes")] == ["bob"]
    assert await api.get("/api/v1/timelines/home") == []
    node.clock.forward(seconds=600)
    await node.settle()
    assert await api.get("/api/v1/mutes") == []
    assert [status["id"] for status in await api.get("/api/v1/timelines/home")] == [str(post)]
    endless = await api.post(f"{target}/mute")
    assert endless["muting"]
    assert endless["muting_expires_at"] is None
    [listed] = await api.get("/api/v1/mutes")
    assert listed["mute_expires_at"] is None


async def test_lists_and_featured_tags_of_others_are_not_found(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = [Api(node, await node.create_token(await node.create_member(name))) for name in ("ann", "bob")]
    list_ = await ann.post("/api/v1/lists", title="Mine", replies_policy="none", exclusive=True)
    assert list_["replies_policy"] == "none"
    assert list_["exclusive"]
    path = f"/api/v1/lists/{list_['id']}"
    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, {"title": "Yours"}),
        ("DELETE", path, None),
        ("GET", f"{path}/accounts", None),
        ("POST", f"{path}/accounts", {"account_ids": ["1"]}),
        ("GET", f"/api/v1/timelines/list/{list_['id']}", None),
    ):
        assert (await bob.request(method, where, json=body)).status == 404, where
    refused = await ann.request("PUT", path, json={"replies_policy": "everybody"})
    assert refused.status == 422
    tag = await ann.post("/api/v1/featured_tags", name="fox")
    assert (await bob.request("DELETE", f"/api/v1/featured_tags/{tag['id']}")).status == 404
    assert (await ann.request("POST", "/api/v1/featured_tags", json={"name": "#Fox"})).status == 422
    assert (await ann.request("POST", "/api/v1/featured_tags", json={"name": "no tag"})).status == 422
    assert (await ann.request("GET", "/api/v1/tags/no%20tag")).status == 404
    async with node.http.get("/@ann/tagged/fox") as page:
        assert page.status == 200
        assert tag["url"] == "https://alpha.test/@ann/tagged/fox"


async def test_account_deletion_removes_everything(start: Start) -> None:
    node = await start("alpha.test")
    owner, eve = await node.create_member("ann", role="owner"), await node.create_member("eve")
    api = Api(node, await node.create_token(eve))
    post = await node.publish(eve, "soon gone")
    path = "/api/v1/accounts/delete"
    assert (await api.request("POST", path)).status == 422
    assert (await api.request("POST", path, json={"password": "wrong"})).status == 403
    assert (await api.request("POST", path, data={"password": PASSWORD})).status == 202
    assert (await api.request("GET", "/api/v1/accounts/verify_credentials")).status == 401
    assert (await Api(node).request("GET", f"/api/v1/statuses/{post}")).status == 404
    async with node.db.read() as tx:
        assert (await accounts.get(tx, eve.id)).deleted_at is not None
    of_owner = Api(node, await node.create_token(owner))
    last = await of_owner.request("POST", path, json={"password": PASSWORD})
    assert last.status == 403
    assert "last owner" in last.body["error"]
    assert (await of_owner.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"
    for _ in range(9):
        await of_owner.request("POST", path, json={"password": "wrong"})
    guessed = [(await of_owner.request("POST", path, json={"password": "wrong"})).status for _ in range(3)]
    assert guessed[-1] == 429
