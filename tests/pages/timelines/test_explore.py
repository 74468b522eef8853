"""Explore: what rises here and whom to follow, with a way on from each empty tab."""

from __future__ import annotations

import pytest

from fedserver.domain.posts import likes
from fedserver.domain.timelines import trends
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


@pytest.mark.parametrize("tab", ["posts", "links", "tags", "people"])
async def test_empty_tab_leads_on(start: Start, tab: str) -> None:
    node = await start("alpha.test")
    for visitor in (Visitor(node),):
        page = await visitor.open(f"/explore?tab={tab}")
        assert page.status == 200
        assert '<a role="button" href="/' in page.text.partition('<article class="notice">')[2]
    assert (await Visitor(node).open("/explore?tab=nonsense")).status == 422


async def test_tabs_show_what_rises_and_whom_to_follow(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob, carl = [await node.create_member(name) for name in ("ann", "bob", "carl")]
    post_id = await node.publish(ann, "A lamp #lamp")
    for member in (bob, carl):
        await node.publish(member, "Mine too #lamp")
        async with node.db.write() as tx:
            await likes.like(tx, node.site, member, post_id)
    async with node.db.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=2))
        await trends.save(tx, await trends.compute(tx))
    guest, member = Visitor(node), await log_in_visitor(node, "bob")
    for visitor in (guest, member):
        assert f'id="post-{post_id}"' in (await visitor.open("/explore")).text
        tags = (await visitor.open("/explore?tab=tags")).text
        assert "<bdi>#lamp</bdi>" in tags
        assert "In 3 posts this week" in tags
    people = await member.open("/explore?tab=people")
    assert f"/accounts/{bob.id}/follow" not in people.text
    followed = await member.submit_action(people, f"/accounts/{ann.id}/follow")
    assert followed.path == "/explore?tab=people"
    assert f"/accounts/{ann.id}/unfollow" in followed.text
    assert "/follow" not in (await guest.open("/explore?tab=people")).text.partition("<main")[2]
