"""Translations by a real server on loopback that speaks LibreTranslate's API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from fedserver.config import TranslationConfig
from fedserver.domain.content import media
from fedserver.domain.posts import polls
from fedserver.integrations.translator import Translator
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

PAIRS = [
    {"code": "de", "name": "German", "targets": ["de", "en"]},
    {"code": "en", "name": "English", "targets": ["de"]},
    "odd",
    {"code": 5, "targets": None},
]


class TranslationServer:
    """A translation service that marks each text with its target language; `answer` overrides it."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answer: Any = None
        self.status = 200
        self.languages: Any = PAIRS
        self.address = ""

    async def translate(self, request: web.Request) -> web.Response:
        question = await request.json()
        self.received.append(question)
        texts = [text.replace("Hallo", "Hello") + f"<!--{question['target']}-->" for text in question["q"]]
        translation = {"translatedText": texts, "detectedLanguage": [{"language": "de", "confidence": 90}]}
        return web.json_response(self.answer or translation, status=self.status)

    async def list_languages(self, request: web.Request) -> web.Response:
        return web.json_response(self.languages)


@pytest.fixture
async def server() -> AsyncIterator[TranslationServer]:
    stub = TranslationServer()
    application = web.Application()
    application.router.add_post("/translate", stub.translate)
    application.router.add_get("/languages", stub.list_languages)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stub.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stub
    await runner.cleanup()


async def start_world(
    start: Start, server: TranslationServer | None, **more: Any
) -> tuple[TestNode, AccountRow, Api]:
    translation = TranslationConfig()
    if server is not None:
        translation = TranslationConfig(**{"url": server.address, "allow_networks": ("127.0.0.0/8",), **more})
    node = await start("alpha.test", translation=translation)
    ann = await node.create_member("ann")
    return node, ann, Api(node, await node.create_token(ann))


async def test_translation_of_a_status_is_stored(start: Start, server: TranslationServer) -> None:
    node, ann, api = await start_world(start, server, api_key="secret")
    post_id = await node.publish(ann, "Hallo @ann #tag & <b>", language="de", summary="Hallo & mehr")
    path = f"/api/v1/statuses/{post_id}/translate"
    body = await api.post(path, lang="en")
    assert body["content"].startswith("<p>Hello <span")
    assert "<!--" not in body["content"]
    assert (body["spoiler_text"], body["language"], body["poll"]) == (
        "Hello & mehr",
        "en",
        None,
    )
    assert (body["detected_source_language"], body["provider"]) == ("de", "LibreTranslate")
    [sent] = server.received
    assert (sent["source"], sent["target"], sent["format"], sent["api_key"]) == (
        "de",
        "en",
        "html",
        "secret",
    )
    assert sent["q"][1] == "Hallo &amp; mehr"
    assert len(sent["q"]) == 2
    assert await api.post(path) == body, "English is this member's language"
    await api.post(f"/api/v1/statuses/{post_id}/favourite")
    assert await api.post(path, lang="en-GB") == body
    assert len(server.received) == 1
    await api.put(f"/api/v1/statuses/{post_id}", status="Hallo again")
    assert "again" in (await api.post(path, lang="en"))["content"]
    assert len(server.received) == 2


async def test_translation_includes_descriptions_and_poll_options(
    start: Start, server: TranslationServer
) -> None:
    node, ann, api = await start_world(start, server)
    async with node.db.write() as tx:
        file = await _add_media(tx, node.site, ann)
    post_id = await node.publish(ann, "Hallo", language="de", media_ids=(file,))
    translation = await api.post(f"/api/v1/statuses/{post_id}/translate", lang="en")
    assert translation["media_attachments"] == [{"id": str(file), "description": "Hello <you>"}]
    poll = polls.NewPoll(("Hallo <eins>", "Hallo zwei"), 3600)
    poll_id = str(await node.publish(ann, "Hallo", language="de", summary="Hallo alle", poll=poll))
    translation = await api.post(f"/api/v1/statuses/{poll_id}/translate", lang="en")
    options = [{"title": "Hello <eins>"}, {"title": "Hello zwei"}]
    assert translation["poll"] == {"id": poll_id, "options": options}
    assert translation["media_attachments"] == []
    assert translation["spoiler_text"] == "Hello alle"


async def _add_media(tx: Any, site: Any, ann: AccountRow) -> int:
    from_member = media.NewFile("image", "image/png", "a.png", "b.png", 1)
    return (await media.create(tx, site, ann, from_member, "Hallo <you>", (0.0, 0.0))).id


