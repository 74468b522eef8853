"""Lists of posts: a post that several people boosted is shown once, with who they are."""

from __future__ import annotations

from fedserver.domain.posts import boosts
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor


async def test_post_that_several_boosted_is_shown_once(start: Start) -> None:
    node = await start("alpha.test")
    ann, *others = [await node.create_member(name) for name in ("ann", "bob", "carl", "dora")]
    post_id = await node.publish(ann, "Hello")
    visitor = await log_in_visitor(node, "ann")
    await visitor.fill_in("/lists", "title", title="All")
    path = (await visitor.open("/lists")).text.partition('href="/lists/')[2].partition('"')[0]
    for other in others:
        async with node.db.write() as tx:
            await boosts.boost(tx, node.site, other, post_id)
        await visitor.submit_action(f"/@{other.username}", f"/accounts/{other.id}/follow")
        await visitor.fill_in(f"/lists/{path}/edit", "handle", handle=other.username)
    page = (await visitor.open(f"/lists/{path}")).text.partition("<main")[2]
    assert page.count('<article class="post') == 1
    assert "<bdi>dora</bdi></a>, <a" in page
    assert "and 1 other</span>" in page
