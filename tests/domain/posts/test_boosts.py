"""Boosts that peers announce."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import boosts
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import visibility
from storage.engine import Database
from storage.queries.posts import posts as post_queries
from tests.kit.people import create_accounts, publish


@pytest.mark.parametrize(
    ("seen_as", "is_boosted"), [("public", True), ("unlisted", True), ("followers", False), ("direct", False)]
)
async def test_boost_by_someone_who_may_read_a_post_counts_only_if_the_post_is_open_to_all(
    database: Database, here: NodeContext, seen_as: str, is_boosted: bool
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    async with database.write() as tx:
        await follows.receive(tx, bob, ann, f"{bob.uri}#follow")
    post_id = await publish(database, here, ann, "hello @bob@beta.test", visibility=seen_as)
    async with database.write() as tx:
        assert await visibility.can_see(tx, post_id, bob.id)
        post = await visibility.get(tx, post_id, bob.id)
        await boosts.receive(tx, bob, f"{bob.uri}#boost", post, "public", tx.now)
        boost = await post_queries.find_boost(tx, bob.id, post_id)
    assert (boost is not None) is is_boosted
