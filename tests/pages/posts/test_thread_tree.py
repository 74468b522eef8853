"""Threads on pages: nested and bounded, with one's place marked and a way to what is left out."""

from __future__ import annotations

import re

from fedserver.domain.posts import likes
from fedserver.pages.posts import thread_tree
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


async def test_replies_are_indented_below_what_they_answer(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    top = await node.publish(ann, "Top")
    chain = [top]
    for number in range(thread_tree.MAX_DEPTH + 4):
        chain.append(await node.publish(bob, f"Step {number}", in_reply_to_id=chain[-1]))
    side = await node.publish(ann, "Side", in_reply_to_id=top)
    guest = Visitor(node)
    page = (await guest.open(f"/@ann/{top}")).text
    shown = re.findall(r'class="reply depth-(\d)"><article class="post " id="post-(\d+)"', page)
    expected = [(str(depth), str(chain[depth + 1])) for depth in range(thread_tree.MAX_DEPTH + 1)]
    assert shown == [*expected, ("0", str(side))]
    last = chain[thread_tree.MAX_DEPTH + 1]
    assert f'href="/@bob/{last}">Show 3 more replies</a>' in page
    deeper = (await guest.open(f"/@bob/{last}")).text
    assert f'id="post-{last}" aria-current="true"' in deeper
    assert deeper.count('class="reply depth-') == 3
    assert deeper.index(f'id="post-{chain[1]}"') < deeper.index("aria-current")


async def test_long_thread_is_shown_page_by_page(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    top = await node.publish(ann, "Top", kind="Article", title="Lamp")
    async with node.db.write() as tx:
        await likes.like(tx, node.site, bob, top)
    for number in range(thread_tree.REPLIES_A_PAGE + 5):
        await node.publish(ann, f"Reply {number}.", in_reply_to_id=top)
    member = await log_in_visitor(node, "bob")
    page = await member.open("/@ann/lamp")
    assert page.text.count('class="reply depth-0"') == thread_tree.REPLIES_A_PAGE
    assert "Helpful to 1 person" in page.text
    more = re.search(r'href="([^"]+\?offset=\d+)">Show more replies', page.text)
    assert more is not None
    rest = (await member.open(more[1])).text
    assert rest.count('class="reply depth-0"') == 5
    assert "Show more replies" not in rest
