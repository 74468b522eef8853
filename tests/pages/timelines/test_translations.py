"""Translations on pages: offered where a service is configured, in place and on a page of their own."""

from __future__ import annotations

from tests.client_api.timelines.test_translations import TranslationServer, server, start_world
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor

__all__ = ["server"]


async def test_translation_is_shown_in_place_and_on_its_page(start: Start, server: TranslationServer) -> None:
    node, ann, api = await start_world(start, server)
    post_id = await node.publish(ann, "Hallo zusammen", language="de")
    own = await node.publish(ann, "Good morning", language="en")
    path = f"/posts/{post_id}/translation"
    visitor = await log_in_visitor(node, "ann")
    shown = (await visitor.open("/local")).text
    assert f'hx-get="{path}" hx-target="#translation-{post_id}"' in shown
    assert f"/posts/{own}/translation" not in shown
    page = (await visitor.open(path + "?next=/local")).text
    assert 'lang="en"><p>Hello zusammen' in page
    assert "Hallo zusammen" in page
    async with visitor.http.get(path, headers={"HX-Request": "true"}) as answer:
        part = await answer.text()
    assert "Hello zusammen" in part
    assert "<html" not in part
    assert (await api.post(f"/api/v1/statuses/{post_id}/translate", lang="en"))["language"] == "en"
    assert len(server.received) == 1  # pages and apps share what is stored
    assert path not in (await Visitor(node).open("/local")).text


async def test_failure_of_the_service_is_told(start: Start, server: TranslationServer) -> None:
    node, ann, _ = await start_world(start, server)
    post_id = await node.publish(ann, "Hallo zusammen", language="de")
    other = await node.publish(ann, "Bonjour", language="fr")
    visitor = await log_in_visitor(node, "ann")
    server.status = 500
    page = await visitor.open(f"/posts/{post_id}/translation")
    assert page.status == 503
    assert "The translation service is not available right now." in page.text
    refused = await visitor.open(f"/posts/{other}/translation")
    assert refused.status == 422
    assert "does not offer these languages" in refused.text


async def test_without_a_service_nothing_is_offered(start: Start) -> None:
    node, ann, _ = await start_world(start, None)
    post_id = await node.publish(ann, "Hallo zusammen", language="de")
    visitor = await log_in_visitor(node, "ann")
    assert "/translation" not in (await visitor.open("/local")).text
    assert (await visitor.open(f"/posts/{post_id}/translation")).status == 404
