"""Removal of accounts with their content and what it added to others."""

from __future__ import annotations

import pytest

from fedserver.domain.accounts import account_removal, accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import GoneError, InvalidError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import boosts, likes
from fedserver.domain.relationships import followers, follows
from fedserver.domain.timelines import visibility
from storage.engine import Database, Page
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from tests.domain.accounts.test_accounts import list_jobs
from tests.kit.people import (
    create_accounts,
    create_member,
    establish_follow,
    publish,
)


async def create_connected_accounts(
    database: Database, here: NodeContext, other: str
) -> tuple[AccountRow, AccountRow, int]:
    """Create `ann` with a post, and an account that likes, boosts, answers, follows and is followed."""
    ann, bob, eve = await create_accounts(database, here, "ann", other, "eve")
    await establish_follow(database, here, ann, bob)
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        post = await visibility.get(tx, post_id, None)
        if bob.domain:
            await follows.receive(tx, bob, ann, f"{bob.uri}#f")
            await likes.receive(tx, bob, f"{bob.uri}#l", post)
            await boosts.receive(tx, bob, f"{bob.uri}#b", post, "public", tx.now)
        else:
            await follows.follow(tx, here, bob, ann)
            await likes.like(tx, here, bob, post_id)
            await boosts.boost(tx, here, bob, post_id)
    if not bob.domain:
        answer = await publish(database, here, bob, "yes", in_reply_to_id=post_id)
        async with database.write() as tx:
            await boosts.boost(tx, here, eve, answer)
    return ann, bob, post_id


@pytest.mark.parametrize("other", ["bob", "bob@beta.test"])
async def test_removal_of_an_account_removes_its_content_and_counts(
    database: Database, here: NodeContext, other: str
) -> None:
    ann, bob, post_id = await create_connected_accounts(database, here, other)
    async with database.read() as tx:
        row = await accounts.get(tx, ann.id)
        assert (row.followers_count, row.following_count) == (1, 1)
        before = await visibility.get(tx, post_id, None)
        assert (before.likes_count, before.boosts_count) == (1, 1)
        assert before.replies_count == (0 if bob.domain else 1)
    async with database.write() as tx:
        if bob.domain:
            await account_removal.delete_remote(tx, bob)
            with pytest.raises(NotFoundError):
                await accounts.get(tx, bob.id)
        else:
            await account_removal.delete_local(tx, bob)
            await account_removal.delete_local(tx, bob)
            with pytest.raises(GoneError):
                await accounts.get_local(tx, "bob")
            with pytest.raises(InvalidError):
                await create_member(tx, here, "Bob")
            assert await list_jobs(tx, jobs.DeleteAccount) == [jobs.DeleteAccount(bob.id)]
    async with database.read() as tx:
        row = await accounts.get(tx, ann.id)
        assert (row.followers_count, row.following_count) == (0, 0)
        after = await visibility.get(tx, post_id, None)
        assert (after.likes_count, after.boosts_count, after.replies_count) == (0, 0, 0)
        assert (await notification_views.list_by_account(tx, ann, Page()))[0] == []
        assert await followers.list_followers(tx, ann, None, Page()) == []
        assert await followers.list_following(tx, ann, None, Page()) == []
        assert await post_queries.find(tx, post_id) is not None


async def test_local_accounts_are_not_removed_as_remote_ones(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        await account_removal.delete_remote(tx, ann)
        assert await accounts.get(tx, ann.id) == ann
