"""Custom emoji of this node: added by admins, used by members, federated, copied from peers."""

from __future__ import annotations

from typing import Any

import aiohttp

from activitypub.terms import ACTIVITY_JSON
from tests.kit import tls
from tests.kit.api import Api, ApiAnswer
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor
from tests.kit.pictures import make_picture

SCOPES = "read write follow push admin:read admin:write"
PATH = "/api/v1/admin/custom_emojis"


async def start_world(start: Start) -> tuple[TestNode, Api, Api]:
    node = await start("alpha.test")
    admin, ann = await node.create_member("root", "admin"), await node.create_member("ann")
    return (
        node,
        Api(node, await node.create_token(admin, SCOPES)),
        Api(node, await node.create_token(ann, SCOPES)),
    )


async def add(api: Api, shortcode: str, category: str = "", data: bytes | None = None) -> ApiAnswer:
    form = aiohttp.FormData({"shortcode": shortcode, "category": category})
    form.add_field("image", data or make_picture(), filename="a.png", content_type="image/png")
    return await api.request("POST", PATH, data=form)


async def read_document(node: TestNode, uri: str) -> Any:
    async with node.http.get(uri, headers={"Accept": ACTIVITY_JSON}) as answer:
        return await answer.json(content_type=None)


async def test_emoji_is_listed_used_shown_and_federated(start: Start) -> None:
    node, admin, ann = await start_world(start)
    added = await add(admin, ":fox:", "Animals")
    assert added.status == 201, added.body
    (listed,) = await ann.get("/api/v1/custom_emojis")
    assert (listed["shortcode"], listed["category"]) == ("fox", "Animals")
    async with node.http.get(listed["url"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")

    status = await ann.post("/api/v1/statuses", status="A :fox: at 10:20:30, `:none:`", spoiler_text="")
    assert [item["shortcode"] for item in status["emojis"]] == ["fox"]
    assert status["emojis"][0]["url"] == listed["url"]
    note = await read_document(node, status["uri"])
    (tag,) = [tag for tag in note["tag"] if tag["type"] == "Emoji"]
    assert tag["name"] == ":fox:"
    assert tag["icon"]["url"] == listed["url"]
    async with node.http.get(status["url"], headers={"Accept": "text/html"}) as answer:
        assert 'alt=":fox:"' in await answer.text()

    poll = {"options": ["yes :fox:", "no"], "expires_in": 3600}
    asked = await ann.post("/api/v1/statuses", status="?", poll=poll)
    assert [item["shortcode"] for item in asked["poll"]["emojis"]] == ["fox"]
    warned = await ann.post("/api/v1/statuses", status="x", spoiler_text=":fox: ahead")
    assert [item["shortcode"] for item in warned["emojis"]] == ["fox"]
    edited = await ann.put(f"/api/v1/statuses/{status['id']}", status="None here")
    assert edited["emojis"] == []
    edited = await ann.put(f"/api/v1/statuses/{status['id']}", status="Again :fox:")
    assert [item["shortcode"] for item in edited["emojis"]] == ["fox"]

    me = await ann.patch("/api/v1/accounts/update_credentials", display_name="Ann :fox:")
    assert [item["shortcode"] for item in me["emojis"]] == ["fox"]
    actor = await read_document(node, "https://alpha.test/users/ann")
    assert [tag["name"] for tag in actor["tag"]] == [":fox:"]
    await ann.put(f"/api/v1/pleroma/statuses/{status['id']}/reactions/fox")
    shown = await ann.get(f"/api/v1/statuses/{status['id']}")
    assert shown["reactions"][0]["url"] == listed["url"]


async def test_disabled_emoji_stays_where_it_was_used_and_is_used_no_more(start: Start) -> None:
    _, admin, ann = await start_world(start)
    emoji = (await add(admin, "fox")).body
    before = await ann.post("/api/v1/statuses", status=":fox:")
    assert (await admin.patch(f"{PATH}/{emoji['id']}", type="disable"))["disabled"] is True
    assert await ann.get("/api/v1/custom_emojis") == []
    assert (await ann.post("/api/v1/statuses", status="again :fox:"))["emojis"] == []
    assert len((await ann.get(f"/api/v1/statuses/{before['id']}"))["emojis"]) == 1
    assert [item["shortcode"] for item in await admin.get(PATH, filter="disabled")] == ["fox"]
    assert await admin.get(PATH, filter="enabled") == []
    assert (await admin.patch(f"{PATH}/{emoji['id']}", type="enable", category="Wild"))["category"] == "Wild"
    assert (await admin.get(f"{PATH}/{emoji['id']}"))["disabled"] is False
    await admin.delete(f"{PATH}/{emoji['id']}")
    assert await admin.get(PATH) == []


async def test_wrong_emoji_are_refused_and_leave_no_file(start: Start) -> None:
    node, admin, ann = await start_world(start)
    assert (await add(ann, "fox")).status == 403
    assert (await add(admin, "fox")).status == 201
    store = node.node.services.store.root
    files = sorted(path for path in store.rglob("*") if path.is_file())
    for shortcode, data in (
        ("fox", None),
        ("../fox", None),
        ("a b", None),
        ("x" * 51, None),
        ("text", b"no picture"),
        ("large", b"\x89PNG\r\n\x1a\n" + bytes(300_000)),
    ):
        assert (await add(admin, shortcode, data=data)).status == 422, shortcode
    assert sorted(path for path in store.rglob("*") if path.is_file()) == files


async def test_emoji_of_a_peer_is_copied(start: Start, names: tls.LoopbackResolver) -> None:
    _, admin, ann = await start_world(start)
    async with StubPeers(names, "beta.test") as peers:
        bob = "https://beta.test/users/bob"
        icon = {"type": "Image", "mediaType": "image/png", "url": "https://beta.test/blob.png"}
        tag = [{"type": "Emoji", "name": ":blob:", "icon": icon}]
        note = {"id": f"{bob}/1", "type": "Note", "attributedTo": bob, "content": "<p>:blob:</p>", "tag": tag,
                "to": ["https://www.w3.org/ns/activitystreams#Public"]}  # fmt: skip
        peers.serve(make_actor(bob, "bob"), note)
        peers.serve_picture(icon["url"], make_picture())
        wrong = await admin.request("POST", PATH, json={"shortcode": "cat", "source": note["id"]})
        assert wrong.status == 422
        copied = await admin.post(PATH, shortcode="drop", source=note["id"], source_shortcode="blob")
        assert copied["url"].startswith("https://alpha.test/media/")
    assert [item["shortcode"] for item in await ann.get("/api/v1/custom_emojis")] == ["drop"]
