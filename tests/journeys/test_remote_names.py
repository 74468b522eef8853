"""Names that peers give to accounts: what cannot be one is refused, and nothing of it reaches a client."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import CONTENT_TYPE, PUBLIC, Document, StubPeers, make_actor

EVE = "https://evil.test/users/eve"
BAD_NAMES = [
    *("../../admin", "<b>x</b>", "a/b", "a b", "a\nb", "alice\u200b", ".", "a?b#c", "", "x" * 3_000),
    *("a\x1b[31m", "a@b", "\u202eecila", "аdmin", "ａｄｍｉｎ", "\u3164", ["a/b"], 5, None),
]


async def open_api(node: TestNode) -> Api:
    return Api(node, await node.create_token(await node.create_member("ann")))


def make_create(content: str) -> Document:
    note = {"id": f"{EVE}/1", "type": "Note", "attributedTo": EVE, "content": content, "to": [PUBLIC]}
    return {"id": f"{EVE}/1/activity", "type": "Create", "actor": EVE, "to": [PUBLIC], "object": note}


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
async def test_account_with_a_bad_name_is_refused_with_a_line_in_the_log(
    start: Start, names: tls.LoopbackResolver, name: Any
) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    async with StubPeers(names, "evil.test") as peers:
        peers.serve({**make_actor(EVE, "eve"), "preferredUsername": name})
        with capture_logs() as logs:
            found = await api.get("/api/v2/search", q=EVE, resolve="true")
            status = await peers.deliver(node, EVE, make_create("mind the lamp"))
            await node.settle()
        assert found["accounts"] == []
        assert status == 401
        assert "actor_refused" in {entry["event"] for entry in logs}
        everything = [
            await api.get("/api/v2/search", q="evil.test"),
            await api.get("/api/v1/timelines/public"),
            await api.get("/api/v1/directory"),
        ]
        assert "evil.test" not in msgspec.json.encode(everything).decode()
        assert "lamp" not in msgspec.json.encode(everything).decode()


async def test_name_of_a_known_account_that_turns_bad_keeps_the_old_one(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    async with StubPeers(names, "evil.test") as peers:
        peers.serve(make_actor(EVE, "eve"))
        assert (await api.get("/api/v2/search", q="@eve@evil.test", resolve="true"))["accounts"]
        renamed = {**make_actor(EVE, "eve"), "preferredUsername": "<b>eve</b>", "name": "Other"}
        peers.serve(renamed)
        update = {"id": f"{EVE}#u", "type": "Update", "actor": EVE, "object": renamed, "to": [PUBLIC]}
        await peers.deliver(node, EVE, update)
        await node.settle()
        account = await api.get("/api/v1/accounts/lookup", acct="eve@evil.test")
        assert (account["acct"], account["display_name"]) == ("eve@evil.test", "Eve")


class OneAnswerPeers(StubPeers):
    """Peers whose WebFinger answers every question with `bob`, who is the actor EVE."""

    async def _serve_webfinger(self, request: web.Request) -> web.Response:
        links = [{"rel": "self", "type": CONTENT_TYPE, "href": EVE}]
        return web.json_response({"subject": "acct:bob@evil.test", "links": links})


async def test_account_has_the_name_that_its_host_confirmed(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    async with OneAnswerPeers(names, "evil.test") as peers:
        peers.serve(make_actor(EVE, "admin", webfinger="bob@evil.test"))
        found = await api.get("/api/v2/search", q=EVE, resolve="true")
        assert [one["acct"] for one in found["accounts"]] == ["bob@evil.test"]


@pytest.mark.parametrize("subject", ["acct:<b>@evil.test", "acct:eve@evil test", "javascript:x", "eve"])
async def test_malformed_subject_confirms_nothing(
    start: Start, names: tls.LoopbackResolver, subject: str
) -> None:
    class SubjectPeers(StubPeers):
        async def _serve_webfinger(self, request: web.Request) -> web.Response:
            links = [{"rel": "self", "type": CONTENT_TYPE, "href": EVE}]
            return web.json_response({"subject": subject, "links": links})

    node = await start("alpha.test")
    api = await open_api(node)
    async with SubjectPeers(names, "evil.test") as peers:
        peers.serve(make_actor(EVE, "eve"))
        assert (await api.get("/api/v2/search", q=EVE, resolve="true"))["accounts"] == []


HOSTILE = [
    "a b",
    "../x",
    "<b>x</b>",
    "a\nb",
    "a\u200bb",
    "javascript:alert(1)",
    "data:text/html,x",
    "a\u202eb",
]


async def test_strings_of_a_post_that_become_addresses_and_names_are_checked(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    async with StubPeers(names, "evil.test") as peers:
        peers.serve(make_actor(EVE, "eve"))
        note: Document = {
            "id": f"{EVE}/1",
            "type": "Note",
            "attributedTo": EVE,
            "content": "mind the lamp",
            "to": [PUBLIC],
            "url": HOSTILE,
            "contentMap": dict.fromkeys(HOSTILE, "mind the lamp"),
            "tag": [
                *({"type": "Hashtag", "name": f"#{text}", "href": text} for text in HOSTILE),
                *(
                    {"type": "Emoji", "name": f":{text}:", "icon": {"url": "https://evil.test/a.png"}}
                    for text in HOSTILE
                ),
                *({"type": "Emoji", "name": ":fox:", "icon": {"url": text}} for text in HOSTILE),
                *({"type": "Mention", "name": text, "href": text} for text in HOSTILE),
                {"type": "Hashtag", "name": "#Lamps", "href": "https://evil.test/t/lamps"},
            ],
            "attachment": [
                *({"type": "Document", "mediaType": "image/png", "url": text} for text in HOSTILE),
                {
                    "type": "Document",
                    "mediaType": "image/png\r\nX: y",
                    "url": "https://evil.test/a",
                    "blurhash": "<b>",
                },
            ],
        }
        peers.serve(note)
        found = await api.get("/api/v2/search", q=note["id"], resolve="true")
        (status,) = found["statuses"]
        assert status["url"] == note["id"]
        assert [tag["name"] for tag in status["tags"]] == ["lamps"]
        assert (status["emojis"], status["mentions"], status["language"]) == ([], [], None)
        (file,) = status["media_attachments"]
        assert (file["type"], file["blurhash"]) == ("image", None)
        assert file["url"].startswith("https://alpha.test/media/")
