"""A peer that uses one id for several activities, as GoToSocial, Takahē, Hollo, PeerTube and Mastodon do.

What an activity does decides, not its id. What was received before still does nothing when it comes again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.relationships import follows
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer, deliver, post_to_inbox, sign_headers

WHEN = "2026-11-02T10:00:00Z"


class World:
    """A node with a member, and a peer with an actor whom she follows."""

    def __init__(self, node: TestNode, beta: StubPeer, ann: AccountRow, api: Api) -> None:
        self.node, self.beta, self.ann, self.api = node, beta, ann, api
        self.eve = beta.serve_actor("eve", featured=f"{beta.base}/users/eve/featured")
        self.posts = 0

    async def send(self, *activities: Document) -> None:
        """Deliver activities, which are all taken, and carry them out."""
        for activity in activities:
            assert await deliver(self.node, activity) == 202, activity
        await self.node.settle()

    def act(self, kind: str, about: Any, **more: Any) -> Document:
        """Return an activity of the peer's actor with the id that all of that kind have."""
        return {"id": f"{self.eve}#{kind}", "type": kind, "actor": self.eve, "object": about, **more}

    def note(self, content: str, **more: Any) -> Document:
        return {
            "id": f"{self.eve}/posts/1", "type": "Note", "attributedTo": self.eve, "content": content,
            "to": [PUBLIC], "published": WHEN, **more,
        }  # fmt: skip

    async def find_eve(self) -> AccountRow:
        async with self.node.db.read() as tx:
            row = await account_queries.find_by_uri(tx, self.eve)
        assert row is not None
        return row

    async def find_post(self, uri: str) -> PostRow | None:
        async with self.node.db.read() as tx:
            return await post_queries.find_by_uri(tx, uri)

    async def publish(self) -> tuple[int, str]:
        """Publish a post of the member; return its id and URI."""
        self.posts += 1
        post_id = await self.node.publish(self.ann, f"Post {self.posts}")
        return post_id, f"{self.ann.uri}/statuses/{post_id}"

    async def request_follow(self) -> str:
        """Let the member ask to follow; return the id of the Follow."""
        eve = await self.find_eve()
        async with self.node.db.write() as tx:
            await follows.follow(tx, self.node.site, self.ann, eve)
            row = await follow_queries.find_request(tx, self.ann.id, eve.id)
        assert row is not None
        return row.uri

    async def is_following(self) -> bool:
        eve = await self.find_eve()
        relation = await self.api.get(f"/api/v1/accounts/relationships?id[]={eve.id}")
        return bool(relation[0]["following"])


