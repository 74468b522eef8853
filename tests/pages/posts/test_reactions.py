"""Emoji reactions: given and taken back in the menu, below the post and on a page of their own."""

from __future__ import annotations

from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor
from tests.pages.posts.test_post_menus import load_state

IN_PLACE = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


async def test_reaction_is_given_and_taken_back(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id = await node.publish(bob, "Hello")
    path = f"/posts/{post_id}/reactions"
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.submit_action("/local", path, add="🎉")
    assert "You reacted to this post." in page.text
    assert '<button name="take_back" value="🎉" data-focus="react-🎉" aria-pressed="true">' in page.text
    assert (await load_state(node, ann, post_id)).reactions == (("🎉", ""),)
    seen = (await Visitor(node).open("/local")).text
    assert "<li><span>🎉 <span>1</span></span></li>" in seen
    token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    async with visitor.http.post(path, data={"csrf": token, "take_back": "🎉"}, headers=IN_PLACE) as answer:
        part = await answer.text()
    assert answer.status == 200
    assert "<html" not in part
    assert 'data-focus="react' not in part
    assert f'id="actions-{post_id}" hx-swap-oob="true"' in part
    assert (await load_state(node, ann, post_id)).reactions == ()


async def test_what_is_no_emoji_is_refused_at_its_field(start: Start) -> None:
    node = await start("alpha.test")
    bob = await node.create_member("bob")
    post_id = await node.publish(bob, "Hello")
    visitor = await log_in_visitor(node, "bob")
    path = f"/posts/{post_id}/reactions"
    shown = await visitor.open(path + "?next=/local")
    for wrong in ("thumbs", "<b>", "👍👍", " "):
        page = await visitor.fill_in(shown, "add", add=wrong)
        assert page.status == 422
        assert 'aria-invalid="true" aria-describedby="emoji-problem"' in page.text
    assert 'value="&lt;b&gt;"' in (await visitor.fill_in(shown, "add", add="<b>")).text
    done = await visitor.fill_in(shown, "add", add="👍")
    assert done.path == "/local"
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]
    async with visitor.http.post(path, data={"csrf": token, "add": "x"}, headers=IN_PLACE) as answer:
        assert answer.status == 422
        assert (await answer.text()).startswith("This is not an emoji")
