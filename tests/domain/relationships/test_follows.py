"""Follows: requests, answers of their targets, and their effects."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fedserver.domain.accounts import accounts, relations
from fedserver.domain.accounts.accounts import ProfileChange
from fedserver.domain.accounts.relations import Relation
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.relationships import blocks, followers, follows
from fedserver.domain.timelines import timelines
from storage.engine import Database, Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from storage.tables.kernel import tasks as table
from tests.kit.people import create_accounts, establish_follow, publish

PAGE = Page()


async def list_jobs(tx: ReadTx, *kinds: type[jobs.Job]) -> list[jobs.Job]:
    payloads = await tx.values(select(table.c.payload).order_by(table.c.id))
    return [task for task in map(jobs.decode, payloads) if isinstance(task, kinds)]


async def load_relation(tx: ReadTx, actor: AccountRow, other: AccountRow) -> Relation:
    return (await relations.load(tx, actor.id, [other.id]))[0]


async def list_kinds(tx: Tx, account: AccountRow) -> list[str]:
    return [view.row.kind for view in (await notification_views.list_by_account(tx, account, PAGE))[0]]


async def load_counts(tx: ReadTx, account: AccountRow) -> tuple[int, int]:
    row = await accounts.get(tx, account.id)
    return row.followers_count, row.following_count


async def lock_account(tx: Tx, here: NodeContext, account: AccountRow) -> AccountRow:
    return await accounts.update_profile(tx, here, account, ProfileChange(locked=True))


async def test_follow_and_unfollow_change_counts_home_and_notifications(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, bob, "before")
    async with database.write() as tx:
        for _ in range(2):
            await follows.follow(tx, here, ann, bob)
        assert (await load_relation(tx, ann, bob)).following
        assert (await load_relation(tx, bob, ann)).followed_by
        assert await load_counts(tx, ann) == (0, 1)
        assert await load_counts(tx, bob) == (1, 0)
        assert await list_kinds(tx, bob) == ["follow"]
        assert await timelines.list_home(tx, ann.id, PAGE) == [post_id]
        assert [account_id for _, account_id in await followers.list_followers(tx, bob, None, PAGE)] == [
            ann.id
        ]
        assert [account_id for _, account_id in await followers.list_following(tx, ann, None, PAGE)] == [
            bob.id
        ]
        for _ in range(2):
            await follows.unfollow(tx, here, ann, bob)
        assert not (await load_relation(tx, ann, bob)).following
        assert await load_counts(tx, ann) == (0, 0) == await load_counts(tx, bob)
        assert await list_kinds(tx, bob) == []
        assert await timelines.list_home(tx, ann.id, PAGE) == []
        await follows.follow(tx, here, ann, bob)
        assert await list_kinds(tx, bob) == ["follow"]


async def test_options_of_a_follow_can_be_changed(database: Database, here: NodeContext) -> None:
    ann, bob, fay = await create_accounts(database, here, "ann", "bob", "fay@beta.test")
    async with database.write() as tx:
        for other in (bob, fay):
            await follows.follow(tx, here, ann, other)
            await follows.follow(tx, here, ann, other, shows_boosts=False, notifies=True, languages=["de"])
            await follows.follow(tx, here, ann, other)
        await follows.receive_answer(tx, fay, ann.id, None, accepted=True)
        for other in (bob, fay):
            relation = await load_relation(tx, ann, other)
            assert relation.following
            assert relation.notifying
            assert not relation.showing_boosts
            assert relation.languages == ("de",)


async def test_follow_of_oneself_blocked_or_suspended_accounts_is_refused(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    async with database.write() as tx:
        with pytest.raises(ForbiddenError):
            await follows.follow(tx, here, ann, ann)
        await blocks.block(tx, here, bob, ann)
        for account, other in ((ann, bob), (bob, ann)):
            with pytest.raises(ForbiddenError):
                await follows.follow(tx, here, account, other)
        await account_queries.set_limits(tx, eve.id, suspended_at=1, silenced_at=None)
        with pytest.raises(NotFoundError):
            await follows.follow(tx, here, ann, await accounts.get(tx, eve.id))


async def test_follow_of_a_locked_account_is_a_request(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, bob, "x", visibility="followers")
    async with database.write() as tx:
        bob = await lock_account(tx, here, bob)
        await follows.follow(tx, here, ann, bob)
        await follows.follow(tx, here, eve, bob)
        relation = await load_relation(tx, ann, bob)
        assert relation.requested
        assert not relation.following
        assert (await load_relation(tx, bob, ann)).requested_by
        assert await list_kinds(tx, bob) == ["follow_request", "follow_request"]
        assert [account_id for _, account_id in await followers.list_requests(tx, bob, PAGE)] == [
            eve.id,
            ann.id,
        ]
        for wrong in (
            follows.accept_request(tx, eve, ann.id),
            follows.reject_request(tx, ann, bob.id),
            follows.accept_request(tx, bob, bob.id),
        ):
            with pytest.raises(NotFoundError):
                await wrong
        await follows.accept_request(tx, bob, ann.id)
        await follows.reject_request(tx, bob, eve.id)
        assert (await load_relation(tx, ann, bob)).following
        assert not (await load_relation(tx, ann, bob)).requested
        assert not (await load_relation(tx, eve, bob)).requested
        assert await list_kinds(tx, bob) == ["follow"]
        assert await load_counts(tx, bob) == (1, 0)
        assert await timelines.list_home(tx, ann.id, PAGE) == [post_id]
        assert await list_jobs(tx, jobs.Follow, jobs.AnswerFollow) == []


async def test_follow_of_a_remote_account_is_answered_by_it_only(
    database: Database, here: NodeContext
) -> None:
    ann, bob, fay, eve = await create_accounts(
        database, here, "ann", "bob", "fay@beta.test", "eve@gamma.test"
    )
    async with database.write() as tx:
        await follows.follow(tx, here, ann, fay)
        (request,) = await list_jobs(tx, jobs.Follow)
        assert isinstance(request, jobs.Follow)
        assert request.target_id == fay.id
        assert not await follows.receive_answer(tx, eve, ann.id, request.uri, accepted=True)
        assert not await follows.receive_answer(tx, fay, bob.id, None, accepted=True)
        assert not await follows.receive_answer(tx, fay, ann.id, "https://x.test/1", accepted=True)
        assert (await load_relation(tx, ann, fay)).requested
        assert not (await load_relation(tx, ann, fay)).following
        assert await follows.receive_answer(tx, fay, ann.id, request.uri, accepted=True)
        assert (await load_relation(tx, ann, fay)).following
        assert await load_counts(tx, ann) == (0, 1)
        assert not await follows.receive_answer(tx, eve, ann.id, request.uri, accepted=False)
        assert (await load_relation(tx, ann, fay)).following
        assert await follows.receive_answer(tx, fay, ann.id, request.uri, accepted=False)
        assert not (await load_relation(tx, ann, fay)).following
        assert await load_counts(tx, ann) == (0, 0)
        assert not await follows.receive_answer(tx, fay, ann.id, request.uri, accepted=True)


async def test_withdrawn_follow_is_undone_at_the_peer(database: Database, here: NodeContext) -> None:
    ann, fay = await create_accounts(database, here, "ann", "fay@beta.test")
    async with database.write() as tx:
        for answered in (False, True):
            await follows.follow(tx, here, ann, fay)
            if answered:
                await follows.receive_answer(tx, fay, ann.id, None, accepted=True)
            await follows.unfollow(tx, here, ann, fay)
            assert not (await load_relation(tx, ann, fay)).requested
        first, second = await list_jobs(tx, jobs.Follow)
        undone = await list_jobs(tx, jobs.UndoFollow)
        assert isinstance(first, jobs.Follow)
        assert isinstance(second, jobs.Follow)
        assert undone == [jobs.UndoFollow(ann.id, fay.id, job.uri) for job in (first, second)]


async def test_follow_by_a_remote_account_is_accepted_or_kept_as_request(
    database: Database, here: NodeContext
) -> None:
    ann, bob, fay = await create_accounts(database, here, "ann", "bob", "fay@beta.test")
    uri = f"{fay.uri}#f1"
    async with database.write() as tx:
        bob = await lock_account(tx, here, bob)
        for _ in range(2):
            await follows.receive(tx, fay, ann, uri)
        assert await list_jobs(tx, jobs.AnswerFollow) == [jobs.AnswerFollow(ann.id, fay.id, uri, True)] * 2
        assert await load_counts(tx, ann) == (1, 0)
        assert await list_kinds(tx, ann) == ["follow"]
        await follows.receive(tx, fay, bob, f"{fay.uri}#f2")
        assert await list_kinds(tx, bob) == ["follow_request"]
        await follows.accept_request(tx, bob, fay.id)
        await follows.remove_follower(tx, ann, fay.id)
        assert (await list_jobs(tx, jobs.AnswerFollow))[2:] == [
            jobs.AnswerFollow(bob.id, fay.id, f"{fay.uri}#f2", True),
            jobs.AnswerFollow(ann.id, fay.id, uri, False),
        ]
        assert await load_counts(tx, ann) == (0, 0)
        assert await list_kinds(tx, ann) == []
        assert await follows.receive_undo(tx, fay, bob.id)
        assert not await follows.receive_undo(tx, fay, bob.id)
        assert await load_counts(tx, bob) == (0, 0)


async def test_follow_by_blocked_account_is_rejected_and_by_limited_account_is_a_request(
    database: Database, here: NodeContext
) -> None:
    ann, fay, eve = await create_accounts(database, here, "ann", "fay@beta.test", "eve@gamma.test")
    async with database.write() as tx:
        await blocks.block(tx, here, ann, fay)
        await follows.receive(tx, fay, ann, f"{fay.uri}#f")
        assert await list_jobs(tx, jobs.AnswerFollow) == [
            jobs.AnswerFollow(ann.id, fay.id, f"{fay.uri}#f", False)
        ]
        await account_queries.set_limits(tx, eve.id, suspended_at=None, silenced_at=1)
        await follows.receive(tx, await accounts.get(tx, eve.id), ann, f"{eve.uri}#f")
        assert (await load_relation(tx, ann, eve)).requested_by
        assert await load_counts(tx, ann) == (0, 0)


async def test_relations_are_loaded_in_order_with_one_statement(
    database: Database, here: NodeContext
) -> None:
    ann, bob, fay = await create_accounts(database, here, "ann", "bob", "fay@beta.test")
    await establish_follow(database, here, ann, fay)
    async with database.read() as tx:
        loaded = await relations.load(tx, ann.id, [fay.id, 12345, bob.id, fay.id])
        assert [relation.id for relation in loaded] == [fay.id, bob.id]
        assert tx.statement_count == 1
        assert [relation.following for relation in loaded] == [True, False]
        assert await relations.load(tx, ann.id, []) == []
