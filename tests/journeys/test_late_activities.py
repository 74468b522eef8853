"""What overtakes on its way, comes together, or by its id alone."""

from __future__ import annotations

from activitypub import activities
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from tests.kit import tls
from tests.kit.metrics import read_value
from tests.kit.nodes import Start
from tests.kit.peers import PUBLIC, Document
from tests.kit.signed_requests import StubPeer, deliver


async def test_late_activities_and_bare_ids_take_effect(start: Start, names: tls.LoopbackResolver) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta:
        eve, mallory = beta.serve_actor("eve", 1), beta.serve_actor("mallory", 2)
        own, other = f"{eve}/posts/1", f"{eve}/posts/2"

        def note(uri: str) -> Document:
            mention = {"type": "Mention", "href": ann.uri, "name": "@ann"}
            return {
                "id": uri, "type": "Note", "attributedTo": eve, "content": "<p>late</p>", "to": [PUBLIC],
                "published": "2026-11-01T00:00:00Z",
                "cc": [ann.uri], "tag": [mention],
            }  # fmt: skip

        assert await deliver(alpha, activities.delete(f"{own}#delete", eve, own, [PUBLIC])) == 202
        lie = activities.delete(f"{other}#delete", mallory, other, [PUBLIC])
        assert await deliver(alpha, lie, number=2) == 202
        await alpha.settle()
        for uri in (own, other):
            assert await deliver(alpha, activities.create(f"{uri}/create", eve, note(uri))) == 202
        block = activities.block(f"{eve}#block", eve, ann.uri)
        assert await deliver(alpha, block) == 202
        await alpha.settle()
        async with alpha.db.read() as tx:
            assert await post_queries.find_by_uri(tx, own) is None
            assert await post_queries.find_by_uri(tx, other) is not None, "who names it first does not decide"
            row = await account_queries.find_by_uri(tx, eve)
            assert row is not None
            assert await block_queries.exists_between(tx, row.id, ann.id)

        undo = {"id": f"{eve}#undo", "type": "Undo", "actor": eve, "object": block["id"]}
        stolen = {**undo, "id": f"{mallory}#undo", "actor": mallory}
        assert await deliver(alpha, stolen, number=2) == 202
        await alpha.settle()
        async with alpha.db.read() as tx:
            assert await block_queries.exists_between(tx, row.id, ann.id), "only whose block it is ends it"
        assert await deliver(alpha, undo) == 202
        await alpha.settle()
        alpha.clock.forward(days=15)
        await alpha.settle()
        async with alpha.db.read() as tx:
            assert not await block_queries.exists_between(tx, row.id, ann.id)
            assert await post_queries.find_tombstone(tx, own) is None, "it cannot come any more"


async def test_likes_handled_in_one_batch_are_each_counted(start: Start, names: tls.LoopbackResolver) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    written = [await alpha.publish(ann, f"post {number}") for number in range(3)]
    uris = [f"{ann.uri}/statuses/{number}" for number in written]
    async with StubPeer(names, "beta.test") as beta:
        eve, joe = beta.serve_actor("eve", 1), beta.serve_actor("joe", 2)

        async def like(actor: str, path: str, uri: str) -> None:
            made = activities.like(f"{actor}#{path}", actor, uri, ann.uri)
            assert await deliver(alpha, made, number=1 if actor == eve else 2) == 202

        # All are due at once: two that go together, one of nothing, one twice, one by another actor.
        for number, uri in enumerate((*uris[:2], f"{ann.uri}/statuses/1", uris[0])):
            await like(eve, f"first-{number}", uri)
        await like(joe, "second", uris[0])
        await alpha.settle()
        # And in one transaction where nothing is wrong.
        await like(joe, "third", uris[2])
        await like(eve, "fourth", uris[1])
        await like(joe, "fifth", uris[1])
        await alpha.settle()
        async with alpha.db.read() as tx:
            rows = await post_queries.load_by_ids(tx, written)
            assert [rows[post].likes_count for post in written] == [2, 2, 1]
            assert await inbox_queries.count_pending(tx) == 0
        done = alpha.node.services.metrics.activities
        assert read_value(done, "Like", "done") == 7
        assert read_value(done, "Like", "dropped") == 1
