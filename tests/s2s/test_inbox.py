"""The inbox answers at once: what is no signed activity is refused with the right status."""

from __future__ import annotations

from io import BytesIO

import msgspec
import pytest

from activitypub.document import MAX_BYTES
from tests.kit import tls
from tests.kit.nodes import Start
from tests.kit.peers import StubPeers, make_actor
from tests.kit.signed_requests import deliver, post_to_inbox, sign_headers

EVE = "https://evil.test/users/eve"
ACTIVITY = msgspec.json.encode(
    {"id": f"{EVE}#1", "type": "Like", "actor": EVE, "object": "https://alpha.test/1"}
)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (ACTIVITY, "text/plain", 415),
        (b"{not json", "application/activity+json", 400),
        (ACTIVITY, "application/activity+json", 401),
    ],
    ids=["media type", "JSON", "signature"],
)
async def test_inbox_unacceptable_request_is_refused(
    start: Start, body: bytes, content_type: str, expected: int
) -> None:
    node = await start("alpha.test")
    status, _ = await post_to_inbox(node, body, {"Content-Type": content_type})
    assert status == expected


async def test_inbox_body_that_is_too_large_is_refused(start: Start) -> None:
    node = await start("alpha.test")
    body = BytesIO(b" " * (MAX_BYTES + 1))
    headers = {"Content-Type": "application/activity+json"}
    async with node.http.post("/inbox", data=body, headers=headers) as response:
        assert response.status == 413


async def test_inbox_of_the_instance_actor_by_its_name_is_not_found(start: Start) -> None:
    node = await start("alpha.test")
    status, _ = await post_to_inbox(node, ACTIVITY, {}, "/users/instance.actor/inbox")
    assert status == 404


async def test_inbox_key_that_is_gone_is_refused(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    async with StubPeers(names, "evil.test") as peers:
        peers.documents[EVE] = 410
        status, text = await post_to_inbox(node, ACTIVITY, sign_headers(node, ACTIVITY, f"{EVE}#main-key"))
    assert status == 401
    assert "key-gone" in text


async def test_inbox_signed_activity_is_accepted(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    async with StubPeers(names, "evil.test") as peers:
        actor = make_actor(EVE, "eve")
        peers.documents[EVE] = actor
        assert await deliver(node, msgspec.json.decode(ACTIVITY)) == 202


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/ld+json", 401),  # taken, and then not signed
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', 401),
        ('application/ld+json; profile="https://example.org/other"; charset=utf-8', 401),
        ("application/activity+json; charset=utf-8", 401),
        ("APPLICATION/Activity+JSON;charset=utf-8", 401),
        ("application/json; charset=utf-8", 401),
        ("application/jsonp", 415),
        ("application/ld+jsonx", 415),
        ("multipart/form-data", 415),
    ],
)
async def test_inbox_takes_a_media_type_whatever_its_parameters(
    start: Start, content_type: str, expected: int
) -> None:
    node = await start("alpha.test")
    status, _ = await post_to_inbox(node, ACTIVITY, {"Content-Type": content_type, "Signature": "x"})
    assert status == expected
