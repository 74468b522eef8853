"""Blocks and mutes between two accounts, local and remote."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fedserver.domain.accounts import relations
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import boosts, likes
from fedserver.domain.relationships import blocks, follows, lists
from fedserver.domain.timelines import post_views, timelines
from storage.engine import Database, Page, ReadTx, Tx
from storage.rows.accounts import AccountRow
from storage.tables.kernel import tasks as table
from tests.kit.people import create_accounts, establish_follow, publish

PAGE = Page()


async def list_jobs(tx: ReadTx, *kinds: type[jobs.Job]) -> list[jobs.Job]:
    payloads = await tx.values(select(table.c.payload).order_by(table.c.id))
    return [task for task in map(jobs.decode, payloads) if isinstance(task, kinds)]


async def list_home(database: Database, account: AccountRow) -> list[int]:
    async with database.read() as tx:
        ids = await timelines.list_home(tx, account.id, PAGE)
        return [view.post.id for view in await post_views.load(tx, ids, account.id, context="home")]


async def list_kinds(tx: Tx, account: AccountRow) -> list[str]:
    return [view.row.kind for view in (await notification_views.list_by_account(tx, account, PAGE))[0]]


async def test_block_ends_all_relations_between_two_accounts(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    for follower, target in ((ann, bob), (bob, ann), (ann, eve)):
        await establish_follow(database, here, follower, target)
    old = await publish(database, here, bob, "hello @ann")
    async with database.write() as tx:
        await boosts.boost(tx, here, eve, old)
        row = await lists.create(tx, ann, "l")
        await lists.add_accounts(tx, ann, row.id, [bob.id])
    assert await list_home(database, ann) == [old]
    async with database.write() as tx:
        for _ in range(2):
            await blocks.block(tx, here, ann, bob)
        anns_relation, bobs_relation = [
            (await relations.load(tx, account.id, [other.id]))[0]
            for account, other in ((ann, bob), (bob, ann))
        ]
        assert anns_relation.blocking
        assert bobs_relation.blocked_by
        assert not bobs_relation.blocking
        assert not (anns_relation.following)
        assert not (anns_relation.followed_by)
        assert await list_kinds(tx, ann) == []
        assert await list_kinds(tx, bob) == ["reblog"]
        assert await lists.list_accounts(tx, ann, row.id, None) == []
        assert [blocked_id for _, blocked_id in await blocks.list_blocked(tx, ann, PAGE)] == [bob.id]
        assert await blocks.list_blocked(tx, bob, PAGE) == []
    assert await list_home(database, ann) == []
    post = await publish(database, here, ann, "hi @bob")
    async with database.write() as tx:
        assert await list_kinds(tx, bob) == ["reblog"]
        with pytest.raises(NotFoundError):
            await likes.like(tx, here, bob, post)
        await blocks.unblock(tx, ann, bob)
        await blocks.unblock(tx, ann, bob)
        assert not (await relations.load(tx, ann.id, [bob.id]))[0].blocking
        await likes.like(tx, here, bob, post)
        assert await list_kinds(tx, ann) == ["favourite"]
        with pytest.raises(ForbiddenError):
            await blocks.block(tx, here, ann, ann)


async def test_block_of_a_remote_account_notifies_its_peer(database: Database, here: NodeContext) -> None:
    ann, fay = await create_accounts(database, here, "ann", "fay@beta.test")
    await establish_follow(database, here, ann, fay)
    async with database.write() as tx:
        await follows.receive(tx, fay, ann, f"{fay.uri}#f")
        await blocks.block(tx, here, ann, fay)
        await blocks.unblock(tx, ann, fay)
        (block,) = await list_jobs(tx, jobs.Block)
        assert isinstance(block, jobs.Block)
        assert await list_jobs(tx, jobs.UndoBlock) == [jobs.UndoBlock(ann.id, fay.id, block.uri)]
        assert len(await list_jobs(tx, jobs.UndoFollow)) == 1
        assert jobs.AnswerFollow(ann.id, fay.id, f"{fay.uri}#f", False) in await list_jobs(
            tx, jobs.AnswerFollow
        )


async def test_block_by_a_remote_account_is_enforced(database: Database, here: NodeContext) -> None:
    ann, fay, eve = await create_accounts(database, here, "ann", "fay@beta.test", "eve@beta.test")
    await establish_follow(database, here, ann, fay)
    async with database.write() as tx:
        await blocks.receive(tx, fay, ann, f"{fay.uri}#b")
        relation = (await relations.load(tx, ann.id, [fay.id]))[0]
        assert relation.blocked_by
        assert not relation.following
        with pytest.raises(ForbiddenError):
            await follows.follow(tx, here, ann, fay)
        await blocks.receive(tx, eve, fay, f"{eve.uri}#b")
        assert not (await relations.load(tx, eve.id, [fay.id]))[0].blocking
        assert not await blocks.receive_undo(tx, eve, "", ann)
        assert await blocks.receive_undo(tx, fay, "", ann)
        assert not (await relations.load(tx, ann.id, [fay.id]))[0].blocked_by
        assert await list_jobs(tx, jobs.Block, jobs.UndoFollow) == []
