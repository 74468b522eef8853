"""Followed hashtags in the settings."""

from __future__ import annotations

from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

PATH = "/settings/tags"


async def test_hashtag_is_followed_and_unfollowed(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    assert "You do not follow a hashtag yet." in (await visitor.open(PATH)).text
    page = await visitor.fill_in(PATH, "tag", tag="two words")
    assert page.status == 422
    assert 'id="tag-problem"' in page.text
    assert 'value="two words"' in page.text
    page = await visitor.fill_in(page, "tag", tag="#Straße")
    assert "#<bdi>Straße</bdi>" in page.text
    page = await visitor.fill_in(page, "tag", tag="straße")
    assert page.text.count("/unfollow") == 1
    action = "/tags/" + page.text.partition('action="/tags/')[2].partition('"')[0]
    page = await visitor.submit_action(page, action)
    assert "/unfollow" not in page.text
