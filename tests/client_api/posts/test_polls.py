"""Polls as clients write, read and vote in them: forms, JSON, and JSON with booleans in strings."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.relationships import follows
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

POLL = {"options": ["Tea", "Coffee"], "expires_in": 3600}


async def create_members(start: Start) -> tuple[TestNode, Api, Api, Api]:
    """Return a node, the APIs of Ann and Bob with all scopes, and one without a token."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, bob, ann)
    return node, Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob)), Api(node)


async def create_limited_api(node: TestNode, name: str, scope: str) -> Api:
    async with node.db.read() as tx:
        account = await accounts.get_local(tx, name)
    return Api(node, await node.create_token(account, scope))


async def test_poll_is_the_same_in_every_answer(start: Start) -> None:
    node, ann, bob, nobody = await create_members(start)
    status = await ann.post("/api/v1/statuses", status="Which?", poll=POLL, media_ids=[])
    poll = status["poll"]
    assert poll.pop("expires_at").endswith("Z")
    assert poll == {
        "id": poll["id"],
        "expired": False,
        "multiple": False,
        "votes_count": 0,
        "voters_count": 0,
        "options": [{"title": "Tea", "votes_count": 0}, {"title": "Coffee", "votes_count": 0}],
        "emojis": [],
        "voted": True,
        "own_votes": [],
    }
    voted = await bob.post(f"/api/v1/polls/{poll['id']}/votes", choices=[1])
    assert voted["voted"]
    assert voted["own_votes"] == [1]
    assert voted["votes_count"] == voted["voters_count"] == 1
    assert [option["votes_count"] for option in voted["options"]] == [0, 1]
    anonymous = await nobody.get(f"/api/v1/polls/{poll['id']}")
    assert anonymous["voted"] is None
    assert anonymous["own_votes"] is None
    assert {**voted, "voted": None, "own_votes": None} == anonymous
    path = f"/api/v1/statuses/{status['id']}"
    boost = await bob.post(f"{path}/reblog")
    assert boost["poll"] is None
    assert boost["reblog"]["poll"] == voted
    home = await bob.get("/api/v1/timelines/home")
    assert [item["poll"] for item in home if item["id"] == status["id"]] == [voted]
    assert (await nobody.get(path))["poll"] == anonymous

    edited = await ann.put(path, status="Which one?", poll={**POLL, "options": ["Tea", "Water"]})
    assert edited["poll"]["votes_count"] == 0
    assert edited["content"] == "<p>Which one?</p>"
    former, now = await ann.get(f"{path}/history")
    assert former["poll"] == {"options": [{"title": "Tea"}, {"title": "Coffee"}]}
    assert now["poll"] == {"options": [{"title": "Tea"}, {"title": "Water"}]}
    assert (await ann.get(f"{path}/source"))["text"] == "Which one?"
    edited_again = await ann.put(path, status="Only the text", poll=None)
    assert [option["title"] for option in edited_again["poll"]["options"]] == ["Tea", "Water"]
    removed = await ann.delete(path)
    assert removed["text"] == "Only the text"
    assert removed["poll"]["options"][1]["title"] == "Water"
    assert (await ann.request("GET", f"/api/v1/polls/{poll['id']}")).status == 404
    assert await node.settle() > 0


@pytest.mark.parametrize(
    ("sent", "multiple", "hidden"),
    [
        ({"data": [("status", "a"), ("poll[options][]", "x"), ("poll[options][]", "y"),
                   ("poll[expires_in]", "600"), ("poll[multiple]", "true"), ("poll[hide_totals]", "0")]},
         True, False),
        ({"json": {"status": "a", "sensitive": "0", "in_reply_to_id": None, "media_ids": None, "poll":
                   {"options": ["x", "y"], "expires_in": "600", "multiple": "0", "hide_totals": "1"}}},
         False, True),
        ({"json": {"status": "a", "poll": {"options": ["x", "y", ""], "expires_in": 600, "multiple": None}}},
         False, False),
    ],
    ids=["form", "strings-in-json", "json"],
)  # fmt: skip
async def test_poll_is_created_by_form_and_json(
    start: Start, sent: dict[str, Any], multiple: bool, hidden: bool
) -> None:
    _, ann, bob, _ = await create_members(start)
    answer = await ann.request("POST", "/api/v1/statuses", **sent)
    assert answer.status == 200, answer.body
    poll = answer.body["poll"]
    assert poll["multiple"] is multiple
    assert len(poll["options"]) == 2
    voted = await bob.request("POST", f"/api/v1/polls/{poll['id']}/votes", data=[("choices[]", "0")])
    assert voted.body["own_votes"] == [0]
    assert voted.body["votes_count"] == 1
    assert voted.body["options"][0]["votes_count"] == (None if hidden else 1)