@pytest.fixture
async def world(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[World]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta:
        world = World(alpha, beta, ann, Api(alpha, await alpha.create_token(ann)))
        await alpha.node.services.resolver.resolve_account("@eve@beta.test")
        asked = await world.request_follow()
        await world.send(world.act("Accept", asked))
        assert await world.is_following()
        yield world


def follow_of(world: World, uri: str) -> Document:
    return {"id": uri, "type": "Follow", "actor": world.ann.uri, "object": world.eve}


async def read_versions(world: World) -> list[str]:
    row = await world.find_post(f"{world.eve}/posts/1")
    assert row is not None
    history = await world.api.get(f"/api/v1/statuses/{row.id}/history")
    return [version["content"] for version in history]


async def test_updates_of_a_post_with_one_id_each_count(world: World) -> None:
    versions = [world.note(f"<p>{n}</p>", updated=f"2026-11-02T10:0{n}:00Z") for n in (1, 2, 3)]
    edits = [world.act("Update", version) for version in versions]
    await world.send(world.act("Create", world.note("<p>0</p>")))
    await world.send(*edits)
    for _ in range(3):
        row = await world.find_post(f"{world.eve}/posts/1")
        assert row is not None
        status = await world.api.get(f"/api/v1/statuses/{row.id}")
        assert (status["content"], status["edited_at"]) == ("<p>3</p>", "2026-11-02T10:03:00.000Z")
        assert await read_versions(world) == ["<p>0</p>", "<p>1</p>", "<p>2</p>", "<p>3</p>"]
        await world.send(*edits)  # at once, and then late and signed anew
        world.node.clock.forward(hours=1)


async def test_update_that_comes_late_does_not_overwrite_a_newer_one(world: World) -> None:
    newer = world.act("Update", world.note("<p>new</p>", updated="2026-11-02T10:02:00Z"))
    older = world.act("Update", world.note("<p>old</p>", updated="2026-11-02T10:01:00Z"))
    undated = world.act("Update", world.note("<p>oldest</p>"))
    await world.send(world.act("Create", world.note("<p>0</p>")), newer, older, undated)
    assert await read_versions(world) == ["<p>0</p>", "<p>new</p>"]


async def test_updates_without_a_date_count_by_what_they_say(world: World) -> None:
    first = world.act("Update", world.note("<p>1</p>"))
    await world.send(world.act("Create", world.note("<p>0</p>")), world.act("Update", world.note("<p>0</p>")))
    assert await read_versions(world) == ["<p>0</p>"]
    await world.send(first, world.act("Update", world.note("<p>2</p>")), first)
    assert await read_versions(world) == ["<p>0</p>", "<p>1</p>", "<p>2</p>"]
    world.node.clock.forward(hours=1)
    await world.send(first)
    assert (await read_versions(world))[-1] == "<p>1</p>", "written back, an hour later"


async def test_updates_dated_by_the_activity_alone_keep_their_order(world: World) -> None:
    later = world.act("Update", world.note("<p>2</p>"), updated="2026-11-02T10:02:00Z")
    earlier = world.act("Update", world.note("<p>1</p>"), updated="2026-11-02T10:01:00Z")
    await world.send(world.act("Create", world.note("<p>0</p>")), later, earlier)
    assert await read_versions(world) == ["<p>0</p>", "<p>2</p>"]


async def test_two_updates_of_one_second_both_count(world: World) -> None:
    when = "2026-11-02T10:01:00Z"
    await world.send(world.act("Create", world.note("<p>0</p>")))
    await world.send(*(world.act("Update", world.note(f"<p>{n}</p>", updated=when)) for n in (1, 2)))
    assert (await read_versions(world))[-1] == "<p>2</p>"


def question(world: World, *counts: int, **more: Any) -> Document:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
        for name, count in zip(("Monday", "Tuesday"), counts, strict=True)
    ]
    poll = {
        "type": "Question",
        "anyOf": options,
        "votersCount": max(counts),
        "endTime": "2026-12-30T10:00:00Z",
    }
    return {**world.note("<p>Which day?</p>"), **poll, **more}


async def test_tallies_with_one_id_rise_to_the_newest(world: World) -> None:
    tallies = [world.act("Update", question(world, *counts)) for counts in ((1, 0), (1, 1), (2, 1))]
    await world.send(world.act("Create", question(world, 0, 0)))
    await world.send(*tallies)
    for _ in range(3):
        row = await world.find_post(f"{world.eve}/posts/1")
        assert row is not None
        poll = (await world.api.get(f"/api/v1/statuses/{row.id}"))["poll"]
        assert [option["votes_count"] for option in poll["options"]] == [2, 1]
        assert poll["voters_count"] == 2
        assert (await world.api.get(f"/api/v1/statuses/{row.id}"))["edited_at"] is None
        await world.send(tallies[0])
        world.node.clock.forward(hours=1)
    await world.send(world.act("Update", question(world, 1, 1, closed="2026-11-17T10:00:00Z")))
    row = await world.find_post(f"{world.eve}/posts/1")
    assert row is not None
    poll = (await world.api.get(f"/api/v1/statuses/{row.id}"))["poll"]
    assert ([option["votes_count"] for option in poll["options"]], poll["expired"]) == ([1, 1], True)


async def test_updates_of_a_profile_with_one_id_each_count(world: World) -> None:
    for name in ("Eva", "Evi", "Eva"):
        uri = world.beta.serve_actor("eve", name=name)
        world.node.clock.forward(seconds=61)
        await world.send(world.act("Update", {"id": uri, "type": "Person", "name": name}))
        assert (await world.find_eve()).display_name == name


