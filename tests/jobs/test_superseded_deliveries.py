"""What a later activity makes needless is not sent any more, and the later one does not wait for it."""

from __future__ import annotations

from fedserver.domain.accounts import account_removal
from fedserver.domain.posts import boosts, edits, likes, post_removal, remote_posts
from fedserver.domain.relationships import follows
from fedserver.jobs.deliveries import DeliveryWorker
from fedserver.jobs.worker import JobWorker
from storage.rows.accounts import AccountRow
from tests.jobs.test_deliveries import PEER, PickyPeer, begin, count_deliveries
from tests.kit import people, tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import Document, make_actor
from tests.kit.remote_posts import build_remote_post


async def edit(node: TestNode, author: AccountRow, post_id: int, text: str) -> None:
    async with node.db.write() as tx:
        await edits.edit(tx, node.site, author, post_id, edits.PostEdit(text=text))
    await node.settle()


async def delete(node: TestNode, author: AccountRow, post_id: int) -> None:
    async with node.db.write() as tx:
        await post_removal.delete(tx, author, post_id)
    await node.settle()


def list_kinds(labels: list[str]) -> list[str]:
    return [label.split()[0] for label in labels]


async def finish(node: TestNode, peer: PickyPeer) -> list[str]:
    """Let the peer accept everything from now on; return the types of all that it took."""
    peer.decide = lambda activity: 202
    for _ in range(3):
        node.clock.forward(hours=2)
        await node.settle()
    assert await count_deliveries(node) == 0
    return list_kinds(peer.taken)


async def test_delete_does_not_wait_for_the_create_that_failed(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("secret", 500)
        post_id = await alpha.publish(ann, "secret")
        await alpha.settle()
        await edit(alpha, ann, post_id, "secret, changed")
        other = await alpha.publish(ann, "secret of another post")
        await alpha.settle()
        await delete(alpha, ann, post_id)
        assert list_kinds(peer.taken) == ["Delete"]
        peer.forget()
        assert await finish(alpha, peer) == ["Create"], "only the other post is sent"
        assert peer.taken == ["Create secret of another post"], other


async def test_delete_overtakes_a_create_that_was_being_delivered(
    start: Start, names: tls.LoopbackResolver
) -> None:
    """The Create has a lease when its Delete is enqueued, and fails after that."""
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        post_id = await alpha.publish(ann, "secret")
        peer.refuse("secret", 500)
        for kind in (JobWorker, DeliveryWorker):
            await next(worker for worker in alpha.node.runner._workers if isinstance(worker, kind)).run()
        async with alpha.db.write() as tx:
            await post_removal.delete(tx, ann, post_id)
        await alpha.settle()
        assert list_kinds(peer.taken) == ["Delete"]
        assert await finish(alpha, peer) == ["Delete"]


async def test_only_the_newest_of_several_updates_follows_its_create(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("text", 500)
        post_id = await alpha.publish(ann, "text 0")
        await alpha.settle()
        for number in range(1, 4):
            alpha.clock.forward(seconds=1)
            await edit(alpha, ann, post_id, f"text {number}")
        await finish(alpha, peer)
        assert peer.taken == ["Create text 0", "Update text 3"]


async def test_undo_of_a_like_and_of_a_boost_does_not_wait(start: Start, names: tls.LoopbackResolver) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, fan = await begin(start, peer)

        def refuse(activity: Document) -> int:
            return 500 if activity["type"] in ("Like", "Announce") else 202

        peer.decide = refuse
        async with alpha.db.write() as tx:
            remote = build_remote_post(f"{fan.uri}/1", fan.uri)
            post = await remote_posts.receive(tx, fan, remote)
            assert post is not None
            await likes.like(tx, alpha.site, ann, post.id)
            await boosts.boost(tx, alpha.site, ann, post.id)
        await alpha.settle()
        assert sorted(list_kinds(peer.asked)) == ["Announce", "Like"], "neither waits for the other"
        async with alpha.db.write() as tx:
            await likes.unlike(tx, ann, post.id)
        await alpha.settle()
        assert list_kinds(peer.taken) == ["Undo"]
        async with alpha.db.write() as tx:
            await boosts.unboost(tx, ann, post.id)
        await alpha.settle()
        assert await finish(alpha, peer) == ["Undo", "Undo"]


async def test_reject_does_not_wait_for_the_accept_that_failed(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("Accept", 500)
        async with alpha.db.write() as tx:
            foe = await people.create_remote_account(tx, "foe", PEER)
            peer.serve(make_actor(foe.uri, "foe"))
            await follows.receive(tx, foe, ann, f"{foe.uri}#follow")
        await alpha.settle()
        async with alpha.db.write() as tx:
            await follows.remove_follower(tx, ann, foe.id)
        await alpha.settle()
        assert list_kinds(peer.taken) == ["Reject"]
        assert await finish(alpha, peer) == ["Reject"]


async def test_delete_of_an_account_withdraws_all_that_it_said(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        await alpha.create_member("owner", "owner")
        bob = await alpha.create_member("bob")
        async with alpha.db.write() as tx:
            fan = await people.create_remote_account(tx, "fan2", PEER)
            peer.serve(make_actor(fan.uri, "fan2"))
            await follows.receive(tx, fan, bob, f"{fan.uri}#follow")
        await alpha.settle()
        peer.forget()
        peer.refuse("post", 500)
        for author in (ann, bob):
            await alpha.publish(author, f"post of {author.username}")
        await alpha.settle()
        async with alpha.db.write() as tx:
            await account_removal.delete_local(tx, ann)
        await alpha.settle()
        assert list_kinds(peer.taken) == ["Delete"]
        await finish(alpha, peer)
        assert peer.taken[1:] == ["Create post of bob"]
