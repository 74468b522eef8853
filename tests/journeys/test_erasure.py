"""Suspended accounts and those on refused hosts can still erase and correct what is theirs, and only that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from activitypub import activities
from activitypub.document import Document
from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.notifications import notification_views
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.posts import boosts
from fedserver.domain.relationships import blocks, follows
from storage.engine import Page
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC
from tests.kit.signed_requests import StubPeer, deliver, post_to_inbox, sign_headers

WAYS = ["suspended", "blocked host", "parent of its host", "no longer on the allowlist"]


class Scene:
    """A member, and Eve of a peer, who wrote, liked and blocked, and is then cut off in some way."""

    def __init__(self, node: TestNode, beta: StubPeer, ann: AccountRow) -> None:
        self.node, self.beta, self.ann = node, beta, ann
        self.eve = beta.serve_actor("eve", 1)
        self.uri = f"{self.eve}/1"

    async def begin(self) -> None:
        self.liked = await self.node.publish(self.ann, "mine")
        row = await self.node.node.services.resolver.resolve_account("@eve@sub.beta.test")
        assert row is not None
        self.row = row
        async with self.node.db.write() as tx:
            await follows.follow(tx, self.node.site, self.ann, row)
            await follows.receive_answer(tx, row, self.ann.id, None, accepted=True)
        liked = f"{self.ann.uri}/statuses/{self.liked}"
        await self.send(activities.create(f"{self.uri}/create", self.eve, self.note("old")))
        await self.send(activities.like(f"{self.eve}#like", self.eve, liked, self.ann.uri))
        async with self.node.db.read() as tx:
            assert await like_queries.find_like(tx, row.id, self.liked) is not None
        post = await self.find_post()
        assert post is not None
        async with self.node.db.write() as tx:
            await boosts.boost(tx, self.node.site, self.ann, post.id)

    def note(self, text: str, **more: object) -> Document:
        return {
            "id": self.uri, "type": "Note", "attributedTo": self.eve, "content": f"<p>{text}</p>",
            "to": [PUBLIC], "cc": [], "published": "2026-11-01T00:00:00Z", **more,
        }  # fmt: skip

    async def send(self, activity: Document, expected: int = 202) -> None:
        assert await deliver(self.node, activity) == expected
        await self.node.settle()

    async def cut_off(self, way: str) -> None:
        async with self.node.db.write() as tx:
            if way == "suspended":
                await moderation.apply(tx, self.node.site, None, self.row.id, ModerationAction("suspend"))
            elif way == "blocked host":
                await peers.decide(tx, None, "sub.beta.test", PeerDecision("block"))
            elif way == "parent of its host":
                await peers.decide(tx, None, "beta.test", PeerDecision("block"))
            else:
                await peers.reset(tx, None, "sub.beta.test")
        await self.node.settle()

    async def find_post(self) -> PostRow | None:
        async with self.node.db.read() as tx:
            return await post_queries.find_by_uri(tx, self.uri)


@asynccontextmanager
async def open_scene(start: Start, names: tls.LoopbackResolver, way: str) -> AsyncIterator[Scene]:
    is_limited = way == "no longer on the allowlist"
    node = await start("alpha.test", **({"mode": "allowlist"} if is_limited else {}))
    if is_limited:
        async with node.db.write() as tx:
            await peers.decide(tx, None, "sub.beta.test", PeerDecision("allow"))
    async with StubPeer(names, "sub.beta.test") as beta:
        scene = Scene(node, beta, await node.create_member("ann"))
        await scene.begin()
        await scene.cut_off(way)
        yield scene


@pytest.mark.parametrize("way", WAYS)
async def test_post_and_like_can_be_erased(start: Start, names: tls.LoopbackResolver, way: str) -> None:
    async with open_scene(start, names, way) as scene:
        liked = f"{scene.ann.uri}/statuses/{scene.liked}"
        like = activities.like(f"{scene.eve}#like", scene.eve, liked, scene.ann.uri)
        await scene.send(activities.undo(f"{scene.eve}#undo", scene.eve, like))
        await scene.send(activities.delete(f"{scene.uri}#delete", scene.eve, scene.uri, [PUBLIC]))
        assert await scene.find_post() is None
        async with scene.node.db.read() as tx:
            assert await like_queries.find_like(tx, scene.row.id, scene.liked) is None


@pytest.mark.parametrize("way", WAYS)
async def test_account_can_be_erased_and_what_was_decided_stays(
    start: Start, names: tls.LoopbackResolver, way: str
) -> None:
    async with open_scene(start, names, way) as scene:
        await scene.send(activities.delete_actor(f"{scene.eve}#delete", scene.eve))
        assert await scene.find_post() is None
        async with scene.node.db.read() as tx:
            assert await accounts.find_by_uri(tx, scene.eve) is None
            kept = await account_queries.find(tx, scene.row.id)
        if way == "suspended":
            assert kept is not None
            assert kept.suspended_at is not None
            assert kept.deleted_at is not None
            again = await scene.node.node.services.resolver.resolve_account("@eve@sub.beta.test")
            assert again is None or again.suspended_at is not None


@pytest.mark.parametrize("way", WAYS[1:])
async def test_refused_host_can_do_nothing_else(start: Start, names: tls.LoopbackResolver, way: str) -> None:
    async with open_scene(start, names, way) as scene:
        other = {**scene.note("new"), "id": f"{scene.eve}/2"}
        await scene.send(activities.create(f"{scene.eve}/2/create", scene.eve, other), 403)
        liked = f"{scene.ann.uri}/statuses/{scene.liked}"
        await scene.send(activities.like(f"{scene.eve}#again", scene.eve, liked, scene.ann.uri), 403)
        scene.beta.serve_actor("joe", 2)
        requested = list(scene.beta.requested_paths)
        joe = f"{scene.beta.base}/users/joe"
        unknown = activities.delete(f"{joe}#d", joe, scene.uri, [PUBLIC])
        assert await deliver(scene.node, unknown, number=2) == 403
        assert scene.beta.requested_paths == requested, "nothing is asked of a refused host"
        # Nobody but Eve signs for her, whatever the request says.
        deletion = msgspec.json.encode(activities.delete(f"{scene.uri}#d", scene.eve, scene.uri, [PUBLIC]))
        forged = sign_headers(scene.node, deletion, f"{scene.eve}#main-key", number=3)
        assert (await post_to_inbox(scene.node, deletion, forged))[0] == 401
        await scene.node.settle()
        assert await scene.find_post() is not None


async def test_refused_host_cannot_erase_what_others_wrote(start: Start, names: tls.LoopbackResolver) -> None:
    async with open_scene(start, names, "blocked host") as scene, StubPeer(names, "gamma.test") as gamma:
        mia = gamma.serve_actor("mia", 2)
        assert await scene.node.node.services.resolver.resolve_account("@mia@gamma.test") is not None
        stolen = activities.delete_actor(f"{mia}#delete", mia)
        assert await deliver(scene.node, stolen, key_id=f"{scene.eve}#main-key") == 403
        await scene.node.settle()
        async with scene.node.db.read() as tx:
            assert await accounts.find_by_uri(tx, mia) is not None


async def test_suspended_account_corrects_a_post_and_nobody_is_notified(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_scene(start, names, "suspended") as scene:
        new = scene.note("corrected", updated="2026-11-18T00:00:00Z")
        await scene.send(activities.update(f"{scene.uri}#u", scene.eve, new, scene.node.clock()))
        post = await scene.find_post()
        assert post is not None
        assert "corrected" in post.html
        async with scene.node.db.write() as tx:
            await moderation.revoke(tx, None, scene.row.id, "suspend")
        async with scene.node.db.read() as tx:
            shown, _ = await notification_views.list_by_account(tx, scene.ann, Page())
            kinds = {view.row.kind for view in shown}
        assert "favourite" in kinds, "notifications of the account are shown again"
        assert "update" not in kinds


async def test_suspended_account_updates_its_profile_and_stays_suspended(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_scene(start, names, "suspended") as scene:
        scene.beta.serve_actor("eve", 1, name="Clean")
        update = {"id": f"{scene.eve}#u", "type": "Update", "actor": scene.eve, "object": scene.eve}
        await scene.send(update)
        async with scene.node.db.read() as tx:
            row = await account_queries.find(tx, scene.row.id)
        assert row is not None
        assert row.display_name == "Clean"
        assert row.suspended_at is not None


async def test_suspended_account_lifts_its_block_and_can_do_nothing_else(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_scene(start, names, "suspended") as scene:
        block = activities.block(f"{scene.eve}#block", scene.eve, scene.ann.uri)
        async with scene.node.db.write() as tx:
            await blocks.receive(tx, scene.row, scene.ann, block["id"])
        await scene.send(activities.undo(f"{scene.eve}#undo-block", scene.eve, block))
        await scene.send(activities.follow(f"{scene.eve}#follow", scene.eve, scene.ann.uri))
        other = {**scene.note("new"), "id": f"{scene.eve}/2"}
        await scene.send(activities.create(f"{scene.eve}/2/create", scene.eve, other))
        async with scene.node.db.read() as tx:
            assert not await block_queries.exists_between(tx, scene.row.id, scene.ann.id)
            assert await follow_queries.find(tx, scene.row.id, scene.ann.id) is None
            assert await post_queries.find_by_uri(tx, f"{scene.eve}/2") is None