async def test_second_follow_is_accepted_and_rejected_by_the_same_id(world: World) -> None:
    eve = await world.find_eve()
    for kind, expected in (("Accept", True), ("Reject", False), ("Accept", True), ("Reject", False)):
        async with world.node.db.write() as tx:
            await follows.unfollow(tx, world.node.site, world.ann, eve)
        assert not await world.is_following()
        asked = await world.request_follow()
        await world.send(world.act(kind, follow_of(world, asked)))
        assert await world.is_following() is expected
        async with world.node.db.read() as tx:
            assert await follow_queries.find_request(tx, world.ann.id, eve.id) is None, "none waits for ever"


async def test_answer_to_a_former_follow_does_not_answer_the_one_that_waits(world: World) -> None:
    eve = await world.find_eve()
    former = f"{world.ann.uri}#follows/1"
    async with world.node.db.write() as tx:
        await follows.unfollow(tx, world.node.site, world.ann, eve)
    await world.request_follow()
    await world.send(world.act("Accept", follow_of(world, former)))
    assert not await world.is_following()


async def test_follow_undone_and_done_again_with_the_same_ids_holds(world: World) -> None:
    """As Takahē does: both activities are the same to the byte."""
    eve, follow = await world.find_eve(), world.act("Follow", world.ann.uri)
    undo = world.act("Undo", follow)

    async def is_follower() -> bool:
        async with world.node.db.read() as tx:
            return await follow_queries.find(tx, eve.id, world.ann.id) is not None

    for _ in range(2):
        world.node.clock.forward(seconds=61)
        await world.send(follow)
        assert await is_follower()
        await world.send(undo)
        assert not await is_follower()
        await world.send(follow)
        assert not await is_follower(), "a repeated delivery"


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_like_or_boost_done_again_with_the_same_id_counts(world: World, kind: str) -> None:
    post_id, uri = await world.publish()
    done = world.act(kind, uri, to=[PUBLIC])
    field = "favourites_count" if kind == "Like" else "reblogs_count"

    async def count() -> int:
        return int((await world.api.get(f"/api/v1/statuses/{post_id}"))[field])

    for number in range(2):
        world.node.clock.forward(seconds=61)
        await world.send(done)
        assert await count() == 1
        await world.send(world.act("Undo", done))
        assert await count() == 0
        await world.send({**done, "published": f"2026-11-18T00:00:0{number}Z"})
        assert await count() == 1, "another date makes another act"
        await world.send(world.act("Undo", {**done, "published": "now"}, published=number))
        assert await count() == 0


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_one_id_for_all_likes_or_boosts_tells_posts_apart(world: World, kind: str) -> None:
    posts = [await world.publish() for _ in range(3)]
    field = "favourites_count" if kind == "Like" else "reblogs_count"

    async def count() -> list[int]:
        return [(await world.api.get(f"/api/v1/statuses/{post_id}"))[field] for post_id, _ in posts]

    done = [world.act(kind, uri, to=[PUBLIC]) for _, uri in posts]
    await world.send(*done)
    assert await count() == [1, 1, 1]
    await world.send(world.act("Undo", done[1]))
    assert await count() == [1, 0, 1]


async def test_reaction_with_the_same_id_and_another_emoji_replaces_it(world: World) -> None:
    post_id, uri = await world.publish()
    await world.send(*(world.act("EmojiReact", uri, content=emoji) for emoji in ("🦊", "🎉")))
    status = await world.api.get(f"/api/v1/statuses/{post_id}")
    assert [entry["name"] for entry in status["reactions"]] == ["🎉"]
    assert status["favourites_count"] == 1


async def test_block_undone_and_done_again_with_the_same_id_holds(world: World) -> None:
    eve, block = await world.find_eve(), world.act("Block", world.ann.uri)
    for _ in range(2):
        world.node.clock.forward(seconds=61)
        await world.send(block)
        async with world.node.db.read() as tx:
            assert await block_queries.exists_between(tx, eve.id, world.ann.id)
        await world.send(world.act("Undo", block))
        async with world.node.db.read() as tx:
            assert not await block_queries.exists_between(tx, eve.id, world.ann.id)


async def test_pin_without_an_id_can_be_undone_and_done_again(world: World) -> None:
    """As Mastodon sends it."""
    await world.send(world.act("Create", world.note("<p>0</p>")))
    eve, featured = await world.find_eve(), f"{world.eve}/featured"
    for kind in ("Add", "Remove", "Add", "Remove"):
        world.node.clock.forward(seconds=2)
        activity = world.act(kind, f"{world.eve}/posts/1", target=featured)
        del activity["id"]
        await world.send(activity)
        pinned = await world.api.get(f"/api/v1/accounts/{eve.id}/statuses?pinned=true")
        assert len(pinned) == (kind == "Add")