async def test_translation_from_the_service_is_sanitized(start: Start, server: TranslationServer) -> None:
    node, ann, api = await start_world(start, server)
    post_id = await node.publish(ann, "Hallo", language="de", summary="Hallo")
    evil = '<p onclick="x">Hi<script>alert(1)</script><a href="javascript:x">y</a></p>'
    server.answer = {"translatedText": [evil, "<b>plain</b>"]}
    translation = await api.post(f"/api/v1/statuses/{post_id}/translate", lang="en")
    assert translation["spoiler_text"] == "plain"
    assert not any(word in translation["content"] for word in ("script", "onclick", "javascript"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"translatedText": ["one", "two", "three"]}, 200),
        ({"translatedText": "one"}, 200),
        ({"translatedText": [5]}, 200),
        (["odd"], 200),
        ({"error": "slow down"}, 429),
        ({"error": "no key"}, 403),
    ],
)
async def test_translation_with_a_wrong_answer_is_unavailable(
    start: Start, server: TranslationServer, answer: Any, status: int
) -> None:
    node, ann, api = await start_world(start, server)
    post_id = await node.publish(ann, "Hallo", language="de")
    server.answer, server.status = answer, status
    refused = await api.request("POST", f"/api/v1/statuses/{post_id}/translate", json={"lang": "en"})
    assert refused.status == 503
    assert "not available" in refused.body["error"]


async def test_translation_without_permission_is_refused(start: Start, server: TranslationServer) -> None:
    node, ann, api = await start_world(start, server)
    post_id = await node.publish(ann, "Hallo", language="de")
    path = f"/api/v1/statuses/{post_id}/translate"
    private = await node.publish(ann, "Hallo", language="de", visibility="followers")
    unknown = await node.publish(ann, "Hallo", language="fr")
    assert (await Api(node).request("POST", path)).status == 401
    narrow = Api(node, await node.create_token(ann, "write"))
    assert (await narrow.request("POST", path)).status == 403
    for wrong, lang, status in (
        (private, "en", 403),
        (unknown, "en", 403),
        (post_id, "fr", 403),
        (post_id, "de", 403),
        (post_id, "no language", 403),
        (7, "en", 404),
    ):
        refused = await api.request("POST", f"/api/v1/statuses/{wrong}/translate", json={"lang": lang})
        assert refused.status == status, (wrong, lang, refused.body)
    assert refused.body["error"] == "Record not found"
    assert server.received == []
    other = Api(node, await node.create_token(await node.create_member("bob")))
    hidden = await other.request("POST", f"/api/v1/statuses/{private}/translate", json={"lang": "en"})
    assert hidden.status == 404


async def test_translation_languages_are_cached_for_an_hour(start: Start, server: TranslationServer) -> None:
    node, _, api = await start_world(start, server)
    path = "/api/v1/instance/translation_languages"
    assert await Api(node).get(path) == {"de": ["en"], "en": ["de"]}
    server.languages = {"odd": 1}
    assert await api.get(path) == {"de": ["en"], "en": ["de"]}, "remembered for an hour"
    node.clock.forward(hours=1)
    assert (await api.request("GET", path)).status == 503
    assert (await api.get("/api/v2/instance"))["configuration"]["translation"] == {"enabled": True}


async def test_translation_without_a_service_is_not_found(start: Start) -> None:
    node, ann, api = await start_world(start, None)
    post_id = await node.publish(ann, "Hallo", language="de")
    refused = await api.request("POST", f"/api/v1/statuses/{post_id}/translate")
    assert (refused.status, refused.body["error"]) == (404, "Record not found")
    assert await api.get("/api/v1/instance/translation_languages") == {}
    assert (await api.get("/api/v2/instance"))["configuration"]["translation"] == {"enabled": False}


async def test_translation_service_in_a_private_network_must_be_allowed(
    start: Start, server: TranslationServer
) -> None:
    """Those that are named for federation do not count, nor the other way round."""
    node, ann, api = await start_world(start, server, allow_networks=("10.0.0.0/8",))
    post_id = await node.publish(ann, "Hallo", language="de")
    refused = await api.request("POST", f"/api/v1/statuses/{post_id}/translate", json={"lang": "en"})
    assert refused.status == 503
    assert server.received == []


async def test_translator_does_not_send_blank_texts(server: TranslationServer) -> None:
    config = TranslationConfig(url=server.address + "/", allow_networks=("127.0.0.1/32",))
    translator = Translator(config, user_agent="test")
    answer = await translator.translate(["<p>Hallo</p>"], ["", "a < b"], None, "en")
    await translator.close()
    assert answer.texts == ("<p>Hello</p><!--en-->", "", "a &lt; b<!--en-->")
    assert (answer.detected_language, server.received[0]["source"]) == ("de", "auto")
    assert server.received[0]["q"] == ["<p>Hallo</p>", "a &lt; b"]
    assert "api_key" not in server.received[0]
