"""Two real nodes: followers that only one of the two knows of are put right (FEP-8fcf)."""

from __future__ import annotations

from activitypub.collections import read_synchronization
from fedserver.domain.kernel import jobs
from fedserver.domain.relationships import followers, follows
from fedserver.federation.synchronization import build_synchronization_header, synchronize_followers
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle
from tests.kit.nodes import Start, TestNode


async def list_followed(node: TestNode, target: AccountRow, base: str) -> set[str]:
    async with node.db.read() as tx:
        found = await followers.list_partial_followers(tx, target, base)
    return {account.rpartition("/")[2] for account in found}


async def test_follower_lists_that_differ_are_synchronized(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann = await alpha.create_member("ann")
    people = {name: await beta.create_member(name) for name in ("bob", "cat", "dan", "eve")}
    for name in ("bob", "cat", "dan"):
        remote = await follow(beta, people[name], "@ann@alpha.test")
    await settle(alpha, beta)
    address = beta.site.links.base
    assert await list_followed(alpha, ann, address) == {"bob", "cat", "dan"}

    # alpha loses cat; beta loses dan; eve asked, was accepted, and that was lost.
    async with alpha.db.write() as tx:
        cat, dan, bob = [
            await account_queries.find_by_uri(tx, people[name].uri) for name in ("cat", "dan", "bob")
        ]
        assert cat
        assert dan
        assert bob
        await follow_queries.delete_follow(tx, cat.id, ann.id)
    async with beta.db.write() as tx:
        await follow_queries.delete_follow(tx, people["dan"].id, remote.id)
    await alpha.publish(ann, "for everybody")
    await settle(alpha, beta)
    assert await list_followed(beta, remote, address) == {"bob", "cat"}, "only what is for followers tells"
    post = await alpha.publish(ann, "for followers", visibility="followers")
    await settle(alpha, beta)
    assert await list_followed(beta, remote, address) == {"bob"}
    assert await list_followed(alpha, ann, address) == {"bob"}
    async with beta.db.read() as tx:
        assert await post_queries.find_by_uri(tx, alpha.site.links.note("ann", post)) is not None
        assert await follow_queries.find(tx, people["dan"].id, remote.id) is None

    async with beta.db.write() as tx:
        await follows.follow(tx, beta.site, people["eve"], remote)
    await settle(alpha, beta)
    async with beta.db.write() as tx:
        row = await follow_queries.find(tx, people["eve"].id, remote.id)
        assert row is not None
        await follow_queries.delete_follow(tx, people["eve"].id, remote.id)
        await follow_queries.insert_request(tx, row)
    await alpha.publish(ann, "more for followers", visibility="followers")
    await settle(alpha, beta)
    assert (
        await list_followed(beta, remote, address)
        == {"bob", "eve"}
        == await list_followed(alpha, ann, address)
    )

    # The part is for the node that asks, signed; what was not told, or is not whole, changes nothing.
    async with alpha.db.read() as tx:
        header = read_synchronization(
            await build_synchronization_header(tx, alpha.site, ann.id, f"{address}/inbox")
        )
    assert header is not None
    assert header[0] == ann.followers_uri
    assert len(header[2]) == 64
    kind = {"Accept": "application/activity+json"}
    async with alpha.http.get(header[1].removeprefix(alpha.site.links.base), headers=kind) as answer:
        assert answer.status == 401
    document = await beta.node.services.resolver.fetch_collection(header[1])
    assert document is not None
    assert set(document["orderedItems"]) == {people["bob"].uri, people["eve"].uri}
    for url, digest in (
        (header[1], followers.compute_digest([])),
        (f"{ann.uri}/outbox", header[2]),
        (ann.uri, header[2]),
    ):
        task = jobs.SynchronizeFollowers(remote.id, url, digest)
        await synchronize_followers(beta.db, beta.site, beta.node.services.resolver, task)
    assert await list_followed(beta, remote, address) == {"bob", "eve"}
    assert read_synchronization("") is None
    assert read_synchronization('url="https://x.test"') is None
