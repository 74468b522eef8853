"""A conversation between members of two nodes: each keeps its own, both ways."""

from __future__ import annotations

from typing import Any

from tests.journeys.test_federation import settle
from tests.kit.api import Api
from tests.kit.nodes import Start

CONVERSATIONS = "/api/v1/conversations"


async def only(api: Api) -> Any:
    (found,) = await api.get(CONVERSATIONS)
    return found


async def test_direct_post_and_its_reply_share_a_conversation(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann = Api(alpha, await alpha.create_token(await alpha.create_member("ann")))
    bob = Api(beta, await beta.create_token(await beta.create_member("bob")))
    letter = await send(ann, "Hello @bob@beta.test")
    await settle(alpha, beta)
    ours, theirs = await only(ann), await only(bob)
    assert (ours["unread"], theirs["unread"]) == (False, True)
    assert [account["acct"] for account in ours["accounts"]] == ["bob@beta.test"]
    assert [account["acct"] for account in theirs["accounts"]] == ["ann@alpha.test"]
    assert theirs["last_status"]["uri"] == letter["uri"]
    assert theirs["last_status"]["visibility"] == "direct"

    answer = await send(bob, "Hello @ann@alpha.test", in_reply_to_id=theirs["last_status"]["id"])
    await settle(alpha, beta)
    ours, theirs = await only(ann), await only(bob)
    assert (ours["unread"], theirs["unread"]) == (True, False)
    assert ours["last_status"]["uri"] == answer["uri"]
    assert (await ann.post(f"{CONVERSATIONS}/{ours['id']}/read"))["unread"] is False

    # The answer is taken back: the letter is the last again, there too.
    await bob.delete(f"/api/v1/statuses/{answer['id']}")
    await settle(alpha, beta)
    assert [(await only(member))["last_status"]["uri"] for member in (ann, bob)] == [letter["uri"]] * 2
    assert [notification["type"] for notification in await bob.get("/api/v1/notifications")] == ["mention"]
    assert await ann.get("/api/v1/notifications") == []


async def send(api: Api, text: str, **more: str) -> Any:
    return await api.post("/api/v1/statuses", status=text, visibility="direct", **more)


async def test_direct_post_of_an_unknown_remote_account_becomes_a_request(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann = Api(alpha, await alpha.create_token(await alpha.create_member("ann")))
    bob = Api(beta, await beta.create_token(await beta.create_member("bob")))
    await ann.put("/api/v2/notifications/policy", for_private_mentions="filter")
    await bob.get("/api/v2/search", q="@ann@alpha.test", resolve="true")
    await send(bob, "Hello @ann@alpha.test")
    await settle(alpha, beta)
    assert await ann.get(CONVERSATIONS) == [] == await ann.get("/api/v1/notifications")
    (request,) = await ann.get("/api/v1/notifications/requests")
    assert request["account"]["acct"] == "bob@beta.test"
    await ann.post(f"/api/v1/notifications/requests/{request['id']}/accept")
    await settle(alpha, beta)
    assert (await only(ann))["accounts"][0]["acct"] == "bob@beta.test"
    await send(bob, "Again @ann@alpha.test")
    await settle(alpha, beta)
    assert [notification["type"] for notification in await ann.get("/api/v1/notifications")] == [
        "mention"
    ] * 2
