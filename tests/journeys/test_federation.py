"""Two real nodes: what one says over signed HTTP, the other knows."""

from __future__ import annotations

from fedserver.domain.posts import boosts, edits, likes, post_removal, posts
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import post_views, timelines, visibility
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor


async def settle(*nodes: TestNode) -> None:
    """Until nobody has anything to do."""
    while sum([await node.settle() for node in nodes]):
        pass


async def follow(here: TestNode, who: AccountRow, handle: str) -> AccountRow:
    target = await here.node.services.resolver.resolve_account(handle)
    assert target is not None, f"{handle} was not found"
    async with here.db.write() as tx:
        await follows.follow(tx, here.site, who, target)
    return target


async def write(here: TestNode, author: AccountRow, text: str, **draft: object) -> int:
    async with here.db.write() as tx:
        return await posts.publish(tx, here.site, author, posts.Draft(text=text, **draft))


async def home(here: TestNode, who: AccountRow) -> list[post_views.PostView]:
    async with here.db.read() as tx:
        ids = await timelines.list_home(tx, who.id, Page())
        return await post_views.load(tx, ids, who.id, context="home")


async def test_two_nodes_follow_post_like_boost_reply_edit_delete_unfollow(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    remote_bob = await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    remote_ann = await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    assert remote_bob.domain == "beta.test"
    assert remote_ann.uri == ann.uri

    first = await write(beta, bob, "Hello @ann@alpha.test #fedi")
    await settle(alpha, beta)
    (seen,) = await home(alpha, ann)
    assert "Hello" in seen.post.html
    assert seen.post.uri == f"https://beta.test/users/bob/statuses/{first}"
    assert seen.account.handle == "bob@beta.test"

    async with alpha.db.write() as tx:
        await likes.like(tx, alpha.site, ann, seen.post.id)
        await boosts.boost(tx, alpha.site, ann, seen.post.id)
    reply = await write(alpha, ann, "Hi @bob@beta.test", in_reply_to_id=seen.post.id)
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        row = await visibility.get(tx, first, bob.id)
        assert (row.likes_count, row.boosts_count, row.replies_count) == (1, 1, 1)
        _, below = await timelines.load_thread(tx, first, bob.id)
        (answer,) = await post_views.load(tx, below, bob.id)
    assert answer.post.uri == f"https://alpha.test/users/ann/statuses/{reply}"

    async with beta.db.write() as tx:
        await edits.edit(tx, beta.site, bob, first, edits.PostEdit(text="Hello again"))
    await settle(alpha, beta)
    async with alpha.db.read() as tx:
        changed = await visibility.get(tx, seen.post.id, ann.id)
    assert "Hello again" in changed.html
    assert changed.edited_at is not None

    async with alpha.db.write() as tx:
        await likes.unlike(tx, ann, seen.post.id)
        await boosts.unboost(tx, ann, seen.post.id)
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        row = await visibility.get(tx, first, bob.id)
    assert (row.likes_count, row.boosts_count) == (0, 0)

    async with beta.db.write() as tx:
        await post_removal.delete(tx, bob, first)
    await settle(alpha, beta)
    assert [view.post.source for view in await home(alpha, ann)] == ["Hi @bob@beta.test"]

    async with alpha.db.write() as tx:
        await follows.unfollow(tx, alpha.site, ann, remote_bob)
    await settle(alpha, beta)
    await write(beta, bob, "not for ann")
    await settle(alpha, beta)
    assert len(await home(alpha, ann)) == 1


async def test_peer_that_requires_rfc9421_is_fetched(start: Start, names: tls.LoopbackResolver) -> None:
    alpha = await start("alpha.test")
    resolver = alpha.node.services.resolver
    async with StubPeers(names, "beta.test") as peers:
        uris = [f"https://beta.test/{name}" for name in ("bob", "cid", "dan")]
        peers.serve(*(make_actor(uri, uri[-3:]) for uri in uris))
        peers.requires_rfc9421 = True
        for uri in uris[:2]:
            assert await resolver.fetch_actor(uri) is not None
        assert [peers.requested_uris.count(uri) for uri in uris] == [2, 1, 0]
        peers.requires_rfc9421 = False
        peers.documents[uris[2]] = 401
        assert await resolver.fetch_actor(uris[2]) is None
        assert peers.requested_uris.count(uris[2]) == 2
