"""What clients hear and get when a post goes."""

from __future__ import annotations

import asyncio
import json

import pytest

from fedserver.domain import events, follows
from storage import Database, Event
from tests.kit.api import Api
from tests.kit.nodes import Start


async def test_boosts_of_a_deleted_post_are_told_to_streams(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, eve = [await node.member(name) for name in ("ann", "bob", "eve")]
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, eve, bob)
    apis = {each.username: Api(node, await node.token(each)) for each in (ann, bob, eve)}
    post = await apis["ann"].post("/api/v1/statuses", status="soon gone")
    boost = await apis["bob"].post(f"/api/v1/statuses/{post['id']}/reblog")
    assert [each["id"] for each in await apis["eve"].get("/api/v1/timelines/home")] == [boost["id"]]
    address = "/api/v1/streaming?stream=user"
    async with node.http.ws_connect(address, headers=apis["eve"].headers) as socket:
        await apis["ann"].delete(f"/api/v1/statuses/{post['id']}")
        message = json.loads(await asyncio.wait_for(socket.receive_str(), 5))
    assert (message["event"], message["payload"]) == ("delete", boost["id"])


@pytest.mark.parametrize("many", [0, 1, 1_000])
async def test_a_post_may_be_at_many_homes(database: Database, many: int) -> None:
    homes = [10**17 + number for number in range(many)]
    heard: asyncio.Queue[Event] = asyncio.Queue()
    stop = database.listen(heard.put_nowait)
    async with database.write() as tx:
        events.post_deleted(tx, 1, 2, homes)
        tx.emit("end")
    told: list[int] = []
    while (event := await asyncio.wait_for(heard.get(), 5)).kind != "end":
        assert (event.data["post_id"], event.data["account_id"]) == (1, 2)
        told += event.data["listeners"]
    assert told == homes
    stop()
