"""Threads as one viewer sees them: without accounts that they hide, and the branches of these."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.posts import remote_posts
from fedserver.domain.relationships import blocks, domain_mutes, mutes
from fedserver.domain.timelines import post_views, timelines
from storage.engine import Database
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish
from tests.kit.remote_posts import build_remote_post


async def load_thread(
    database: Database, post_id: int, viewer: AccountRow | None
) -> tuple[list[int], list[int]]:
    viewer_id = viewer.id if viewer is not None else None
    async with database.read() as tx:
        above, below = await timelines.load_thread(tx, post_id, viewer_id)
        thread = await post_views.load_thread(tx, post_id, above, below, viewer_id)
    assert thread.post.post.id == post_id
    return [view.post.id for view in thread.above], [view.post.id for view in thread.below]


@pytest.mark.parametrize("how", ["block", "mute", "mute but notify", "domain", "blocked by", "limit"])
async def test_load_thread_leaves_out_hidden_accounts_and_their_branches(
    database: Database, here: NodeContext, how: str
) -> None:
    ann, tom, sam = await create_accounts(database, here, "ann", "tom", "sam@sub.beta.test")
    root = await publish(database, here, ann, "root")
    async with database.write() as tx:
        remote = build_remote_post(f"{sam.uri}/1", sam.uri, in_reply_to=f"{ann.uri}/statuses/{root}")
        hidden = await remote_posts.receive(tx, sam, remote)
        assert hidden is not None
        assert hidden.in_reply_to_id == root
    below = await publish(database, here, tom, "below", in_reply_to_id=hidden.id)
    own = await publish(database, here, ann, "own", in_reply_to_id=hidden.id)
    under_own = await publish(database, here, tom, "under my own", in_reply_to_id=own)
    beside = await publish(database, here, tom, "beside", in_reply_to_id=root)
    everything = [hidden.id, below, own, under_own, beside]
    assert await load_thread(database, root, ann) == ([], everything)
    async with database.write() as tx:
        if how == "block":
            await blocks.block(tx, here, ann, sam)
        elif how == "domain":
            await domain_mutes.add(tx, here, ann, "beta.test")
        elif how == "blocked by":
            await blocks.receive(tx, sam, ann, f"{sam.uri}#b")
        elif how == "limit":
            await moderation.apply(tx, here, None, sam.id, ModerationAction("silence"))
        else:
            await mutes.mute(tx, ann, sam, hides_notifications=how == "mute")
    # Who blocks the viewer is out of sight as a private post is: its branch stays.
    shown = [below, own, under_own, beside] if how == "blocked by" else [own, under_own, beside]
    assert await load_thread(database, root, ann) == ([], shown)
    assert (await load_thread(database, below, ann))[0] == [root]
    for_tom = [below, under_own, beside] if how == "limit" else everything
    assert [post_id for post_id in (await load_thread(database, root, tom))[1] if post_id != own] == [
        post_id for post_id in for_tom if post_id != own
    ]


async def test_load_thread_shows_limited_accounts_to_followers(database: Database, here: NodeContext) -> None:
    ann, tom, sam = await create_accounts(database, here, "ann", "tom", "sam")
    await establish_follow(database, here, tom, sam)
    root = await publish(database, here, ann, "root")
    reply = await publish(database, here, sam, "reply", in_reply_to_id=root)
    async with database.write() as tx:
        await moderation.apply(tx, here, None, sam.id, ModerationAction("silence"))
    for viewer, shown in ((ann, []), (tom, [reply]), (sam, [reply]), (None, [])):
        assert await load_thread(database, root, viewer) == ([], shown)


async def test_load_thread_of_a_hidden_account_shows_the_post_itself(
    database: Database, here: NodeContext
) -> None:
    ann, sam = await create_accounts(database, here, "ann", "sam")
    post_id = await publish(database, here, sam, "hello")
    async with database.write() as tx:
        await mutes.mute(tx, ann, sam)
    assert await load_thread(database, post_id, ann) == ([], [])
    async with database.write() as tx:
        await blocks.block(tx, here, sam, ann)
    with pytest.raises(NotFoundError):
        await load_thread(database, post_id, ann)
