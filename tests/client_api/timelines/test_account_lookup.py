"""Looking up accounts, hashtags and markers."""

from __future__ import annotations

import pytest

from fedserver.domain.relationships import blocks
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.people import create_remote_account


@pytest.mark.parametrize("who_blocks", ["caller", "other"])
async def test_lookup_by_full_handle_finds_blocked_and_blocking_accounts(
    start: Start, who_blocks: str
) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        far = await create_remote_account(tx, "bob", "beta.test")
        for other in (bob, far):
            if who_blocks == "caller":
                await blocks.block(tx, node.site, ann, other)
            elif other.domain:
                await blocks.receive(tx, other, ann, f"{other.uri}#block")
            else:
                await blocks.block(tx, node.site, other, ann)
    api = Api(node, await node.create_token(ann))
    for acct, wanted in (("bob", bob), ("@bob@alpha.test", bob), ("bob@beta.test", far)):
        assert (await api.get("/api/v1/accounts/lookup", acct=acct))["id"] == str(wanted.id)
        for resolve in ("true", "false"):
            if acct == "@bob@alpha.test" and resolve == "false":
                continue  # ours by its full name is found as an address is: when asked to resolve
            search = await api.get("/api/v2/search", q=acct, type="accounts", resolve=resolve)
            assert [account["id"] for account in search["accounts"]] == [str(wanted.id)]
    assert (await api.get("/api/v2/search", q="bo", type="accounts"))["accounts"] == []


async def test_search_for_a_bare_word_finds_hashtags(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.publish(ann, "Look, a #RedFox and a #redwood")
    api = Api(node, await node.create_token(ann))
    for wanted in ("RedFox", "redf", "#redfox"):
        for more in ({}, {"type": "hashtags"}):
            tags = (await api.get("/api/v2/search", q=wanted, **more))["hashtags"]
            assert [item["name"].lower() for item in tags] == ["redfox"]
    assert len((await api.get("/api/v2/search", q="red"))["hashtags"]) == 2
    assert (await api.get("/api/v2/search", q="@redfox"))["hashtags"] == []


async def test_markers_of_a_new_account_are_at_zero(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    address = "/api/v1/markers?timeline[]=home&timeline[]=notifications&timeline[]=nonsense"
    fresh = await api.get(address)
    assert {name: value["last_read_id"] for name, value in fresh.items()} == {
        "home": "0",
        "notifications": "0",
    }
    assert all(item["version"] == 0 and item["updated_at"] for item in fresh.values())
    assert list(await api.get("/api/v1/markers?timeline[]=home")) == ["home"]
    assert await api.get("/api/v1/markers") == {}
    await api.post("/api/v1/markers", home={"last_read_id": "7"})
    assert {name: value["last_read_id"] for name, value in (await api.get(address)).items()} == {
        "home": "7",
        "notifications": "0",
    }
