"""Deleted posts: what streams send, and what clients get."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from fedserver.domain.kernel import events
from fedserver.domain.relationships import follows
from storage.engine import Database, Event
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture


async def test_deletion_of_a_post_streams_its_boosts_too(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, eve = [await node.create_member(name) for name in ("ann", "bob", "eve")]
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, eve, bob)
    apis = {item.username: Api(node, await node.create_token(item)) for item in (ann, bob, eve)}
    post = await apis["ann"].post("/api/v1/statuses", status="soon gone")
    boost = await apis["bob"].post(f"/api/v1/statuses/{post['id']}/reblog")
    assert [status["id"] for status in await apis["eve"].get("/api/v1/timelines/home")] == [boost["id"]]
    address = "/api/v1/streaming?stream=user"
    async with node.http.ws_connect(address, headers=apis["eve"].headers) as socket:
        await apis["ann"].delete(f"/api/v1/statuses/{post['id']}")
        message = json.loads(await asyncio.wait_for(socket.receive_str(), 5))
    assert (message["event"], message["payload"]) == ("delete", boost["id"])


async def upload(api: Api, color: str) -> str:
    data = {"file": io.BytesIO(make_picture(color)), "description": color}
    answer = await api.request("POST", "/api/v2/media", data=data)
    assert answer.status == 200
    media_id: str = answer.body["id"]
    return media_id


async def test_deleted_post_can_be_written_again_with_its_files(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    files = [await upload(api, color) for color in ("teal", "navy")]
    text = "Two *pictures* & @ann #fox https://x.test/"
    status = await api.post(
        "/api/v1/statuses", status=text, media_ids=files, spoiler_text="warned", content_type="text/markdown"
    )
    node.clock.forward(days=3)
    deleted = await api.delete(f"/api/v1/statuses/{status['id']}")
    assert (deleted["text"], deleted["spoiler_text"], deleted["id"]) == (text, "warned", status["id"])
    assert [file["id"] for file in deleted["media_attachments"]] == files
    assert deleted["media_attachments"] == status["media_attachments"]

    # The person thinks for a while, and what is old is cleaned up meanwhile.
    node.clock.forward(hours=2)
    await node.settle()
    again = await api.post(
        "/api/v1/statuses",
        status=deleted["text"],
        media_ids=[file["id"] for file in deleted["media_attachments"]],
        spoiler_text=deleted["spoiler_text"],
        content_type="text/markdown",
    )
    assert again["media_attachments"] == status["media_attachments"]
    assert again["content"] == status["content"]
    async with node.http.get(again["media_attachments"][0]["url"]) as answer:
        assert answer.status == 200


async def test_files_of_a_deleted_post_are_deleted_after_a_day(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    status = await api.post("/api/v1/statuses", status="x", media_ids=[await upload(api, "teal")])
    await api.delete(f"/api/v1/statuses/{status['id']}")
    node.clock.forward(hours=25)
    await node.settle()
    (file,) = status["media_attachments"]
    assert (await api.request("GET", f"/api/v1/media/{file['id']}")).status == 404
    async with node.http.get(file["url"]) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("many", [0, 1, 1_000])
async def test_post_deleted_event_lists_any_number_of_homes(database: Database, many: int) -> None:
    homes = [10**17 + number for number in range(many)]
    received: asyncio.Queue[Event] = asyncio.Queue()
    stop = database.listen(received.put_nowait)
    async with database.write() as tx:
        events.emit_post_deleted(tx, 1, 2, homes)
        tx.emit("end")
    listeners: list[int] = []
    while (event := await asyncio.wait_for(received.get(), 5)).kind != "end":
        assert (event.data["post_id"], event.data["account_id"]) == (1, 2)
        listeners += event.data["listeners"]
    assert listeners == homes
    stop()
