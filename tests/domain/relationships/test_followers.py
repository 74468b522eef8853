"""Pages of followers, and their synchronization with peers (FEP-8fcf)."""

from __future__ import annotations

from hashlib import sha256

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.accounts import ProfileChange
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.relationships import followers, follows
from storage.engine import Database, Page
from tests.domain.relationships.test_follows import list_jobs
from tests.kit.people import create_accounts, establish_follow

PAGE = Page()


async def test_hidden_followers_are_visible_to_their_owner_only(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, ann, bob)
    await establish_follow(database, here, bob, ann)
    async with database.write() as tx:
        bob = await accounts.update_profile(tx, here, bob, ProfileChange(hides_collections=True))
        for page in (followers.list_followers, followers.list_following):
            assert await page(tx, bob, ann.id, PAGE) == [] == await page(tx, bob, None, PAGE)
            assert len(await page(tx, bob, bob.id, PAGE)) == 1


def test_digest_is_the_same_in_any_order() -> None:
    uris = ["https://alpha.test/users/ann", "https://alpha.test/users/bob"]
    first, second = [int(sha256(uri.encode()).hexdigest(), 16) for uri in uris]
    expected = f"{first ^ second:064x}"
    assert followers.compute_digest(uris) == followers.compute_digest(reversed(uris)) == expected
    assert followers.compute_digest([]) == "0" * 64


async def test_synchronization_adopts_the_followers_that_the_peer_lists(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve, fay = await create_accounts(database, here, "ann", "bob", "eve", "fay@beta.test")
    for follower in (ann, bob):
        await establish_follow(database, here, follower, fay)
    async with database.write() as tx:
        before = await followers.list_partial_followers(tx, fay, "https://alpha.test")
        assert set(before) == {ann.uri, bob.uri}
        # The peer lists ann, eve who does not follow, somebody unknown and one of its own accounts.
        listed = [ann.uri, eve.uri, "https://alpha.test/users/nobody", fay.uri]
        await followers.synchronize(tx, here, fay, listed)
        assert await followers.list_partial_followers(tx, fay, "https://alpha.test") == [ann.uri]
        undone = await list_jobs(tx, jobs.UndoFollow)
    assert [job.account_id for job in undone if isinstance(job, jobs.UndoFollow)] == [bob.id, eve.id]


async def test_synchronization_completes_a_follow_whose_accept_was_lost(
    database: Database, here: NodeContext
) -> None:
    ann, fay = await create_accounts(database, here, "ann", "fay@beta.test")
    async with database.write() as tx:
        await follows.follow(tx, here, ann, fay)
        assert await followers.list_partial_followers(tx, fay, "https://alpha.test") == []
        await followers.synchronize(tx, here, fay, [ann.uri])
        assert await followers.list_partial_followers(tx, fay, "https://alpha.test") == [ann.uri]
        assert await list_jobs(tx, jobs.UndoFollow) == []


async def test_familiar_followers_are_those_whom_the_viewer_follows(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve, gus = await create_accounts(database, here, "ann", "bob", "eve", "gus")
    for follower, target in ((ann, bob), (bob, eve), (gus, eve)):
        await establish_follow(database, here, follower, target)
    async with database.read() as tx:
        familiar = await followers.load_familiar_followers(tx, ann.id, [eve.id, gus.id])
    assert familiar == {eve.id: [bob.id]}
