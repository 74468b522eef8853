"""Deleting a post: asked first, undone for ten seconds, and done by a job that survives the process."""

from __future__ import annotations

from fedserver.domain.posts import post_removal
from storage.queries.posts import posts as post_queries
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor


async def exists(node: TestNode, post_id: int) -> bool:
    async with node.db.read() as tx:
        return await post_queries.find(tx, post_id) is not None


async def delete_from(visitor: Visitor, path: str, post_id: int) -> VisitedPage:
    return await visitor.submit_action(path, f"/posts/{post_id}/delete")


async def test_deletion_is_undone_and_the_post_stays(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    visitor = await log_in_visitor(node, "ann")
    page = await delete_from(visitor, "/local", post_id)
    assert page.path == "/local"
    assert "The post will be deleted in 10 seconds." in page.text
    await node.settle()
    assert await exists(node, post_id)
    kept = await visitor.submit_action(page, f"/posts/{post_id}/keep")
    assert "The post stays." in kept.text
    node.clock.now += post_removal.UNDO_MS
    await node.settle()
    assert await exists(node, post_id)


async def test_deletion_is_done_when_the_time_is_over(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    visitor = await log_in_visitor(node, "ann")
    page = await delete_from(visitor, f"/@ann/{post_id}", post_id)
    assert page.path == "/@ann"  # its own page is about to end
    again = await delete_from(visitor, "/local", post_id)
    assert again.status == 200
    node.clock.now += post_removal.UNDO_MS
    await node.settle()
    assert not await exists(node, post_id)
    late = await visitor.submit_action(page, f"/posts/{post_id}/keep")
    assert "It was too late to undo this: the post is deleted." in late.text


async def test_post_of_another_is_neither_deleted_nor_kept(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id, own_id = await node.publish(bob, "Hello"), await node.publish(ann, "Mine")
    ann_page, bob_page = await log_in_visitor(node, "ann"), await log_in_visitor(node, "bob")
    form = await ann_page.open("/local")
    forged = form.text.replace(f"/posts/{own_id}/delete", f"/posts/{post_id}/delete")
    refused = await ann_page.submit_action(VisitedPage(200, "/local", forged), f"/posts/{post_id}/delete")
    assert refused.status == 404
    deleted = await delete_from(bob_page, "/local", post_id)
    stolen = deleted.text
    token = form.text.partition('name="csrf" value="')[2].partition('"')[0]
    stolen = stolen.replace(stolen.partition('name="csrf" value="')[2].partition('"')[0], token)
    await ann_page.submit_action(VisitedPage(200, "/local", stolen), f"/posts/{post_id}/keep")
    node.clock.now += post_removal.UNDO_MS
    await node.settle()
    assert not await exists(node, post_id)
