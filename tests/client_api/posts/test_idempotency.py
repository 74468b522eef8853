"""Requests with one idempotency key create one post."""

from __future__ import annotations

import asyncio
import io

from tests.kit.api import Api, ApiAnswer
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture

PATH = "/api/v1/statuses"
PARALLEL = 6


async def send(api: Api, key: str, **body: object) -> list[ApiAnswer]:
    headers = {"Idempotency-Key": key}
    return await asyncio.gather(
        *(api.request("POST", PATH, json=body, headers=headers) for _ in range(PARALLEL))
    )


async def test_simultaneous_requests_with_one_key_create_one_post(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    media = await api.request("POST", "/api/v2/media", data={"file": io.BytesIO(make_picture())})
    bodies: list[dict[str, object]] = [
        {"status": "a note"},
        {"status": "an article", "title": "A title"},
        {"status": "a picture", "media_ids": [media.body["id"]]},
    ]
    for number, body in enumerate(bodies):
        answers = await send(api, f"key {number}", **body)
        assert [answer.status for answer in answers] == [200] * PARALLEL, [answer.body for answer in answers]
        assert len({answer.body["id"] for answer in answers}) == 1
    assert len(await api.get(f"/api/v1/accounts/{ann.id}/statuses")) == len(bodies)
    assert (await api.get(f"/api/v1/accounts/{ann.id}"))["statuses_count"] == len(bodies)


async def test_idempotency_key_is_bound_to_its_account_and_an_hour(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    headers = {"Idempotency-Key": "same"}
    apis = [Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))]
    answers = [await api.request("POST", PATH, json={"status": "hi"}, headers=headers) for api in apis * 2]
    assert answers[0].body["id"] == answers[2].body["id"] != answers[1].body["id"] == answers[3].body["id"]
    node.clock.forward(hours=2)
    later = await apis[0].request("POST", PATH, json={"status": "hi"}, headers=headers)
    assert later.body["id"] != answers[0].body["id"]
