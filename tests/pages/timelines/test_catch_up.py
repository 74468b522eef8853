"""Catching up: bounded, each post once, and remembered until where one has read."""

from __future__ import annotations

from fedserver.domain.posts import boosts, likes
from fedserver.domain.relationships import follows
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor


def main_of(text: str) -> str:
    return text.partition("<main")[2].partition("</main")[0]


async def test_catch_up_shows_what_helped_and_ends(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, carl = [await node.create_member(name) for name in ("ann", "bob", "carl")]
    async with node.db.write() as tx:
        for other in (bob, carl):
            await follows.follow(tx, node.site, ann, other)
    plain, liked = await node.publish(bob, "Plain"), await node.publish(bob, "Liked")
    first = await node.publish(bob, "Hi @ann")
    await node.publish(bob, "And again @ann", in_reply_to_id=first)
    async with node.db.write() as tx:
        await likes.like(tx, node.site, carl, liked)
        await boosts.boost(tx, node.site, carl, liked)
    await node.settle()
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.open("/catch-up")
    text = main_of(page.text)
    assert text.count(f'id="post-{liked}"') == 1
    assert text.index(f'id="post-{liked}"') < text.index(f'id="post-{plain}"')
    assert "2 mentions in this conversation" in text
    assert "4 posts" in text
    done = await visitor.submit_action(page, "/catch-up")
    assert done.path == "/home"
    assert "You are up to date." in done.text
    assert "Nothing new since then." in main_of((await visitor.open("/catch-up")).text)
    assert f'id="post-{liked}"' in main_of((await visitor.open("/catch-up?since=week")).text)
    node.clock.forward(hours=1)
    later = await node.publish(bob, "Later")
    await node.settle()
    shown = await visitor.open("/catch-up")
    assert f'id="post-{later}"' in main_of(shown.text)
    assert f'id="post-{liked}"' not in main_of(shown.text)
    await visitor.submit_action(page, "/catch-up")  # an old form does not go back
    future = await visitor.submit_action(shown, "/catch-up", until=str(2**62))
    assert future.path == "/home"
    node.clock.forward(hours=1)
    newest = await node.publish(bob, "Newest")
    await node.settle()
    assert f'id="post-{newest}"' in main_of((await visitor.open("/catch-up")).text)
