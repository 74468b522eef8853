"""Suspending an account ends its follows both ways, and its requests; they do not come back by themselves."""

from __future__ import annotations

import pytest
from msgspec import structs

from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.relationships import follows
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer


async def relate(node: TestNode, members: list[AccountRow], other: AccountRow) -> None:
    """Have the first member follow and be followed; the second one asks, and is asked."""
    ann, bob = members
    async with node.db.write() as tx:
        for member in members:
            await follows.follow(tx, node.site, member, other)
        await follows.receive_answer(tx, other, ann.id, None, accepted=True)
        await follows.receive(tx, other, ann, f"{other.uri}#ann")
        await follows.receive(tx, other, structs.replace(bob, locked=True), f"{other.uri}#bob")


async def list_relations(node: TestNode, members: list[AccountRow], other: AccountRow) -> list[str]:
    found = []
    async with node.db.read() as tx:
        for member in members:
            for pair in ((member.id, other.id), (other.id, member.id)):
                if await follow_queries.find(tx, *pair) is not None:
                    found.append("follow")
                if await follow_queries.find_request(tx, *pair) is not None:
                    found.append("request")
    return sorted(found)


async def limit(node: TestNode, account: AccountRow, kind: str) -> None:
    async with node.db.write() as tx:
        await moderation.apply(tx, node.site, None, account.id, ModerationAction(kind))


@pytest.mark.parametrize("way", ["itself", "moved to it", "had its handle"])
async def test_suspension_ends_follows_and_requests_and_they_stay_ended(
    start: Start, names: tls.LoopbackResolver, way: str
) -> None:
    node = await start("alpha.test")
    resolver = node.node.services.resolver
    members = [await node.create_member(name) for name in ("ann", "bob")]
    async with StubPeer(names, "beta.test") as beta:
        eve, former = beta.serve_actor("eve", 1), beta.serve_actor("former", 2)
        other, old = await resolver.fetch_actor(eve), await resolver.fetch_actor(former)
        assert other is not None
        assert old is not None
        await relate(node, members, other)
        await node.settle()
        assert await list_relations(node, members, other) == ["follow", "follow", "request", "request"]
        await limit(node, other if way == "itself" else old, "suspend")
        if way == "moved to it":
            beta.serve_actor("eve", 1, alsoKnownAs=[former])
            beta.serve_actor("former", 2, movedTo=eve)
            await resolver.fetch_actor(eve)
            await resolver.fetch_actor(former)
        elif way == "had its handle":
            beta.serve_actor("former", 1, id=eve)
            beta.pages["/users/eve"] = beta.pages["/users/former"]
            links = [{"rel": "self", "type": ACTIVITY_JSON, "href": eve}]
            asked = "/.well-known/webfinger?resource=acct:former@beta.test"
            beta.serve(
                asked, {"subject": "acct:former@beta.test", "links": links}, kind="application/jrd+json"
            )
            await resolver.fetch_actor(eve)
        await node.settle()
        again = await resolver.resolve_actor(eve)
        assert again is not None
        assert again.suspended_at is not None
        assert await list_relations(node, members, other) == []
        async with node.db.write() as tx:
            await moderation.revoke(tx, None, other.id, "suspend")
        await resolver.fetch_actor(eve)
        await node.settle()
        assert await list_relations(node, members, other) == [], "coming back needs a new follow"
