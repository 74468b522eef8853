"""The menu of a post: pin, mute the conversation, and what it offers to whom."""

from __future__ import annotations

import re

from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import ViewerState
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, ann, bob, await log_in_visitor(node, "ann")


async def load_state(node: TestNode, viewer: AccountRow, post_id: int) -> ViewerState:
    async with node.db.read() as tx:
        [view] = await post_views.load(tx, [post_id], viewer.id)
    assert view.viewer_state is not None
    return view.viewer_state


async def test_own_post_is_pinned_and_unpinned_where_one_was(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    post_id = await node.publish(ann, "Hello")
    for path in ("/local", f"/@ann/{post_id}"):
        shown = await visitor.open(path)
        assert f"/accounts/{ann.id}/block" not in shown.text
        pinned = await visitor.submit_action(shown, f"/posts/{post_id}/pin")
        assert pinned.path == path
        assert "The post is pinned to your profile." in pinned.text
        again = await visitor.submit_action(shown, f"/posts/{post_id}/pin")
        assert again.status == 200
        assert (await load_state(node, ann, post_id)).pinned
        undone = await visitor.submit_action(again, f"/posts/{post_id}/unpin")
        assert "The post is no longer pinned." in undone.text
        assert not (await load_state(node, ann, post_id)).pinned


async def test_pin_that_is_not_possible_says_why(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    ids = [await node.publish(ann, f"Number {number}") for number in range(6)]
    private = await node.publish(ann, "Hello @bob", visibility="direct")
    theirs = await node.publish(bob, "Theirs")
    page = await visitor.open(f"/@ann/{private}")
    assert f"/posts/{private}/pin" not in page.text
    assert f"/posts/{theirs}/pin" not in (await visitor.open("/local")).text
    for post_id in ids[:5]:
        await visitor.submit_action("/local", f"/posts/{post_id}/pin")
    full = await visitor.submit_action("/local", f"/posts/{ids[5]}/pin")
    assert full.status == 422
    assert "You have pinned as many posts as you can. Please unpin one first." in full.text
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    for post_id, status in ((private, 422), (theirs, 404)):
        async with visitor.http.post(
            f"/posts/{post_id}/pin", data={"csrf": token}, headers=headers
        ) as answer:
            assert answer.status == status


async def test_conversation_is_muted_and_unmuted(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    post_id = await node.publish(bob, "Hello")
    muted = await visitor.submit_action("/local", f"/posts/{post_id}/mute_thread")
    assert "You get no more notifications about this conversation." in muted.text
    assert (await load_state(node, ann, post_id)).muted
    assert "Unmute conversation" in muted.text
    page = await visitor.submit_action(muted, f"/posts/{post_id}/unmute_thread")
    assert not (await load_state(node, ann, post_id)).muted
    assert "You get notifications about this conversation again." in page.text


async def test_post_that_one_may_not_see_is_not_found(start: Start) -> None:
    node, _, bob, visitor = await begin(start)
    seen = await node.publish(bob, "Hello")
    hidden = await node.publish(bob, "Secret", visibility="followers")
    page = await visitor.open("/local")
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    for act in ("mute_thread", "unmute_thread", "bookmark", "like", "mute", "x"):
        async with visitor.http.post(
            f"/posts/{hidden}/{act}", data={"csrf": token}, headers=headers
        ) as answer:
            assert answer.status == 404, act
            assert "Secret" not in await answer.text()
    guest = Visitor(node)
    offered = (await guest.open("/local")).text
    assert f"/posts/{seen}/embed" in offered
    assert f"/posts/{seen}/mute_thread" not in offered
    async with guest.http.post(f"/posts/{seen}/mute_thread", data={}) as answer:
        assert answer.status == 401


async def test_bookmark_without_a_script_says_so_and_is_undone(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    post_id = await node.publish(bob, "Hello")
    page = await visitor.submit_action("/local", f"/posts/{post_id}/bookmark")
    assert "The post is in your bookmarks." in page.text
    await visitor.submit_action(page, f"/posts/{post_id}/unbookmark")
    assert not (await load_state(node, ann, post_id)).bookmarked
