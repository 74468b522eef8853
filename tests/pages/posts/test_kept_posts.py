"""Posts on pages are kept as HTML: a change is seen at once, and nobody sees what is for another."""

from __future__ import annotations

import re

from fedserver.domain.relationships import blocks
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor


def cut_post(page: VisitedPage, post_id: int) -> str:
    """Return the HTML of one post of a page, '' without it."""
    return page.text.partition(f'id="post-{post_id}"')[2].partition("</article>")[0]


async def open_twice(visitor: Visitor, post_id: int, path: str = "/local") -> str:
    """Return the post as it is shown when the page was shown before."""
    await visitor.open(path)
    return cut_post(await visitor.open(path), post_id)


async def test_changes_of_a_post_and_its_author_are_seen_at_once(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id = await node.publish(ann, "First words")
    api, guest = Api(node, await node.create_token(ann)), Visitor(node)
    reader = await log_in_visitor(node, "bob")
    for visitor in (reader, guest):
        assert "First words" in await open_twice(visitor, post_id)
    await api.put(f"/api/v1/statuses/{post_id}", status="Second words")
    for visitor in (reader, guest):
        shown = await open_twice(visitor, post_id)
        assert "Second words" in shown
        assert "First" not in shown
    await api.patch("/api/v1/accounts/update_credentials", display_name="Ann Other")
    for visitor in (reader, guest):
        assert "Ann Other" in await open_twice(visitor, post_id)
    reply_id = await node.publish(ann, "A reply", in_reply_to_id=post_id)
    assert await open_twice(reader, reply_id, f"/@ann/{post_id}")
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, bob, ann)
    assert not await open_twice(reader, post_id)
    assert await open_twice(guest, post_id)
    await api.delete(f"/api/v1/statuses/{post_id}")
    assert not await open_twice(guest, post_id)


async def test_what_a_reader_did_and_chose_is_for_that_reader(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("bob")
    post_id = await node.publish(ann, "Words", summary="Careful", sensitive=True)
    author, reader, guest = (
        await log_in_visitor(node, "ann"),
        await log_in_visitor(node, "bob"),
        Visitor(node),
    )
    assert f"/posts/{post_id}/delete" in await open_twice(author, post_id)
    assert f"/posts/{post_id}/delete" not in await open_twice(reader, post_id)
    # The form of a page that was kept has a token of its own, and works.
    await reader.submit_action("/local", f"/posts/{post_id}/like")
    assert f"/posts/{post_id}/unlike" in await open_twice(reader, post_id)
    for visitor in (author, guest):
        shown = await open_twice(visitor, post_id)
        assert "/unlike" not in shown
        assert "<span>1</span>" in shown
    assert 'name="csrf"' not in await open_twice(guest, post_id)
    other = Visitor(node)
    for visitor in (reader, guest):
        await visitor.submit_action("/local", "/locale", locale="de")
        assert "Antworten" in await open_twice(visitor, post_id)
    for visitor in (author, other):
        assert "Antworten" not in await open_twice(visitor, post_id)


async def test_tokens_of_forms_differ_from_page_to_page(start: Start) -> None:
    node = await start("alpha.test")
    post_id = await node.publish(await node.create_member("ann"), "Words")
    visitor = await log_in_visitor(node, "ann")
    tokens = []
    for _ in range(3):
        page = await visitor.open("/local")
        [token] = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
        assert token in cut_post(page, post_id)
        tokens.append(token)
    assert len(set(tokens)) == 3


async def test_age_of_a_post_goes_on(start: Start) -> None:
    node = await start("alpha.test")
    post_id = await node.publish(await node.create_member("ann"), "Words")
    guest = Visitor(node)
    assert "just now" in await open_twice(guest, post_id)
    node.clock.forward(seconds=1200)
    assert "20 min" in await open_twice(guest, post_id)
    node.clock.forward(hours=30)
    assert "1 day" in await open_twice(guest, post_id)
