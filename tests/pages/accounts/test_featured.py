"""What a member features on the profile: hashtags, people, pinned posts."""

from __future__ import annotations

from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.posts import pins
from fedserver.domain.relationships import follows
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

PATH = "/settings/featured"


async def test_hashtags_people_and_posts_are_featured_and_taken_back(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id = await node.publish(ann, "Moss on stones")
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.fill_in(PATH, "tag", tag="no tag")
    assert page.status == 422
    assert 'id="tag-problem"' in page.text
    page = await visitor.fill_in(page, "tag", tag="#Moss")
    async with node.db.read() as tx:
        [tag] = await featured_tags.list_by_account(tx, ann)
    assert tag.name == "Moss"

    page = await visitor.fill_in(PATH, "handle", handle="@bob")
    assert page.status == 422
    assert "You can feature only accounts that you follow." in page.text
    assert 'value="@bob"' in page.text
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, await accounts.get(tx, bob.id))
        await pins.pin(tx, ann, post_id)
    page = await visitor.fill_in(page, "handle", handle="@bob@alpha.test")
    assert f"{PATH}/people/{bob.id}/remove" in page.text
    assert "Moss on stones" in page.text

    for action in (
        f"{PATH}/tags/{tag.id}/remove",
        f"{PATH}/people/{bob.id}/remove",
        f"/posts/{post_id}/unpin",
    ):
        page = await visitor.submit_action(page, action)
        assert page.path == PATH
        assert action not in page.text


async def test_one_hashtag_too_many_is_refused_in_words(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    async with node.db.write() as tx:
        for number in range(featured_tags.MAX_TAGS):
            await featured_tags.add(tx, ann, f"tag{number}")
    page = await visitor.fill_in(PATH, "tag", tag="more")
    assert page.status == 422
    assert "Please remove one first." in page.text
