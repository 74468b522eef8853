"""Follow requests on their page: accepted, declined, answered twice."""

from __future__ import annotations

from fedserver.domain.accounts import accounts, relations
from fedserver.domain.relationships import follows
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/follow-requests"


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    """Start a node on which Bob asks to follow Ann, with a browser of Ann."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    assert "Anyone can follow you without asking" in (await visitor.open(PATH)).text
    await visitor.fill_in("/settings/privacy", "locked", locked="1")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, bob, await accounts.get(tx, ann.id))
    return node, ann, bob, visitor


async def is_followed(node: TestNode, ann: AccountRow, bob: AccountRow) -> bool:
    async with node.db.read() as tx:
        [relation] = await relations.load(tx, ann.id, [bob.id])
    return relation.followed_by


async def test_request_is_accepted_once(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    shown = await visitor.open(PATH)
    accepted = await visitor.submit_action(shown, f"/follow_requests/{bob.id}/accept")
    assert accepted.path == PATH
    assert "You accepted the follow request." in accepted.text
    assert "Nobody is waiting for your answer." in accepted.text
    assert await is_followed(node, ann, bob)
    again = await visitor.submit_action(shown, f"/follow_requests/{bob.id}/accept")
    assert again.status == 200
    assert "This follow request is answered already, or was withdrawn." in again.text
    assert await is_followed(node, ann, bob)


async def test_request_is_declined_after_a_question(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    declined = await visitor.submit_action(PATH, f"/follow_requests/{bob.id}/reject")
    assert declined.path == PATH
    assert "You declined the follow request." in declined.text
    assert not await is_followed(node, ann, bob)


async def test_requests_of_others_are_not_answered(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    shown = await visitor.open(PATH)
    eve = await log_in_visitor(node, "bob")
    assert "@bob" not in (await eve.open(PATH)).text.partition("<main")[2]
    assert (await Visitor(node).open(PATH)).path.startswith("/login?next=")
    async with Visitor(node).http.post(f"/follow_requests/{bob.id}/accept", data={}) as answer:
        assert answer.status == 401
    assert "@bob" in shown.text
    assert not await is_followed(node, ann, bob)
