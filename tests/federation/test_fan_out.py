"""From a job to deliveries: who gets a post, and what is enqueued beside it."""

from __future__ import annotations

import msgspec
import pytest

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers, relays
from fedserver.domain.relationships import follows
from fedserver.federation.fan_out import fan_out, is_outgoing
from fedserver.federation.keys import Keyring
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.engine import Database
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.peers import relays as relay_queries
from storage.rows.accounts import AccountRow
from storage.rows.peers import RelayRow
from tests.kit.people import create_accounts, publish

LITEPUB_INBOX = "https://relay.test/inbox"


async def enable_relay(database: Database) -> None:
    """Store a relay that is followed at its actor, and so gets boosts."""
    async with database.write() as tx:
        actor = "https://relay.test/actor"
        await relay_queries.insert(
            tx, RelayRow(tx.new_id(), LITEPUB_INBOX, actor, actor, relays.ACCEPTED, "", tx.now, tx.now, None)
        )


async def send(
    database: Database, here: NodeContext, job: jobs.Job, policies: peers.PeerPolicies | None = None
) -> list[str]:
    """Fan out a job, and return the inboxes that its deliveries go to."""
    async with database.write() as tx:
        count = await fan_out(tx, here, Keyring(), policies or peers.PeerPolicies("open"), job)
        rows = await delivery_queries.lease(tx, until=tx.now + 1, limit=100)
    assert count == len(rows)
    return sorted(row.inbox_uri for row in rows)


async def list_boost_jobs(database: Database) -> list[jobs.Job]:
    async with database.write() as tx:
        rows = [*await job_queries.lease(tx, until=tx.now + 1, limit=100, kinds=KINDS_BY_QUEUE[DEFAULT])]
    return [job for row in rows if isinstance(job := jobs.decode(row.payload), jobs.BoostForRelays)]


async def make_followed_author(database: Database, here: NodeContext) -> AccountRow:
    """Return a member with followers at two servers, two of them at the same one."""
    ann, bob, carl, dora = await create_accounts(
        database, here, "ann", "bob@beta.test", "carl@beta.test", "dora@gamma.test"
    )
    async with database.write() as tx:
        for follower in (bob, carl, dora):
            await follows.receive(tx, follower, ann, f"{follower.uri}#follows/1")
    return ann


@pytest.mark.parametrize("visibility", ["public", "unlisted", "followers"])
async def test_fan_out_of_a_post_goes_once_to_each_server_of_followers(
    database: Database, here: NodeContext, visibility: str
) -> None:
    ann = await make_followed_author(database, here)
    post_id = await publish(database, here, ann, "Hello", visibility=visibility)
    inboxes = await send(database, here, jobs.CreatePost(post_id))
    assert inboxes == ["https://beta.test/inbox", "https://gamma.test/inbox"]


async def test_fan_out_of_a_local_post_sends_nothing(database: Database, here: NodeContext) -> None:
    ann = await make_followed_author(database, here)
    post_id = await publish(database, here, ann, "Among us", visibility="local")
    assert await send(database, here, jobs.CreatePost(post_id)) == []


async def test_fan_out_where_federation_is_closed_sends_nothing(
    database: Database, here: NodeContext
) -> None:
    ann = await make_followed_author(database, here)
    post_id = await publish(database, here, ann, "Hello")
    closed = peers.PeerPolicies("closed")
    assert await send(database, here, jobs.CreatePost(post_id), closed) == []


async def test_fan_out_of_an_account_that_is_gone_sends_nothing(
    database: Database, here: NodeContext
) -> None:
    assert await send(database, here, jobs.UpdateAccount(404)) == []


async def test_fan_out_signs_the_document_with_the_senders_key(database: Database, here: NodeContext) -> None:
    ann = await make_followed_author(database, here)
    async with database.write() as tx:
        await fan_out(tx, here, Keyring(), peers.PeerPolicies("open"), jobs.UpdateAccount(ann.id))
        rows = await delivery_queries.lease(tx, until=tx.now + 1, limit=100)
        documents = await delivery_queries.load_documents(tx, [row.document_id for row in rows])
    (document,) = documents.values()
    proof = msgspec.json.decode(document.body)["proof"]
    assert proof["verificationMethod"] == here.links.ed25519_key(ann.uri)


@pytest.mark.parametrize(("visibility", "expected"), [("public", 1), ("unlisted", 0), ("followers", 0)])
async def test_fan_out_enqueues_a_boost_of_public_posts_only(
    database: Database, here: NodeContext, visibility: str, expected: int
) -> None:
    await enable_relay(database)
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "Hello", visibility=visibility)
    assert await list_boost_jobs(database) == []
    await send(database, here, jobs.CreatePost(post_id))
    assert await list_boost_jobs(database) == [jobs.BoostForRelays(post_id)] * expected


async def test_fan_out_without_relays_enqueues_no_boost(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "Hello")
    await send(database, here, jobs.CreatePost(post_id))
    assert await list_boost_jobs(database) == []


def test_is_outgoing_tells_jobs_for_peers_from_others() -> None:
    assert is_outgoing(jobs.CreatePost(1))
    assert is_outgoing(jobs.BoostForRelays(1))
    assert not is_outgoing(jobs.RefreshPoll(1))
