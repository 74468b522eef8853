"""Every address of ours that a document of ours names leads somewhere, also with a token that is no good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiohttp
import msgspec
import pytest

from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.auth import tokens
from fedserver.domain.posts import boosts
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture

INBOXES = ("inbox", "sharedInbox")


def make_files(*names: str) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name in names:
        form.add_field(name, make_picture(), filename=f"{name}.png", content_type="image/png")
    return form


def list_addresses(value: Any, base: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the addresses under `base` in a document, each with the name of its property."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "@context":
                yield from list_addresses(inner, base, name if key == "id" else key)
    elif isinstance(value, list):
        for inner in value:
            yield from list_addresses(inner, base, name)
    elif isinstance(value, str) and value.startswith(base):
        yield value, name


async def walk(node: TestNode, *paths: str) -> tuple[dict[str, tuple[int, str]], set[str]]:
    """Follow every address from document to document.

    Returns status and property of each, and all properties that held an address.
    """
    answers: dict[str, tuple[int, str]] = {}
    names: set[str] = set()
    pending = [(node.base + path, "start") for path in paths]
    while pending:
        address, name = pending.pop()
        names.add(name)
        address = address.partition("#")[0]
        if address in answers:
            continue
        method = "POST" if name in INBOXES else "GET"
        async with node.http.request(method, address, headers={"Accept": f"{ACTIVITY_JSON}, */*"}) as answer:
            answers[address] = answer.status, name
            if answer.content_type == ACTIVITY_JSON and answer.status == 200:
                document = msgspec.json.decode(await answer.read())
                pending += list_addresses(document, node.base)
    return answers, names


async def publish_everything(node: TestNode) -> list[str]:
    """Let a member fill their profile and publish one of each kind; returns where to begin."""
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    api = Api(node, await node.create_token(ann))
    await api.request("PATCH", "/api/v1/accounts/update_credentials", data=make_files("avatar", "header"))
    upload = await api.request("POST", "/api/v2/media", data=make_files("file"))
    post_id = await node.publish(ann, "Hello #fox @bob")
    asked = {"status": "See #fox", "media_ids": [upload.body["id"]], "in_reply_to_id": str(post_id)}
    reply = await api.request("POST", "/api/v1/statuses", json=asked)
    quote = await api.request(
        "POST", "/api/v1/statuses", json={"status": "quoted", "quoted_status_id": str(post_id)}
    )
    poll = {"options": ["a", "b"], "expires_in": 3_600}
    question = await api.request("POST", "/api/v1/statuses", json={"status": "Which?", "poll": poll})
    article_id = await node.publish(ann, "Long", kind="Article", title="A title")
    async with node.db.write() as tx:
        await boosts.boost(tx, node.site, bob, post_id)
    for body in (upload, reply, quote, question):
        assert body.status == 200, body.body
    await api.request("POST", f"/api/v1/statuses/{post_id}/pin")
    await api.request("POST", "/api/v1/featured_tags", json={"name": "fox"})
    await node.settle()
    ids = [post_id, reply.body["id"], quote.body["id"], question.body["id"]]
    return [
        "/actor", "/users/ann", "/users/bob", f"/users/ann/articles/{article_id}",
        *(f"/users/ann/statuses/{identifier}" for identifier in ids),
    ]  # fmt: skip


async def test_every_address_in_a_document_leads_somewhere(start: Start) -> None:
    node = await start("alpha.test")
    answers, names = await walk(node, *await publish_everything(node))
    expected = {
        "outbox", "followers", "following", "featured", "featuredTags", "replies", "likes", "shares", "inbox",
        "context", "first", "orderedItems", "href", "url", "attributedTo", "partOf",
    }  # fmt: skip
    assert expected <= names
    wrong = {address: found for address, found in answers.items() if found[0] not in (200, 415, 401)}
    assert wrong == {}
    assert {name for status, name in answers.values() if status != 200} <= {"inbox", "sharedInbox"}


PUBLIC_PATHS = (
    "/actor", "/users/ann", "/users/ann/outbox?page=true", "/users/ann/followers",
    "/users/ann/collections/featured", "/.well-known/webfinger?resource=acct:ann@alpha.test",
    "/.well-known/host-meta", "/.well-known/host-meta.json", "/.well-known/nodeinfo", "/nodeinfo/2.1",
    "/livez", "/readyz", "/health",
)  # fmt: skip


@pytest.mark.parametrize("bearer", ["Bearer unknown", "Bearer", "Bearer ", "Basic YTpi", "revoked"])
async def test_what_is_public_is_served_with_any_token(start: Start, bearer: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    token = await node.create_token(ann)
    upload = await Api(node, token).request("POST", "/api/v2/media", data=make_files("file"))
    post_id = await node.publish(ann, "Hello")
    if bearer == "revoked":
        async with node.db.write() as tx:
            await tokens.revoke_all(tx, (await node.load_member(ann)).id)
        bearer = f"Bearer {token}"
    media = (upload.body["url"], upload.body["preview_url"])
    paths = [address.removeprefix(node.base) for address in media]
    for path in (*paths, *PUBLIC_PATHS, f"/users/ann/statuses/{post_id}"):
        headers = {"Accept": f"{ACTIVITY_JSON}, */*", "Authorization": bearer}
        async with node.http.get(path, headers=headers) as answer:
            assert answer.status == 200, (path, await answer.text())