async def test_creates_and_deletes_with_one_id_each_count(world: World) -> None:
    uris = [f"{world.eve}/posts/{number}" for number in range(3)]
    await world.send(*(world.act("Create", {**world.note("<p>x</p>"), "id": uri}) for uri in uris))
    assert all([await world.find_post(uri) for uri in uris])
    await world.send(*(world.act("Delete", uri) for uri in uris[1:]))
    assert [await world.find_post(uri) is not None for uri in uris] == [True, False, False]


async def test_flags_with_one_id_are_reports_of_their_own(world: World) -> None:
    owner = Api(
        world.node,
        await world.node.create_token(await world.node.create_member("own", role="owner"), "admin:read"),
    )
    _, uri = await world.publish()
    flags = [
        world.act("Flag", [world.ann.uri, *more], content=text) for text, more in (("a", []), ("b", [uri]))
    ]
    await world.send(*flags, *flags)
    world.node.clock.forward(hours=1)
    await world.send(*flags)
    reports = await owner.get("/api/v1/admin/reports")
    assert sorted(report["comment"] for report in reports) == ["a", "b"]


async def test_what_waits_under_one_id_is_all_carried_out(world: World) -> None:
    """Nothing is settled in between: all of it is in the queue at once."""
    post_id, uri = await world.publish()
    like = world.act("Like", uri)
    activities = [
        world.act("Create", world.note("<p>0</p>")),
        *(world.act("Update", world.note(f"<p>{n}</p>")) for n in (1, 2, 3)),
        like,
        world.act("Undo", like),
        {**like, "published": WHEN},
    ]
    await world.send(*activities)
    assert (await read_versions(world))[-1] == "<p>3</p>"
    assert (await world.api.get(f"/api/v1/statuses/{post_id}"))["favourites_count"] == 1


@pytest.mark.parametrize("hours", [0, 11])
async def test_captured_requests_replayed_bring_nothing_back(world: World, hours: int) -> None:
    eve = await world.find_eve()
    post_id, uri = await world.publish()
    follow, like = world.act("Follow", world.ann.uri), world.act("Like", uri)
    boost, block = world.act("Announce", uri, to=[PUBLIC]), world.act("Block", world.ann.uri)
    create = world.act("Create", world.note("<p>0</p>"))
    captured = []
    for activity in (follow, like, boost, create, block):
        body = msgspec.json.encode(activity)
        headers = sign_headers(world.node, body, f"{world.eve}#main-key")
        captured.append((body, headers))
        assert (await post_to_inbox(world.node, body, headers))[0] == 202
    await world.node.settle()
    for number, activity in enumerate((block, follow, like, boost)):
        await world.send({**world.act("Undo", activity), "id": f"{world.eve}#undo-{number}"})
    await world.send(world.act("Delete", f"{world.eve}/posts/1"))
    world.node.clock.forward(hours=hours)
    for body, headers in captured:
        assert (await post_to_inbox(world.node, body, headers))[0] == 202
    await world.node.settle()
    status = await world.api.get(f"/api/v1/statuses/{post_id}")
    assert (status["favourites_count"], status["reblogs_count"]) == (0, 0)
    async with world.node.db.read() as tx:
        assert await follow_queries.find(tx, eve.id, world.ann.id) is None
        assert not await block_queries.exists_between(tx, eve.id, world.ann.id)
    assert await world.find_post(f"{world.eve}/posts/1") is None
    world.node.clock.forward(days=20)
    assert {(await post_to_inbox(world.node, body, headers))[0] for body, headers in captured} == {401}


async def test_repetition_is_dropped_with_a_reason_in_the_log(world: World) -> None:
    _, uri = await world.publish()
    like = world.act("Like", uri)
    with capture_logs() as logs:
        await world.send(like, like)
    dropped = [entry for entry in logs if entry["event"] == "activity_dropped"]
    assert [(entry["log_level"], entry["reason"]) for entry in dropped] == [
        ("debug", "it was received before")
    ]
    assert dropped[0]["activity"].startswith(f"{world.eve}#Like ")
