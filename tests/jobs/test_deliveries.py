"""What one recipient or one activity earns delays nothing else; only a host that fails is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from fedserver.domain.posts import edits
from fedserver.domain.relationships import follows
from fedserver.jobs.backoff import (
    HOUR_MS,
    MAX_ATTEMPTS,
    MAX_UNAUTHORIZED_ATTEMPTS,
    circuit_delay_ms,
    is_retryable,
    may_concern_host,
    parse_retry_after,
)
from fedserver.jobs.deliveries import MIN_FAILURES_OF_HOST
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.accounts import AccountRow
from storage.rows.peers import PeerRow
from tests.kit import people, tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import Document, StubPeers, make_actor
from tests.kit.visitors import Visitor

PEER = "picky.test"
FINAL = (400, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 431, 451, 501)
PASSING = (301, 302, 408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 524, 530)


class PickyPeer(StubPeers):
    """A peer that answers what `decide` says; `asked` are all activities, `taken` those accepted."""

    def __init__(self, names: tls.LoopbackResolver) -> None:
        super().__init__(names, PEER)
        self.decide: Callable[[Document], int] = lambda activity: 202
        self.retry_after = ""
        self.is_silent = False  # it hangs up without an answer
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.taken_at: list[str] = []  # the inboxes of those

    async def _receive(self, request: web.Request) -> web.Response:
        activity = await request.json()
        label = describe(activity)
        if self.is_silent and request.transport is not None:
            request.transport.abort()
        status = self.decide(activity)
        # The second request of a double-knock is the same delivery.
        if "Signature-Input" not in request.headers:
            self.asked.append(label)
        if status >= 300 or self.is_silent:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=status, headers=headers)
        self.taken.append(label)
        self.taken_at.append(str(request.url.with_port(None)))
        return web.Response(status=status)

    def refuse(self, text: str, status: int) -> None:
        """Answer activities whose label holds a text with a status, and take all others."""
        self.decide = lambda activity: status if text in describe(activity) else 202

    def forget(self) -> None:
        self.asked, self.taken, self.taken_at = [], [], []


def describe(activity: Document) -> str:
    """Return type and text of a post, or type and object."""
    thing: Any = activity["object"]
    if isinstance(thing, dict):
        thing = thing.get("content") or thing.get("id") or thing.get("type")
    return f"{activity['type']} {str(thing).removeprefix('<p>').removesuffix('</p>')}"


async def begin(start: Start, peer: PickyPeer) -> tuple[TestNode, AccountRow, AccountRow]:
    """Start a node with a member who is followed by someone at the peer."""
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with alpha.db.write() as tx:
        fan = await people.create_remote_account(tx, "fan", PEER)
        peer.serve(make_actor(fan.uri, "fan"))
        await follows.receive(tx, fan, ann, f"{fan.uri}#follow")
    await alpha.settle()
    peer.forget()
    return alpha, ann, fan


async def load_peer(node: TestNode) -> PeerRow:
    async with node.db.read() as tx:
        row = await peer_queries.find_by_domain(tx, PEER)
    assert row is not None
    return row


async def count_deliveries(node: TestNode) -> int:
    async with node.db.read() as tx:
        return await delivery_queries.count_pending(tx)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 429, 500, 501, 503])
async def test_refused_activity_delays_no_other(
    start: Start, names: tls.LoopbackResolver, status: int
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("unwanted", status)
        peer.retry_after = "600"
        await alpha.publish(ann, "unwanted")
        await alpha.settle()
        for number in range(3):
            await alpha.publish(ann, f"welcome {number}")
            await alpha.settle()
        assert peer.taken == [f"Create welcome {number}" for number in range(3)]
        assert (await load_peer(alpha)).failing_since_at is None
        # What passes is tried again, what does not never is.
        peer.forget()
        alpha.clock.forward(seconds=601)
        await alpha.settle()
        assert peer.asked == (["Create unwanted"] if status in (401, 429, 500, 503) else [])


async def test_refusal_of_one_recipient_delays_no_post_for_others(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        async with alpha.db.write() as tx:
            foe = await people.create_remote_account(tx, "foe", PEER)
        peer.serve(make_actor(foe.uri, "foe"))
        peer.refuse("secret", 403)
        await alpha.publish(ann, f"@foe@{PEER} a secret", visibility="direct")
        await alpha.publish(ann, "for all")
        await alpha.settle()
        assert [label for label in peer.asked if "secret" in label]
        assert peer.taken == ["Create for all"]


async def test_failed_create_holds_back_its_update_only(start: Start, names: tls.LoopbackResolver) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("first", 500)
        post_id = await alpha.publish(ann, "first")
        await alpha.settle()
        async with alpha.db.write() as tx:
            await edits.edit(tx, alpha.site, ann, post_id, edits.PostEdit(text="changed"))
        await alpha.publish(ann, "second")
        await alpha.settle()
        assert peer.taken == ["Create second"]
        peer.decide = lambda activity: 202
        alpha.clock.forward(seconds=60)
        await alpha.settle()
        assert peer.taken == ["Create second", "Create first", "Update changed"]


async def test_undo_does_not_wait_for_the_follow_that_failed(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, fan = await begin(start, peer)
        peer.refuse("Follow", 503)
        async with alpha.db.write() as tx:
            await follows.follow(tx, alpha.site, ann, fan)
        await alpha.settle()
        async with alpha.db.write() as tx:
            await follows.unfollow(tx, alpha.site, ann, fan)
        await alpha.settle()
        assert [label.split()[0] for label in peer.taken] == ["Undo"], "the Follow may have arrived"
        peer.decide = lambda activity: 202
        alpha.clock.forward(hours=1)
        await alpha.settle()
        assert [label.split()[0] for label in peer.taken] == ["Undo"], "and is not sent after its Undo"
        assert await count_deliveries(alpha) == 0


async def test_host_that_fails_at_everything_is_left_alone(start: Start, names: tls.LoopbackResolver) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.decide = lambda activity: 500
        for number in range(MIN_FAILURES_OF_HOST + 3):
            await alpha.publish(ann, f"post {number}")
        await alpha.settle()
        assert len(peer.asked) == MIN_FAILURES_OF_HOST
        row = await load_peer(alpha)
        assert row.failures
        assert (row.retry_at or 0) > alpha.clock()
        peer.forget()
        await alpha.publish(ann, "one more")
        await alpha.settle()
        assert peer.asked == [], "new posts wait as well"
        peer.decide = lambda activity: 202
        alpha.clock.forward(seconds=60)
        await alpha.settle()
        assert len(peer.taken) == MIN_FAILURES_OF_HOST + 4
        assert (await load_peer(alpha)).failures == 0


async def test_one_failing_activity_never_opens_the_circuit(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("unwanted", 500)
        await alpha.publish(ann, "unwanted")
        for _ in range(MAX_ATTEMPTS + 2):
            await alpha.settle()
            assert (await load_peer(alpha)).failing_since_at is None
            alpha.clock.forward(days=1)
        assert peer.asked == ["Create unwanted"] * MAX_ATTEMPTS
        await alpha.publish(ann, "welcome")
        await alpha.settle()
        assert peer.taken == ["Create welcome"]


async def test_activity_that_fails_as_the_first_after_an_outage_delays_others_once(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.is_silent = True
        await alpha.publish(ann, "unwanted")
        await alpha.settle()
        for number in range(2):
            await alpha.publish(ann, f"welcome {number}")
            await alpha.settle()
        failing = await load_peer(alpha)
        assert failing.failures == 2
        assert (failing.retry_at or 0) > alpha.clock()
        peer.is_silent = False
        peer.refuse("unwanted", 500)
        alpha.clock.forward(seconds=60)
        await alpha.settle()
        assert sorted(peer.taken) == ["Create welcome 0", "Create welcome 1"]
        assert (await load_peer(alpha)).failures == 0


async def test_silent_host_gets_one_probe_a_step(start: Start, names: tls.LoopbackResolver) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.is_silent = True
        for number in range(6):
            await alpha.publish(ann, f"post {number}")
        await alpha.settle()
        assert (await load_peer(alpha)).failures == 2, "the second is tried at once, the others wait"
        for failures in (3, 4, 5):
            alpha.clock.forward(seconds=circuit_delay_ms(failures - 1, 1) / 1000 + 1)
            await alpha.settle()
            assert (await load_peer(alpha)).failures == failures


async def test_queue_page_tells_what_is_tried_again_and_why(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with PickyPeer(names) as peer:
        alpha, ann, _ = await begin(start, peer)
        peer.refuse("unwanted", 500)
        await alpha.publish(ann, "unwanted")
        await alpha.settle()
        await alpha.create_member("ada", "admin")
        visitor = Visitor(alpha)
        await visitor.log_in("ada")
        page = await visitor.open("/admin/queue")
        assert "Deliveries that are tried again" in page.text
        assert "1 delivery waiting" in page.text
        assert "Peers that do not respond" not in page.text


@pytest.mark.parametrize("status", FINAL)
def test_permanent_refusal_is_final_at_once(status: int) -> None:
    assert not is_retryable(status, 1)
    assert not may_concern_host(status)


@pytest.mark.parametrize("status", PASSING)
def test_temporary_failure_is_tried_again(status: int) -> None:
    assert is_retryable(status, MAX_ATTEMPTS - 1)


def test_unverified_signature_is_tried_a_few_times() -> None:
    assert is_retryable(401, MAX_UNAUTHORIZED_ATTEMPTS - 1)
    assert not is_retryable(401, MAX_UNAUTHORIZED_ATTEMPTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120_000),
        ("999999999999", HOUR_MS),
        ("Thu, 01 Jan 1970 00:01:30 GMT", 60_000),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
        ("Fri, 02 Jan 1970 00:00:00 GMT", HOUR_MS),
        ("soon", 0),
        ("", 0),
        ("-5", 0),
        ("²", 0),
    ],
)
def test_parse_retry_after_reads_seconds_and_dates(text: str, expected: int) -> None:
    assert parse_retry_after(text, 30_000) == expected
