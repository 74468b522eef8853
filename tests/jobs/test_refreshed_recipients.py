"""An inbox that is not there any more: its account, which may have another or be gone, is fetched again."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.relationships import blocks, follows
from fedserver.jobs.accounts import MIN_REFRESH_AGE_MS
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.jobs.test_deliveries import PEER, PickyPeer, begin
from tests.kit import people, tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor

FOE = f"https://{PEER}/users/foe"


async def add_foe(node: TestNode, peer: StubPeers, **changes: str) -> AccountRow:
    """Store someone whose host is fine, read a day ago."""
    async with node.db.write() as tx:
        foe = await people.create_remote_account(tx, "foe", PEER, **changes)
    peer.serve(make_actor(FOE, "foe"))
    node.clock.forward(days=1)
    return foe


async def load(node: TestNode, uri: str = FOE) -> AccountRow | None:
    async with node.db.read() as tx:
        return await accounts.find_by_uri(tx, uri)


@pytest.mark.parametrize("status", [404, 410])
async def test_new_inbox_is_read_and_gets_later_deliveries(
    start: Start, names: tls.LoopbackResolver, status: int
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        await add_foe(alpha, peer)
        peer.serve(make_actor(FOE, "foe", inbox=f"{FOE}/new-inbox"))
        peer.refuse("first", status)
        await alpha.publish(ann, f"@foe@{PEER} first", visibility="direct")
        await alpha.settle()
        row = await load(alpha)
        assert row is not None
        assert row.inbox_uri == f"{FOE}/new-inbox"
        assert peer.requested_uris.count(FOE) == 1
        peer.forget()
        await alpha.publish(ann, f"@foe@{PEER} second", visibility="direct")
        await alpha.settle()
        assert peer.taken_at == [f"{FOE}/new-inbox"]


async def test_account_that_is_gone_is_deleted_and_decisions_stay(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        foe = await add_foe(alpha, peer)
        peer.documents[FOE] = 410
        peer.refuse("", 410)
        async with alpha.db.write() as tx:
            await blocks.block(tx, alpha.site, ann, foe)
        await alpha.settle()
        assert await load(alpha) is None
        async with alpha.db.read() as tx:
            kept = await account_queries.find(tx, foe.id)
        assert kept is not None
        assert kept.deleted_at is not None


async def test_account_whose_inbox_stays_away_is_fetched_once_an_hour(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        await add_foe(alpha, peer)
        peer.refuse("lost", 404)
        for number in range(5):
            await alpha.publish(ann, f"@foe@{PEER} lost {number}", visibility="direct")
            await alpha.settle()
        assert peer.requested_uris.count(FOE) == 1
        alpha.clock.forward(seconds=MIN_REFRESH_AGE_MS / 1000)
        await alpha.publish(ann, f"@foe@{PEER} lost again", visibility="direct")
        await alpha.settle()
        assert peer.requested_uris.count(FOE) == 2


async def test_shared_inbox_that_is_gone_has_nobody_fetched(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, fan = await begin(start, peer)
        alpha.clock.forward(days=1)
        peer.requested_uris.clear()
        peer.refuse("post", 404)
        await alpha.publish(ann, "post")
        await alpha.settle()
        assert peer.requested_uris == []
        assert await load(alpha, fan.uri) is not None


async def test_other_failures_have_nobody_fetched(start: Start, names: tls.LoopbackResolver) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        await add_foe(alpha, peer)
        for status in (400, 403, 500):
            peer.refuse("refused", status)
            await alpha.publish(ann, f"@foe@{PEER} refused", visibility="direct")
            await alpha.settle()
        assert FOE not in peer.requested_uris


async def test_account_with_a_handle_of_another_host_is_found_by_its_inbox(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        foe = await add_foe(alpha, peer)
        async with alpha.db.write() as tx:
            uri = f"https://{PEER}/users/split"
            split = await people.create_remote_account(
                tx, "split", "handles.test", uri=uri, inbox_uri=f"{uri}/inbox", shared_inbox_uri="",
                other_hosts=(PEER,), keys=(),
            )  # fmt: skip
            await follows.receive(tx, split, ann, f"{uri}#follow")
        alpha.clock.forward(days=1)
        peer.refuse("post", 410)
        peer.documents[uri] = 410
        await alpha.settle()
        await alpha.publish(ann, "post")
        await alpha.settle()
        assert await load(alpha, uri) is None
        assert await load(alpha, foe.uri) is not None
