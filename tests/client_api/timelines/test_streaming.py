"""Streams: who gets what, over WebSockets and server-sent events, until the token is revoked.

That something is *not* sent is shown by what comes next: events are sent in order.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from fedserver.client_api.timelines import hub as hub_module
from fedserver.domain.auth import member_access, members, tokens
from fedserver.domain.kernel import events
from fedserver.domain.notifications import announcements
from fedserver.domain.relationships import blocks, domain_mutes, follows, mutes
from fedserver.node import open_node
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.pictures import make_picture
from tests.kit.streams import TIMEOUT_S, Stream, open_stream, wait_until_settled


async def start_world(start: Start, *names: str) -> tuple[TestNode, list[AccountRow], list[str]]:
    """Return a node, members and their tokens."""
    node = await start("alpha.test")
    accounts = [await node.create_member(name) for name in names]
    return node, accounts, [await node.create_token(item) for item in accounts]


async def follow(node: TestNode, follower: AccountRow, target: AccountRow, **how: Any) -> None:
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, follower, target, **how)


async def test_socket_carries_many_streams(start: Start) -> None:
    node, (ann, bob), tokens = await start_world(start, "ann", "bob")
    await follow(node, bob, ann)
    async with open_stream(node, tokens[1], "user", "public", "public:local", "user") as stream:
        await stream.send_request("subscribe", "hashtag", tag="Ghent")
        await wait_until_settled(stream)
        post_id = str(await node.publish(ann, "Hello #gHENT"))
        messages = await stream.receive_ids(4)
        assert messages == [
            ("hashtag/Ghent", "update", post_id),
            ("public", "update", post_id),
            ("public:local", "update", post_id),
            ("user", "update", post_id),
        ]
        for name in ("public", "public:local"):
            await stream.send_request("unsubscribe", name)
        await stream.send_request("unsubscribe", "hashtag", tag="Ghent")
        await wait_until_settled(stream)
        ann_api = Api(node, tokens[0])
        await ann_api.put(f"/api/v1/statuses/{post_id}", status="Hello again")
        stream_name, event, payload = await stream.receive()
        assert (stream_name, event, payload["id"]) == (["user"], "status.update", post_id)
        assert "again" in payload["content"]
        await ann_api.delete(f"/api/v1/statuses/{post_id}")
        assert await stream.receive() == (["user"], "delete", post_id)


async def test_stream_messages_equal_the_timeline(start: Start) -> None:
    node, (ann, bob), tokens = await start_world(start, "ann", "bob")
    await follow(node, bob, ann)
    api = Api(node, tokens[1])
    async with open_stream(node, tokens[1], "user", "public") as stream:
        await node.publish(ann, "Hello")
        (_, _, first), (_, _, second) = await stream.receive(), await stream.receive()
    [home] = await api.get("/api/v1/timelines/home")
    [public] = await api.get("/api/v1/timelines/public")
    assert (first, second) == (home, public)


@pytest.mark.parametrize("way", ["header", "query", "protocol"])
async def test_stream_accepts_the_token_in_three_places(start: Start, way: str) -> None:
    node, (ann,), (token,) = await start_world(start, "ann")
    options: dict[str, Any] = {
        "header": {"headers": {"Authorization": f"Bearer {token}"}},
        "query": {"params": {"access_token": token}},
        "protocol": {"protocols": [token]},
    }[way]
    async with node.http.ws_connect("/api/v1/streaming", **options) as socket:
        assert socket.protocol == (token if way == "protocol" else None)
        stream = Stream(socket)
        await stream.send_request("subscribe", "user")
        await wait_until_settled(stream)
        post_id = await node.publish(ann, "Hello")
        assert (await stream.receive())[2]["id"] == str(post_id)


async def test_stream_without_a_member_token_is_refused(start: Start) -> None:
    node, _, _ = await start_world(start, "ann")
    async with node.db.write() as tx:
        of_app = await tokens.create(tx, "read", app_id=1, member_id=None, account_id=None)
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {of_app.secret}"}):
        for path in ("/api/v1/streaming", "/api/v1/streaming/public"):
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", **headers}
            async with node.http.get(path, headers=upgrade) as answer:
                assert answer.status == 401
                assert (await answer.json())["error"]


async def test_stream_without_its_scope_is_refused(start: Start) -> None:
    node, (ann, bob), _ = await start_world(start, "ann", "bob")
    only = {
        scope: await node.create_token(ann, scope)
        for scope in ("read:statuses", "read:notifications", "read:accounts", "write")
    }
    for scope, fine, refused in (
        ("read:statuses", ("user", "public", "direct"), ("user:notification",)),
        ("read:notifications", ("user:notification",), ("user", "public", "direct")),
        ("read:accounts", (), ("user", "user:notification", "public")),
        ("write", (), ("user", "public")),
    ):
        async with open_stream(node, only[scope], *fine) as stream:
            for name in refused:
                await stream.send_request("subscribe", name)
                assert await stream.receive_raw() == {
                    "error": "Access token does not have the required scopes",
                    "status": 401,
                }
                path = f"/api/v1/streaming/{name.replace(':', '/')}"
                assert (await Api(node, only[scope]).request("GET", path)).status == 401
    # Home comes without notifications if these may not be read.
    async with open_stream(node, only["read:statuses"], "user") as stream:
        post_id = str(await node.publish(bob, "@ann look"))
        own = str(await node.publish(ann, "after that"))
        assert await stream.receive_ids(1) == [("user", "update", own)], post_id


async def test_stream_with_a_wrong_name_is_refused(start: Start) -> None:
    node, _, tokens = await start_world(start, "ann", "bob")
    list_ = await Api(node, tokens[0]).post("/api/v1/lists", title="Ann's")
    wrong = [
        ({"stream": "nowhere"}, 400, "Unknown stream type"),
        ({"stream": "hashtag"}, 400, "Missing tag name parameter"),
        ({"stream": "list"}, 400, "Missing list name parameter"),
        ({"stream": "list", "list": list_["id"]}, 401, "Not authorized to stream this list"),
        ({"stream": "list", "list": "9" * 30}, 401, "Not authorized to stream this list"),
        ({}, 400, "Unknown stream type"),
    ]
    async with open_stream(node, tokens[1]) as stream:
        for query, status, text in wrong:
            await stream.socket.send_json({"type": "subscribe", **query})
            assert await stream.receive_raw() == {"error": text, "status": status}
        await stream.socket.send_str("not JSON")
        assert (await stream.receive_raw())["error"] == "Not JSON"
        for ignored in ("[1]", '{"type": "dance", "stream": "user"}'):
            await stream.socket.send_str(ignored)
        await wait_until_settled(stream)
    api = Api(node, tokens[1])
    for query, status, text in wrong:
        answer = await api.request("GET", "/api/v1/streaming", params=query)
        assert (answer.status, answer.body["error"]) == (status, text)
    assert (await api.request("GET", "/api/v1/streaming/nowhere")).status == 404
    async with node.http.ws_connect("/api/v1/streaming?stream=nowhere", headers=api.headers) as socket:
        assert await Stream(socket).receive_raw() == {"error": "Unknown stream type", "status": 400}


@pytest.mark.parametrize(
    ("path", "query", "status", "text"),
    [
        ("", {"stream": "nowhere"}, 400, "Unknown stream type"),
        ("", {"stream": "hashtag", "list": "1"}, 400, "Missing tag name parameter"),
        ("", {"stream": "hashtag", "tag": "   "}, 400, "Missing tag name parameter"),
        ("", {"stream": "list", "tag": "x"}, 400, "Missing list name parameter"),
        ("", {"stream": "list", "list": "abc"}, 401, "Not authorized to stream this list"),
        ("", {"stream": "list", "list": "-1"}, 401, "Not authorized to stream this list"),
        ("", {"stream": "user", "access_token": "nonsense"}, 401, "Invalid access token"),
        ("", {"stream": "user", "access_token": ""}, 401, "Missing access token"),
        ("/hashtag", {}, 400, "Missing tag name parameter"),
        ("/hashtag/local", {"stream": "user"}, 400, "Missing tag name parameter"),
        ("/list", {}, 400, "Missing list name parameter"),
        ("/list", {"list": "9" * 30}, 401, "Not authorized to stream this list"),
        ("/public", {"only_media": ["a", "b"]}, 422, "Validation failed: Only media"),
        ("/user", {"access_token": "nonsense"}, 401, "Invalid access token"),
    ],
)
async def test_stream_with_a_wrong_parameter_tells_what_is_wrong(
    start: Start, path: str, query: dict[str, Any], status: int, text: str
) -> None:
    node, _, (token,) = await start_world(start, "ann")
    pairs = [
        (f"{name}[]" if isinstance(value, list) else name, item)
        for name, value in {"access_token": token, **query}.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    answer = await Api(node).request("GET", f"/api/v1/streaming{path}", params=pairs)
    assert (answer.status, answer.body["error"][: len(text)]) == (status, text)


async def test_socket_takes_its_stream_from_the_query(start: Start) -> None:
    node, (ann,), (token,) = await start_world(start, "ann")
    list_ = await Api(node, token).post("/api/v1/lists", title="Ann's")
    for query in ({"stream": "hashtag", "tag": "fox"}, {"stream": "list", "list": list_["id"]}):
        params = {"access_token": token, **query}
        async with node.http.ws_connect("/api/v1/streaming", params=params) as socket:
            await wait_until_settled(Stream(socket))
            if query["stream"] == "hashtag":
                post_id = await node.publish(ann, "a #fox")
                stream, event, payload = await Stream(socket).receive()
                assert (stream, event, payload["id"]) == (["hashtag", "fox"], "update", str(post_id))
    params = {"access_token": token, "stream": "list", "list": "1"}
    async with node.http.ws_connect("/api/v1/streaming", params=params) as socket:
        wrong = {"error": "Not authorized to stream this list", "status": 401}
        assert await Stream(socket).receive_raw() == wrong


async def test_public_streams_carry_what_their_timelines_show(start: Start) -> None:
    """Each kind of post comes in those streams only whose timeline shows it to the same reader."""
    node, _, tokens = await start_world(start, "ann", "bob")
    ann_api, bob_api = Api(node, tokens[0]), Api(node, tokens[1])
    streams = {
        "public": ("public", {}),
        "public:media": ("public", {"only_media": "true"}),
        "public:local": ("public", {"local": "true"}),
        "public:local:media": ("public", {"local": "true", "only_media": "true"}),
        "public:remote": ("public", {"remote": "true"}),
        "public:remote:media": ("public", {"remote": "true", "only_media": "true"}),
        "hashtag/fox": ("tag/fox", {}),
        "hashtag:local/fox": ("tag/fox", {"local": "true"}),
    }
    media_id = (
        await ann_api.request("POST", "/api/v2/media", data={"file": io.BytesIO(make_picture())})
    ).body["id"]
    async with open_stream(node, tokens[1], *[name for name in streams if "/" not in name]) as stream:
        for name in ("hashtag", "hashtag:local"):
            await stream.send_request("subscribe", name, tag="fox")
        await wait_until_settled(stream)
        root = await ann_api.post("/api/v1/statuses", status="a #fox")
        own = {"in_reply_to_id": root["id"]}
        reply_to = await bob_api.post("/api/v1/statuses", status="by bob")
        drafts: list[dict[str, Any]] = [
            {"status": "unlisted #fox", "visibility": "unlisted"},
            {"status": "for followers #fox", "visibility": "private"},
            {"status": "for @bob #fox", "visibility": "direct"},
            {"status": "members only #fox", "local_only": True},
            {"status": "with a picture", "media_ids": [media_id]},
            {"status": "I answer myself", **own},
            {"status": "I answer bob #fox", "in_reply_to_id": reply_to["id"]},
        ]
        posted = [root, reply_to, *[await ann_api.post("/api/v1/statuses", **status) for status in drafts]]
        await ann_api.post(f"/api/v1/statuses/{reply_to['id']}/reblog")
        shown = []
        for name, (path, params) in streams.items():
            page = await bob_api.get(f"/api/v1/timelines/{path}", **params)
            shown += [(name, "update", item["id"]) for item in page]
        assert await stream.receive_ids(len(shown)) == sorted(shown)
        assert len(shown) == 15
        # And each of them, and nothing else, is deleted.
        for item in posted[2:]:
            await ann_api.delete(f"/api/v1/statuses/{item['id']}")
        deletions = {
            (name, "delete", value) for name, _, value in shown if value not in (root["id"], reply_to["id"])
        }
        last = await ann_api.post("/api/v1/statuses", status="the last")
        messages = []
        while (message := await stream.receive())[2] != last["id"] and message[1] == "delete":
            messages.append(("/".join(message[0]), message[1], message[2]))
        assert deletions <= set(messages)
        assert {value for _, _, value in messages} == {value for _, _, value in deletions}


async def test_remote_posts_come_in_remote_streams(start: Start) -> None:
    node, _, (token,) = await start_world(start, "ann")
    beta = await start("beta.test")
    eve = await beta.create_member("eve")
    async with open_stream(node, token, "public:remote", "public:local") as stream:
        search = await Api(node, token).get("/api/v2/search", q="@eve@beta.test", resolve="true")
        await Api(node, token).post(f"/api/v1/accounts/{search['accounts'][0]['id']}/follow")
        await settle_all(node, beta)
        await beta.publish(eve, "from afar")
        await settle_all(node, beta)
        name, event, payload = await stream.receive()
        assert (name, event) == (["public:remote"], "update")
        assert "afar" in payload["content"]


async def settle_all(*nodes: TestNode) -> None:
    while any([await node.settle() for node in nodes]):
        continue


async def test_public_stream_respects_mutes_blocks_and_filters(start: Start) -> None:
    """Six members listen to one public post; each gets what their timeline shows."""
    names = ("ann", "mutes", "blocks", "blocked", "filters", "hides", "plain")
    node, people, tokens = await start_world(start, *names)
    ann, by = people[0], dict(zip(names, people, strict=True))
    token_of = dict(zip(names, tokens, strict=True))
    async with node.db.write() as tx:
        await mutes.mute(tx, by["mutes"], ann)
        await blocks.block(tx, node.site, by["blocks"], ann)
        await blocks.block(tx, node.site, ann, by["blocked"])
    for name, action in (("filters", "warn"), ("hides", "hide")):
        await Api(node, token_of[name]).post(
            "/api/v2/filters",
            title="Foxes",
            context=["public"],
            filter_action=action,
            keywords_attributes=[{"keyword": "fox"}],
        )
    received: dict[str, Any] = {}
    for name in names[1:]:
        async with open_stream(node, token_of[name], "public", "user") as stream:
            post_id = str(await node.publish(ann, "a fox"))
            own = str(await node.publish(by[name], "mine"))
            messages = [await stream.receive()]
            while messages[-1][0] != ["public"] or messages[-1][2]["id"] != own:
                messages.append(await stream.receive())
            received[name] = next((value for _, _, value in messages if value["id"] == post_id), None)
            shown = await Api(node, token_of[name]).get("/api/v1/timelines/public")
            assert (received[name] in shown) is (received[name] is not None)
    assert {name for name in received if received[name]} == {"filters", "hides", "plain"}
    assert [filter_["filter"]["title"] for filter_ in received["filters"]["filtered"]] == ["Foxes"]
    assert received["hides"]["filtered"][0]["filter"]["filter_action"] == "hide"
    assert received["plain"]["filtered"] == []


async def test_listeners_of_one_stream_get_what_each_may_see(start: Start) -> None:
    """The post is sent at once to those who see it alike, and to those who do not."""
    names = ("ann", "fan", "other", "mutes", "filters")
    node, people, tokens = await start_world(start, *names)
    ann = people[0]
    await follow(node, people[1], ann)
    async with node.db.write() as tx:
        await mutes.mute(tx, people[3], ann)
    await Api(node, tokens[4]).post(
        "/api/v2/filters", title="Foxes", context=["public"], keywords_attributes=[{"keyword": "fox"}]
    )
    open_sockets = [open_stream(node, token, "public") for token in tokens]
    streams = [await open_socket.__aenter__() for open_socket in open_sockets]
    post_id = str(await node.publish(ann, "a fox"))
    end = str(await node.publish(people[2], "the end"))
    for name, stream, token in zip(names, streams, tokens, strict=True):
        _, _, first = await stream.receive()
        if name == "mutes":
            assert first["id"] == end
            continue
        assert first["id"] == post_id
        assert bool(first["filtered"]) is (name == "filters")
        shown = await Api(node, token).get("/api/v1/timelines/public")
        assert first in shown
    for open_socket in open_sockets:
        await open_socket.__aexit__(None, None, None)


async def test_public_stream_leaves_out_silenced_accounts_and_muted_domains(start: Start) -> None:
    node, (ann, bob, carl), tokens = await start_world(start, "ann", "bob", "carl")
    async with node.db.write() as tx:
        eve = await create_remote_account(tx, "eve")
        await domain_mutes.add(tx, node.site, bob, "beta.test")
        await account_queries.set_limits(tx, ann.id, suspended_at=None, silenced_at=1)
    async with (
        open_stream(node, tokens[1], "public") as muting,
        open_stream(node, tokens[2], "public") as stream,
    ):
        await node.publish(ann, "limited")
        far = str(await node.publish(eve, "from afar"))
        last = str(await node.publish(carl, "after that"))
        assert await stream.receive_ids(2) == [("public", "update", far), ("public", "update", last)]
        assert await muting.receive_ids(1) == [("public", "update", last)]


async def test_user_stream_follows_boost_settings_and_exclusive_lists(start: Start) -> None:
    node, (ann, bob, carl), tokens = await start_world(start, "ann", "bob", "carl")
    await follow(node, bob, ann)
    await follow(node, bob, carl, shows_boosts=False)
    api, ann_api = Api(node, tokens[1]), Api(node, tokens[0])
    list_ = await api.post("/api/v1/lists", title="Exclusive", exclusive=True, replies_policy="none")
    async with open_stream(node, tokens[1], "user") as stream:
        await stream.send_request("subscribe", "list", list=list_["id"])
        await wait_until_settled(stream)
        first = await ann_api.post("/api/v1/statuses", status="at home")
        assert await stream.receive_ids(1) == [("user", "update", first["id"])]
        await Api(node, tokens[2]).post(f"/api/v1/statuses/{first['id']}/reblog")
        await api.post(f"/api/v1/lists/{list_['id']}/accounts", account_ids=[str(ann.id)])
        second = await ann_api.post("/api/v1/statuses", status="on the list")
        assert await stream.receive_ids(1) == [(f"list/{list_['id']}", "update", second["id"])]
        own = await api.post("/api/v1/statuses", status="mine")
        await ann_api.post("/api/v1/statuses", status="an answer", in_reply_to_id=own["id"])
        secret = await ann_api.post("/api/v1/statuses", status="not for lists", visibility="direct")
        edited = await ann_api.put(f"/api/v1/statuses/{second['id']}", status="on the list!")
        boost = await ann_api.post(f"/api/v1/statuses/{own['id']}/reblog")
        listed = f"list/{list_['id']}"
        assert await stream.receive_ids(1) == [("user", "update", own["id"])]
        assert await stream.receive_ids(1) == [(listed, "status.update", edited["id"])]
        messages = [await stream.receive() for _ in range(2)]
        assert sorted(item[1] for item in messages) == ["notification", "update"]
        assert {item[2]["id"] for item in messages if item[1] == "update"} == {boost["id"]}
        for gone in (secret, second):
            await ann_api.delete(f"/api/v1/statuses/{gone['id']}")
        assert await stream.receive_ids(1) == [(listed, "delete", second["id"])]
        await ann_api.post(f"/api/v1/statuses/{own['id']}/unreblog")
        assert await stream.receive_ids(1) == [(listed, "delete", boost["id"])]
        await ann_api.post(f"/api/v1/statuses/{own['id']}/reblog")
        assert {(await stream.receive())[1] for _ in range(2)} == {"notification", "update"}
        await api.delete(f"/api/v1/statuses/{own['id']}")
        kinds = [await stream.receive() for _ in range(2)]
        assert sorted((kind[0][0], kind[1]) for kind in kinds) == [("list", "delete"), ("user", "delete")]


async def test_notifications_come_in_both_streams(start: Start) -> None:
    node, (ann, bob), tokens = await start_world(start, "ann", "bob")
    api = Api(node, tokens[0])
    async with open_stream(node, tokens[0], "user", "user:notification") as stream:
        await Api(node, tokens[1]).post(f"/api/v1/accounts/{ann.id}/follow")
        messages = sorted([await stream.receive(), await stream.receive()], key=lambda item: item[0])
        [listed] = await api.get("/api/v1/notifications")
        assert messages == [
            (["user"], "notification", listed),
            (["user:notification"], "notification", listed),
        ]
        async with node.db.write() as tx:
            await mutes.mute(tx, ann, bob)
        await node.publish(bob, "@ann hello")
        await api.post("/api/v2/filters", title="x", context=["home"])
        assert await stream.receive_raw() == {"stream": ["user"], "event": "filters_changed"}


async def test_announcements_come_in_every_user_stream(start: Start) -> None:
    node, _, (token,) = await start_world(start, "ann")
    async with open_stream(node, token, "user", "public") as stream:
        async with node.db.write() as tx:
            announcement = await announcements.create(tx, node.site, None, "We move on Friday")
            await announcements.create(tx, node.site, None, "not yet", published=False)
        name, event, payload = await stream.receive()
        assert (name, event, payload["id"]) == (["user"], "announcement", str(announcement.id))
        assert payload == (await Api(node, token).get("/api/v1/announcements"))[0]
        async with node.db.write() as tx:
            await announcements.update(tx, node.site, None, announcement.id, "We move on Sunday")
        assert "Sunday" in (await stream.receive())[2]["content"]
        async with node.db.write() as tx:
            await announcements.delete(tx, None, announcement.id)
        assert await stream.receive() == (["user"], "announcement.delete", str(announcement.id))


async def read_lines(answer: aiohttp.ClientResponse, count: int) -> list[bytes]:
    return [await asyncio.wait_for(answer.content.readline(), TIMEOUT_S) for _ in range(count)]


async def test_server_sent_events_carry_updates_and_heartbeats(start: Start) -> None:
    node, (ann,), (token,) = await start_world(start, "ann")
    node.node.hub.heartbeat_seconds = 0.01
    api = Api(node, token)
    async with node.http.get("/api/v1/streaming/public?only_media=true", headers=api.headers) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"]
        assert await read_lines(answer, 1) == [b":)\n"]
        await node.publish(ann, "no picture")
        media_id = (
            await api.request("POST", "/api/v2/media", data={"file": io.BytesIO(make_picture())})
        ).body["id"]
        status = await api.post("/api/v1/statuses", status="two\n\nlines", media_ids=[media_id])
        beats, line = 0, b""
        while not line.startswith(b"event"):
            [line] = await read_lines(answer, 1)
            beats += line == b"event: thump\n" or line == b":thump\n"
        assert line == b"event: update\n"
        data, end = await read_lines(answer, 2)
        assert data.startswith(b"data: ")
        assert json.loads(data[6:])["id"] == status["id"]
        assert end == b"\n"
        while (await read_lines(answer, 1)) != [b":thump\n"]:
            continue
    async with node.http.get("/api/v1/streaming/user", params={"access_token": token}) as answer:
        assert await read_lines(answer, 1) == [b":)\n"]
        await api.post("/api/v2/filters", title="x", context=["home"])
        messages = [line for line in await read_lines(answer, 12) if line != b":thump\n"]
        assert messages[:3] == [b"event: filters_changed\n", b"data: \n", b"\n"]


async def test_stream_of_a_revoked_token_ends_at_once(start: Start) -> None:
    node, (ann, bob), (token, other) = await start_world(start, "ann", "bob")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        open_stream(node, token, "user") as stream,
        open_stream(node, other, "user") as stays,
        node.http.get("/api/v1/streaming/user", headers=headers) as answer,
    ):
        assert await read_lines(answer, 1) == [b":)\n"]
        async with node.db.write() as tx:
            await tokens.revoke_all(tx, (await node.load_member(ann)).id)
        assert await stream.wait_closed() == 4001
        assert await asyncio.wait_for(answer.content.read(), TIMEOUT_S) == b""
        post_id = await node.publish(bob, "still here")
        assert (await stays.receive())[2]["id"] == str(post_id)


@pytest.mark.parametrize("how", ["revoked", "disabled", "suspended"])
async def test_stream_revoked_by_another_process_ends_with_the_heartbeat(start: Start, how: str) -> None:
    """The command line writes beside a running node, which gets no event of it on SQLite."""
    node, (ann, _), (token, other) = await start_world(start, "ann", "bob")
    node.node.hub.heartbeat_seconds = 0.01
    async with open_stream(node, other, "user") as stays, open_stream(node, token, "user") as stream:
        async with node.db.write() as tx:
            if how == "suspended":
                await account_queries.set_limits(tx, ann.id, suspended_at=tx.now, silenced_at=None)
            else:
                await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
            tx.events.clear()
        assert await stream.wait_closed() == 4001
        await wait_until_settled(stays)


async def test_slow_listener_is_closed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_WAITING", 3)
    node, (ann,), (token,) = await start_world(start, "ann")
    hub = node.node.hub
    async with open_stream(node, token, "user") as slow:
        assert hub.dropped_listeners == 0
        assert len(hub) == 1
        # All in one go, so that nothing can be sent in between.
        hub.publish([("user", ann.id)] * 5, "filters_changed", None)
        assert await slow.wait_closed() == 1013
        assert hub.dropped_listeners == 1
    async with open_stream(node, token, "user") as stuck:
        # It reads nothing: what is sent fills the buffers, and then the queue.
        transport = stuck.socket._conn.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.pause_reading()
        while hub.dropped_listeners == 1:
            hub.publish([("user", ann.id)], "update", "x" * 200_000)
            await asyncio.sleep(0)
        transport.resume_reading()
        await stuck.wait_closed()
        assert hub.dropped_listeners == 2
    async with open_stream(node, token, "user") as fine:
        post_id = await node.publish(ann, "hello")
        assert (await fine.receive())[2]["id"] == str(post_id)


async def test_failing_event_does_not_stop_the_others(start: Start) -> None:
    node, (ann,), (token,) = await start_world(start, "ann")
    async with open_stream(node, token, "user") as stream:
        async with node.db.write() as tx:
            tx.emit(events.NOTIFICATION_ADDED, account_id=ann.id, notification_id="nonsense")
        post_id = await node.publish(ann, "hello")
        assert (await stream.receive())[2]["id"] == str(post_id)
    # PostgreSQL refuses the id, SQLite finds nothing by it.
    failures = 0 if node.site.config.database.url.startswith("sqlite:") else 1
    assert node.node.hub.lost_events == failures


async def test_every_process_serves_its_own_listeners(start: Start) -> None:
    """Two processes on one PostgreSQL database: both send what one of them writes."""
    node, (ann, _), (token, other) = await start_world(start, "ann", "bob")
    if node.site.config.database.url.startswith("sqlite:"):
        pytest.skip("an SQLite database has one process that serves")
    names = tls.LoopbackResolver()
    second = await open_node(
        node.site.config, clock=node.clock, resolver=names, passwords=node.node.services.passwords
    )

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        return [web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.server_context("alpha.test"))]

    await second.serve(sites)
    names.ports["alpha.test"] = second.addresses[0][1]
    there = TestNode(second, "alpha.test", node.clock, names)
    async with open_stream(there, token, "user") as far, open_stream(node, other, "public") as near:
        post_id = str(await node.publish(ann, "from the first"))
        assert await far.receive_ids(1) == [("user", "update", post_id)]
        assert await near.receive_ids(1) == [("public", "update", post_id)]
        post_id = str(await there.publish(ann, "from the second"))
        assert await far.receive_ids(1) == [("user", "update", post_id)]
        assert await near.receive_ids(1) == [("public", "update", post_id)]
        await Api(node, token).delete(f"/api/v1/statuses/{post_id}")
        assert await far.receive() == (["user"], "delete", post_id)
        async with node.db.write() as tx:
            await tokens.revoke_all(tx, (await node.load_member(ann)).id)
        assert await far.wait_closed() == 4001
    await there.close()
