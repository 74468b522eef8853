"""Two real nodes: what one has on top of its profile, the other shows."""

from __future__ import annotations

import pytest

from activitypub.activities import read_activity
from activitypub.document import Document
from fedserver.domain.accounts import featured_tags
from fedserver.domain.posts import pins
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.registry import apply, prepare
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode


async def say(node: TestNode, actor: AccountRow, kind: str, what: str | Document, target: str) -> None:
    """Process an activity as if signed by `actor`. Raise IgnoredError as the handler does."""
    activity = read_activity(
        {"type": kind, "id": f"{actor.uri}#a", "actor": actor.uri, "object": what, "target": target}
    )
    services = node.node.services
    item = await prepare(services.resolver, InboundActivity(site=node.site, activity=activity, actor=actor))
    async with node.db.write() as tx:
        await apply(tx, item)


async def test_featured_posts_and_tags_of_peers_are_shown(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, eve, bob = (
        await alpha.create_member("ann"),
        await alpha.create_member("eve"),
        await beta.create_member("bob"),
    )
    old = await alpha.publish(ann, "before anybody looked")
    older = await alpha.publish(ann, "pinned second")
    others = await alpha.publish(eve, "of somebody else")
    async with alpha.db.write() as tx:
        await pins.pin(tx, ann, old)
        await pins.pin(tx, ann, older)
        await featured_tags.add(tx, ann, "Fox")
    await settle(alpha, beta)
    remote = await beta.node.services.resolver.resolve_account("@ann@alpha.test")
    assert remote is not None
    path = f"/api/v1/accounts/{remote.id}/statuses"
    api, tags = Api(beta, await beta.create_token(bob)), f"/api/v1/accounts/{remote.id}/featured_tags"

    async def list_pinned() -> list[str]:
        return [status["uri"].rpartition("/")[2] for status in await api.get(path, pinned="true")]

    # Nothing is fetched for visitors; for a member once a day.
    assert await Api(beta).get(path, pinned="true") == []
    assert await beta.settle() == 0
    assert await list_pinned() == []
    await settle(beta)
    assert await list_pinned() == [str(older), str(old)]
    [tag] = await api.get(tags)
    assert (tag["name"], tag["url"]) == ("Fox", "https://beta.test/@ann@alpha.test/tagged/fox")
    assert await beta.settle() == 0

    # What changes comes by Add and Remove to those who follow; a tag once a day.
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    new = await alpha.publish(ann, "new")
    async with alpha.db.write() as tx:
        await pins.pin(tx, ann, new)
        await pins.unpin(tx, ann, old)
        await featured_tags.unfeature(tx, ann, "Fox")
    await settle(alpha, beta)
    assert await list_pinned() == [str(new), str(older)]
    fox, wolf = {"type": "Hashtag", "name": "#Fox"}, {"type": "Hashtag", "name": "#wolf"}
    await say(beta, remote, "Remove", fox, remote.featured_uri)
    await say(beta, remote, "Add", wolf, remote.featured_uri)
    assert [tag["name"] for tag in await api.get(tags)] == ["wolf"]

    # Not into other collections, not the posts of others, not in the name of another actor.
    remote_eve = await beta.node.services.resolver.resolve_account("@eve@alpha.test")
    assert remote_eve is not None
    link = alpha.site.links
    for actor, what, target in (
        (remote, link.note("ann", old), f"{remote.uri}/collections/other"),
        (remote, link.note("eve", others), remote.featured_uri),
        (remote_eve, link.note("ann", old), remote.featured_uri),
        (remote, link.note("ann", new), remote.featured_uri),  # it is there
        (remote, link.note("ann", 1), remote.featured_uri),
        (remote, "https://missing.test/notes/1", remote.featured_uri),
        (remote, {"type": "Hashtag", "name": "#no tag"}, remote.featured_uri),
    ):
        with pytest.raises(IgnoredError):
            await say(beta, actor, "Add", what, target)
    with pytest.raises(IgnoredError):
        await say(beta, remote_eve, "Remove", link.note("ann", new), remote.featured_uri)
    assert await list_pinned() == [str(new), str(older)]

    alpha.clock.forward(days=1)
    assert await list_pinned() == [str(new), str(older)]
    await settle(alpha, beta)
    assert await list_pinned() == [str(new), str(older)]
    assert await api.get(tags) == []


async def test_change_of_featured_tags_is_seen_soon_after_the_update_of_the_actor(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    remote = await beta.node.services.resolver.resolve_account("@ann@alpha.test")
    assert remote is not None
    api = Api(beta, await beta.create_token(bob))

    async def change(name: str) -> int:
        """Feature a tag, and return how often the peer asked for the collection."""
        async with alpha.db.write() as tx:
            await featured_tags.add(tx, ann, name)
        await settle(alpha, beta)
        return sum(path.endswith("/collections/tags") for path in alpha.requested_paths)

    async def list_tags() -> list[str]:
        return [tag["name"].lower() for tag in await api.get(f"/api/v1/accounts/{remote.id}/featured_tags")]

    assert await change("fox") == 0, "nobody has looked at it here"
    await api.get(f"/api/v1/accounts/{remote.id}/statuses", pinned="true")
    await settle(alpha, beta)
    assert await list_tags() == ["fox"]
    alpha.clock.forward(seconds=pins.MIN_INTERVAL_MS / 1000)
    assert await change("wolf") == 2
    assert sorted(await list_tags()) == ["fox", "wolf"]
    # Many changes in a row are read once, after a while.
    assert await change("bear") == await change("lynx") == 2
    alpha.clock.forward(seconds=pins.MIN_INTERVAL_MS / 1000)
    await settle(alpha, beta)
    assert sorted(await list_tags()) == ["bear", "fox", "lynx", "wolf"]
    assert sum(path.endswith("/collections/tags") for path in alpha.requested_paths) == 3
