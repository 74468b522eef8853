"""Notifications on pages: grouped, filtered by kind, and marked as read."""

from __future__ import annotations

from fedserver.domain.posts import likes
from fedserver.domain.relationships import follows
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor


def main_of(text: str) -> str:
    return text.partition("<main")[2].partition("</main")[0]


async def test_likes_of_a_post_are_one_line_and_tabs_show_one_kind(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, carl = [await node.create_member(name) for name in ("ann", "bob", "carl")]
    dora = await node.create_member("dora")
    post_id = await node.publish(ann, "Hello")
    async with node.db.write() as tx:
        for member in (bob, carl, dora):
            await likes.like(tx, node.site, member, post_id)
        await follows.follow(tx, node.site, bob, ann)
    await node.publish(carl, "Hi @ann")
    await node.settle()
    visitor = await log_in_visitor(node, "ann")
    sentences = {
        "likes": "and 2 others liked your post",
        "follows": "followed you",
        "mentions": "mentioned you",
    }
    for show in sentences:
        page = main_of((await visitor.open(f"/notifications?show={show}")).text)
        assert [other for other, words in sentences.items() if words in page] == [show]
        assert page.count('class="notification unread"') == 1
    empty = await visitor.open("/notifications?show=posts")
    assert "You have no notifications of this kind." in empty.text
    mentions = await visitor.open("/notifications?show=mentions")
    marked = await visitor.submit_action(mentions, "/notifications/read")
    assert marked.path == "/notifications?show=mentions"
    assert "Everything up to here is marked as read." in marked.text
    assert "unread" not in main_of(marked.text)
    page = main_of((await visitor.open("/notifications")).text)
    assert all(words in page for words in sentences.values())
    assert page.count('class="notification') == 3
