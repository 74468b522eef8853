"""Posts and accounts of peers end when nobody here uses them; what anyone uses or decided stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import moderation, moderation_notes, report_filing
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.posts import boosts, likes, pins, posts, reactions, remote_posts
from fedserver.domain.posts.quote_requests import RemoteQuote
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.domain.timelines import bookmarks, filters
from fedserver.jobs import remote_retention
from fedserver.jobs.cleanup import CleanupWorker
from storage.engine import Tx
from storage.queries.accounts import unused_accounts as unused_account_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from storage.schema import metadata
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.remote_posts import build_remote_post

DAYS = 180


class World:
    """Ann, a member; and Sam of a peer, of whom there are posts here that nobody asked for."""

    def __init__(self, node: TestNode, ann: AccountRow) -> None:
        self.node, self.ann = node, ann
        self.number = 0

    async def receive(self, tx: Tx, author: AccountRow, **changes: Any) -> PostRow:
        self.number += 1
        uri = f"{author.uri}/posts/{self.number}"
        values = {"published_at": tx.now, "files": (), **changes}
        row = await remote_posts.receive(tx, author, build_remote_post(uri, author.uri, **values))
        assert row is not None
        return row

    async def list_left(self, table: str) -> set[int]:
        async with self.node.db.read() as tx:
            return set(await tx.values(select(metadata.tables[table].c.id)))

    async def clean_up(self, days: float) -> None:
        self.node.clock.forward(days=days)
        await CleanupWorker(self.node.node.services).run()


async def begin(start: Start, **federation: Any) -> World:
    node = await start("alpha.test", **federation)
    return World(node, await node.create_member("ann"))


Use = Callable[[Tx, World, AccountRow, PostRow], Awaitable[object]]


async def reply(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    draft = posts.Draft(text="Indeed", in_reply_to_id=post.id)
    await posts.publish(tx, world.node.site, world.ann, draft)


async def reply_further_down(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    between = await world.receive(tx, sam, in_reply_to=post.uri)
    await reply(tx, world, sam, between)


async def name_ann(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    await tx.run(metadata.tables["mentions"].insert().values(post_id=post.id, account_id=world.ann.id))


async def quote(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    quoting = await posts.publish(tx, world.node.site, world.ann, posts.Draft(text="Look"))
    values = {
        "quoted_id": post.id,
        "quoted_account_id": sam.id,
        "quoted_uri": post.uri,
        "quoted_url": post.uri,
    }
    legacy = {"state": "accepted", "legacy": True, "request_uri": None, "authorization_uri": None}
    await tx.run(
        metadata.tables["quotes"].insert().values(
            post_id=quoting, account_id=world.ann.id, created_at=tx.now, **values, **legacy
        )
    )  # fmt: skip


async def filter_post(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    view = await filters.create(tx, world.ann, "f", ["home"])
    await filters.add_post(tx, world.ann, view.filter.id, post)


async def report(tx: Tx, world: World, sam: AccountRow, post: PostRow) -> None:
    new_report = report_filing.NewReport(target_id=sam.id, post_ids=[post.id])
    await report_filing.file(tx, world.node.site, world.ann, new_report)


USES: dict[str, Use] = {
    "like": lambda tx, world, sam, post: likes.like(tx, world.node.site, world.ann, post.id),
    "reaction": lambda tx, world, sam, post: reactions.react(tx, world.node.site, world.ann, post.id, "🎉"),
    "bookmark": lambda tx, world, sam, post: bookmarks.add(tx, world.ann, post.id),
    "boost": lambda tx, world, sam, post: boosts.boost(tx, world.node.site, world.ann, post.id),
    "reply": reply,
    "reply further down": reply_further_down,
    "mention": name_ann,
    "quote": quote,
    "filter": filter_post,
    "report": report,
    "follow": lambda tx, world, sam, post: follows.follow(tx, world.node.site, world.ann, sam),
    "pin": lambda tx, world, sam, post: pins.receive(tx, sam, post, added=True),
    "trend": lambda tx, world, sam, post: tx.run(
        metadata.tables["trend_reviews"].insert().values(
            id=1, kind="post", subject=post.uri, approved=False, reviewed_at=tx.now, reviewed_by_id=None
        )
    ),
}  # fmt: skip


async def test_posts_of_peers_end_unless_somebody_uses_them(start: Start) -> None:
    world = await begin(start)
    kept: dict[str, int] = {}
    async with world.node.db.write() as tx:
        for name, use in USES.items():
            sam = await create_remote_account(tx, name.replace(" ", "_"), "peer.test")
            post = await world.receive(tx, sam)
            await use(tx, world, sam, post)
            kept[name] = post.id
        eve = await create_remote_account(tx, "eve", "peer.test")
        await world.receive(tx, eve)
        first = await world.receive(tx, eve)
        await world.receive(tx, eve, in_reply_to=first.uri)
        await boosts.receive(tx, eve, f"{eve.uri}#boost", first, "public", tx.now)
        quoting = await world.receive(tx, eve, quote=RemoteQuote(first.uri))
    await world.node.settle()
    before = await world.list_left("posts")
    await world.clean_up(DAYS - 1)
    assert await world.list_left("posts") == before
    for _ in range(4):  # what was boosted or quoted goes after the boost and the quote, the account at last
        await world.clean_up(1)
    left = await world.list_left("posts")
    assert {name for name, post_id in kept.items() if post_id not in left} == set()
    async with world.node.db.read() as tx:
        assert [row for row in (await post_queries.load_by_ids(tx, list(left))).values()
                if row.account_id == eve.id] == []  # fmt: skip
        uris = set(await tx.values(select(metadata.tables["originals"].c.uri)))
        assert quoting.uri not in uris
        assert first.uri not in uris
        assert await accounts.find_by_uri(tx, eve.uri) is None, "nothing is left of her here"
    async with world.node.db.write() as tx:
        eve = await create_remote_account(tx, "eve", "peer.test")
        build = build_remote_post(first.uri, eve.uri, published_at=tx.now)
        assert await remote_posts.receive(tx, eve, build) is not None, "anyone may fetch it again"


async def test_post_that_its_peer_changed_is_not_old(start: Start) -> None:
    world = await begin(start)
    async with world.node.db.write() as tx:
        sam = await create_remote_account(tx, "sam", "peer.test")
        old, edited = await world.receive(tx, sam), await world.receive(tx, sam)
    world.node.clock.forward(days=DAYS - 10)
    async with world.node.db.write() as tx:
        changed = build_remote_post(edited.uri, sam.uri, html="<p>new</p>", updated_at=tx.now)
        await remote_posts.receive_edit(tx, sam, changed)
    await world.clean_up(20)
    left = await world.list_left("posts")
    assert old.id not in left
    assert edited.id in left


async def test_counts_of_what_stays_lose_what_is_deleted(start: Start) -> None:
    world = await begin(start)
    async with world.node.db.write() as tx:
        sam = await create_remote_account(tx, "sam", "peer.test")
        eve = await create_remote_account(tx, "eve", "peer.test")
        await follows.follow(tx, world.node.site, world.ann, sam)
        kept = await world.receive(tx, sam)
        await world.receive(tx, eve, in_reply_to=kept.uri)
        await boosts.receive(tx, eve, f"{eve.uri}#boost", kept, "public", tx.now)
    async with world.node.db.read() as tx:
        row = await post_queries.find(tx, kept.id)
    assert row is not None
    assert (row.replies_count, row.boosts_count) == (1, 1)
    await world.clean_up(DAYS + 1)
    async with world.node.db.read() as tx:
        row = await post_queries.find(tx, kept.id)
    assert row is not None
    assert (row.replies_count, row.boosts_count) == (0, 0)


DECISIONS: dict[str, Callable[[Tx, World, AccountRow], Awaitable[object]]] = {
    "block": lambda tx, world, sam: blocks.block(tx, world.node.site, world.ann, sam),
    "blocks ann": lambda tx, world, sam: blocks.receive(tx, sam, world.ann, f"{sam.uri}#block"),
    "mute": lambda tx, world, sam: mutes.mute(tx, world.ann, sam),
    "note": lambda tx, world, sam: mutes.set_note(tx, world.ann, sam, "From the choir"),
    "limit": lambda tx, world, sam: moderation.apply(
        tx, world.node.site, None, sam.id, ModerationAction("silence", "Loud")
    ),
    "follows ann": lambda tx, world, sam: follows.receive(tx, sam, world.ann, f"{sam.uri}#follow"),
}


async def test_accounts_of_peers_end_unless_somebody_decided_about_them(start: Start) -> None:
    world = await begin(start)
    kept = {}
    async with world.node.db.write() as tx:
        member = await world.node.load_member(world.ann)
        for name, decide in DECISIONS.items():
            kept[name] = await create_remote_account(tx, name.replace(" ", "_"), "peer.test")
            await decide(tx, world, kept[name])
        kept["moderators' note"] = await create_remote_account(tx, "noted", "peer.test")
        await moderation_notes.add(tx, member, kept["moderators' note"].id, "Seen before")
        kept["moved"] = await create_remote_account(tx, "moved", "peer.test")
        values = {"moved_to_id": kept["moved"].id}
        table = metadata.tables["accounts"]
        await tx.run(table.update().where(table.c.id == kept["mute"].id).values(values))
        gone = await create_remote_account(tx, "gone", "peer.test")
    await world.node.settle()
    await world.clean_up(DAYS - 1)
    assert gone.id in await world.list_left("accounts")
    await world.clean_up(2)
    left = await world.list_left("accounts")
    assert gone.id not in left
    assert {name for name, account in kept.items() if account.id not in left} == set()


async def test_nothing_ends_where_the_operator_keeps_all(start: Start) -> None:
    world = await begin(start, remote_retention_days=0)
    async with world.node.db.write() as tx:
        sam = await create_remote_account(tx, "sam", "peer.test")
        post = await world.receive(tx, sam)
    await world.clean_up(3_650)
    assert post.id in await world.list_left("posts")
    assert sam.id in await world.list_left("accounts")


async def test_each_run_goes_on_behind_the_one_before(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("POST_CHUNK_SIZE", 2), ("ACCOUNT_CHUNK_SIZE", 1), ("CHUNKS_PER_RUN", 2)):
        monkeypatch.setattr(remote_retention, name, size)
    world = await begin(start)
    async with world.node.db.write() as tx:
        sam = await create_remote_account(tx, "sam", "peer.test")
        await follows.follow(tx, world.node.site, world.ann, sam)
        kept = {(await world.receive(tx, sam)).id for _ in range(5)}
    world.node.clock.forward(seconds=1)
    async with world.node.db.write() as tx:
        eve = await create_remote_account(tx, "eve", "peer.test")
        unused = {(await world.receive(tx, eve)).id for _ in range(3)}
    await world.clean_up(DAYS + 1)
    assert unused <= await world.list_left("posts"), "four posts were looked at"
    await world.clean_up(1)
    left = await world.list_left("posts")
    assert unused & left == set()
    assert kept <= left


def test_every_reference_to_an_account_keeps_it_or_is_named() -> None:
    names = {f"{column.table.name}.{column.name}" for column in unused_account_queries._list_references()}
    assert {"follows.target_id", "likes.account_id", "posts.account_id", "reports.target_id"} <= names
    assert set(metadata.tables) >= unused_account_queries.OWNED