async def test_poll_with_hidden_totals_shows_them_when_it_ends(start: Start) -> None:
    node, ann, bob, _ = await create_members(start)
    status = await ann.post("/api/v1/statuses", status="Secret", poll={**POLL, "hide_totals": True})
    path = f"/api/v1/polls/{status['poll']['id']}"
    await bob.post(f"{path}/votes", choices=["0"])
    for who in (ann, bob):
        assert [option["votes_count"] for option in (await who.get(path))["options"]] == [None, None]
    node.clock.forward(hours=2)
    await node.settle()
    ended = await bob.get(path)
    assert ended["expired"]
    assert [option["votes_count"] for option in ended["options"]] == [1, 0]
    for who in (ann, bob):
        [notification] = [
            notification
            for notification in await who.get("/api/v1/notifications")
            if notification["type"] == "poll"
        ]
        assert notification["status"]["poll"]["expired"]
        assert notification["account"]["username"] == "ann"


@pytest.mark.parametrize("poll", [None, {}, {"options": []}])
async def test_status_with_an_empty_poll_has_none(start: Start, poll: Any) -> None:
    _, ann, _, _ = await create_members(start)
    status = await ann.post("/api/v1/statuses", status="Plain", poll=poll, media_ids=[], in_reply_to_id=None)
    assert status["poll"] is None


@pytest.mark.parametrize(
    ("poll", "why"),
    [
        ({"options": ["x"], "expires_in": 600}, "Choices must have more than one item"),
        ({"options": ["x", "y"]}, "Deadline is too soon"),
        ({"options": list("abcde"), "expires_in": 600}, "can't contain more than 4"),
        ({"options": ["x", "y" * 51], "expires_in": 600}, "longer than 50"),
        ({"options": ["x", "y"], "expires_in": 10**15}, "too far into the future"),
        ({"options": ["x", "y"], "expires_in": "soon"}, "poll.expires in is invalid"),
        ({"options": [{"a": 1}, "y"], "expires_in": 600}, "poll.options"),
        ("yes", "Poll is invalid"),
    ],
)
async def test_poll_with_wrong_values_is_refused(start: Start, poll: Any, why: str) -> None:
    _, ann, _, _ = await create_members(start)
    answer = await ann.request("POST", "/api/v1/statuses", json={"status": "a", "poll": poll})
    assert answer.status == 422, answer.body
    assert why.lower() in answer.body["error"].lower()


async def test_vote_without_permission_or_with_wrong_choices_is_refused(start: Start) -> None:
    node, ann, bob, nobody = await create_members(start)
    eve = await node.create_member("eve")
    status = await ann.post("/api/v1/statuses", status="Ours", visibility="private", poll=POLL)
    path = f"/api/v1/polls/{status['poll']['id']}"
    for outsider in (nobody, Api(node, await node.create_token(eve))):
        assert (await outsider.request("GET", path)).status == 404
    assert (await nobody.request("POST", f"{path}/votes", json={"choices": [0]})).status == 401
    readers = await create_limited_api(node, "bob", "read")
    assert (await readers.request("POST", f"{path}/votes", json={"choices": [0]})).status == 403
    writers = await create_limited_api(node, "bob", "write")
    assert (await writers.request("GET", path)).status == 403
    for who, choices, why in (
        (ann, [0], "You cannot vote in your own polls"),
        (bob, [2], "The chosen vote option does not exist"),
        (bob, [0, 1], "Only one option"),
        (bob, [], "can't be blank"),
        (bob, ["x"], "choices"),
    ):
        answer = await who.request("POST", f"{path}/votes", json={"choices": choices})
        assert answer.status == 422, answer.body
        assert why.lower() in answer.body["error"].lower()
    await bob.post(f"{path}/votes", choices=[0])
    again = await bob.request("POST", f"{path}/votes", json={"choices": [0]})
    assert (again.status, again.body["error"]) == (
        422, "Validation failed: You have already voted on this poll",
    )  # fmt: skip
    node.clock.forward(hours=2)
    ended = await bob.request("POST", f"{path}/votes", json={"choices": [1]})
    assert (ended.status, ended.body["error"]) == (422, "Validation failed: The poll has already ended")
    for wrong in ("1", "abc", "9" * 30):
        assert (await bob.request("GET", f"/api/v1/polls/{wrong}")).status == 404
        assert (
            await bob.request("POST", f"/api/v1/polls/{wrong}/votes", json={"choices": [0]})
        ).status == 404


async def test_instance_lists_the_poll_limits(start: Start) -> None:
    _, _, _, nobody = await create_members(start)
    for version in ("v1", "v2"):
        limits = (await nobody.get(f"/api/{version}/instance"))["configuration"]["polls"]
        assert limits == {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        }


async def test_stream_gets_one_update_for_many_votes(start: Start) -> None:
    node, ann, bob, _ = await create_members(start)
    eve = Api(node, await node.create_token(await node.create_member("eve")))
    status = await ann.post("/api/v1/statuses", status="Live", poll=POLL)
    await node.settle()
    async with node.http.ws_connect("/api/v1/streaming?stream=user", headers=ann.headers) as socket:
        for who in (bob, eve):
            await who.post(f"/api/v1/polls/{status['poll']['id']}/votes", choices=[0])
        node.clock.forward(seconds=5)
        await node.settle()
        await ann.post("/api/v1/statuses", status="Afterwards")
        messages = [json.loads(await asyncio.wait_for(socket.receive_str(), 5)) for _ in range(2)]
    assert [item["event"] for item in messages] == ["status.update", "update"]
    assert json.loads(messages[0]["payload"])["poll"]["votes_count"] == 2
