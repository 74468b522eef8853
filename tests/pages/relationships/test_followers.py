"""Followers and followed accounts in the settings."""

from __future__ import annotations

from fedserver.domain.accounts import accounts, relations
from fedserver.domain.relationships import follows
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

PATH = "/settings/follows"


async def test_follower_is_removed_after_a_question(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    assert "Nobody follows you yet." in (await visitor.open(PATH)).text
    assert "You do not follow anyone yet." in (await visitor.open(f"{PATH}?show=following")).text
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, bob, await accounts.get(tx, ann.id))
        await follows.follow(tx, node.site, ann, await accounts.get(tx, bob.id))
    page = await visitor.submit_action(PATH, f"/accounts/{bob.id}/remove_follower")
    assert page.path == PATH
    assert "This account no longer follows you." in page.text
    async with node.db.read() as tx:
        [relation] = await relations.load(tx, ann.id, [bob.id])
    assert (relation.followed_by, relation.following) == (False, True)
    page = await visitor.submit_action(f"{PATH}?show=following", f"/accounts/{bob.id}/unfollow")
    assert page.path == f"{PATH}?show=following"
    assert "@bob<" not in page.text
