"""Two real nodes: an account moves from one to the other, and who stood to it how goes along."""

from __future__ import annotations

import pytest

from activitypub.activities import read_activity
from fedserver.domain.accounts import accounts, relations
from fedserver.domain.relationships import blocks, follows, lists, mutes
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.registry import apply, prepare
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.visitors import Visitor

MOVE = "/api/v1/accounts/move"


async def relation(node: TestNode, who: AccountRow, other: AccountRow) -> relations.Relation:
    async with node.db.read() as tx:
        return (await relations.load(tx, who.id, [other.id]))[0]


async def row(node: TestNode, account_id: int) -> AccountRow:
    async with node.db.read() as tx:
        return await accounts.get(tx, account_id)


async def say(node: TestNode, actor: AccountRow, old: str, new: str) -> None:
    """Process a Move as if signed by `actor`. Raise IgnoredError as the handler does."""
    activity = read_activity(
        {"type": "Move", "id": f"{actor.uri}#m", "actor": actor.uri, "object": old, "target": new}
    )
    services = node.node.services
    item = await prepare(services.resolver, InboundActivity(site=node.site, activity=activity, actor=actor))
    async with node.db.write() as tx:
        await apply(tx, item)


async def test_moved_account_takes_its_followers_along(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, carol = await alpha.create_member("ann"), await alpha.create_member("carol")
    amy, bob, dan, eve, fay = [await beta.create_member(name) for name in ("amy", "bob", "dan", "eve", "fay")]
    remote_ann = await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    async with alpha.db.write() as tx:
        ann = await accounts.update_profile(tx, alpha.site, ann, LOCKED)
    remote_ann = await follow(beta, fay, "@ann@alpha.test")
    await settle(alpha, beta)
    async with alpha.db.write() as tx:
        ann = await accounts.update_profile(tx, alpha.site, ann, accounts.ProfileChange(locked=False))
    async with alpha.db.write() as tx:
        await follows.follow(tx, alpha.site, carol, ann, shows_boosts=False, languages=["en"])
        friends_list = await lists.create(tx, carol, "friends")
        await lists.add_accounts(tx, carol, friends_list.id, [ann.id])
    async with beta.db.write() as tx:
        await blocks.block(tx, beta.site, dan, remote_ann)
        await mutes.mute(tx, eve, remote_ann, hides_notifications=False, seconds=3600)
        await mutes.set_note(tx, eve, remote_ann, "met in Ghent")
    await settle(alpha, beta)
    api = Api(alpha, await alpha.create_token(ann))
    for password, target, status in (
        ("", "@amy@beta.test", 422),
        ("wrong", "@amy@beta.test", 403),
        (PASSWORD, "@nobody@beta.test", 422),
        (PASSWORD, "@ann", 422),
        (PASSWORD, "@amy@beta.test", 422),  # amy does not say that she is ann
    ):
        answer = await api.request("POST", MOVE, json={"password": password, "moved_to_uri": target})
        assert answer.status == status, target
    assert (await row(alpha, ann.id)).moved_to_id is None

    # The other side says so, and ann moves on the page, without a script.
    page = await (await _log_in(beta, "amy")).submit_action(
        "/settings/moves", "/settings/moves/aliases", aliases="@ann@alpha.test\n"
    )
    assert page.status == 200
    assert ann.uri in page.text
    page = await (await _log_in(alpha, "ann")).fill_in("/settings/moves", "target", target="@amy@beta.test")
    assert page.status == 200
    assert "@amy@beta.test" in page.text
    await settle(alpha, beta)

    moved = await row(beta, remote_ann.id)
    assert moved.moved_to_id == amy.id
    assert (await api.get("/api/v1/accounts/verify_credentials"))["moved"]["acct"] == "amy@beta.test"
    assert not (await relation(beta, bob, remote_ann)).following
    assert (await relation(beta, bob, amy)).following
    assert (await relation(beta, dan, amy)).blocking
    # Who still waited for an answer follows the other one, who asks nobody to wait.
    waited, asked = await relation(beta, fay, remote_ann), await relation(beta, fay, amy)
    assert not waited.requested
    assert asked.following
    known = await relation(beta, eve, amy)
    assert known.muting
    assert not known.muting_notifications
    assert known.note == "met in Ghent"
    assert known.mute_expires_at is not None
    async with alpha.db.read() as tx:
        remote_amy = await accounts.find_by_uri(tx, amy.uri)
        assert remote_amy is not None
        assert [
            account_id for _, account_id in await lists.list_accounts(tx, carol, friends_list.id, None)
        ] == [remote_amy.id]
    relationship = await relation(alpha, carol, remote_amy)
    assert relationship.following
    assert not relationship.showing_boosts
    assert relationship.languages == ("en",)
    assert not (await relation(alpha, carol, ann)).following
    assert (await row(beta, amy.id)).followers_count == 3
    assert (await row(alpha, ann.id)).followers_count == 0

    # What moved can be read, and that is all; nobody follows it any more.
    asked = [("/api/v1/statuses", {"status": "hello"}), (f"/api/v1/accounts/{remote_amy.id}/follow", {})]
    for path, body in asked:
        assert (await api.request("POST", path, json=body)).status == 403, path
    assert await api.get("/api/v1/timelines/home") == []
    again = Api(beta, await beta.create_token(bob))
    assert (await again.request("POST", f"/api/v1/accounts/{remote_ann.id}/follow")).status == 403

    # Told again, by whom it is or is not, from where it is or is not: nothing comes of it.
    async with beta.db.write() as tx:
        await follows.unfollow(tx, beta.site, bob, amy)
    for actor, old, new in (
        (moved, ann.uri, amy.uri),  # a replay
        (moved, ann.uri, ann.uri),  # a loop
        (moved, amy.uri, ann.uri),  # of someone else
        (await row(beta, bob.id), ann.uri, amy.uri),
        (moved, ann.uri, "https://missing.test/users/x"),
    ):
        with pytest.raises(IgnoredError):
            await say(beta, actor, old, new)
    await settle(alpha, beta)
    assert not (await relation(beta, bob, amy)).following

    # Within seven days there is no second move, also when the first was taken back.
    page = await (await _log_in(alpha, "ann")).submit_action("/settings/moves", "/settings/moves/back")
    assert page.status == 200
    assert 'name="target"' in page.text
    await settle(alpha, beta)
    read = await beta.node.services.resolver.fetch_actor(ann.uri)
    assert read is not None
    assert read.moved_to_id is None
    again_form = {"password": PASSWORD, "moved_to_uri": amy.uri}
    assert (await api.request("POST", MOVE, json=again_form)).status == 422
    alpha.clock.forward(days=7)
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    async with beta.db.write() as tx:  # and a locked account is asked
        await accounts.update_profile(tx, beta.site, await accounts.get(tx, amy.id), LOCKED)
    assert (await api.request("POST", MOVE, json=again_form)).status == 202
    await settle(alpha, beta)
    known = await relation(beta, bob, amy)
    assert known.requested
    assert not known.following


LOCKED = accounts.ProfileChange(locked=True)


async def _log_in(node: TestNode, name: str) -> Visitor:
    visitor = Visitor(node)
    await visitor.log_in(name)
    return visitor


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_move_sent_by_the_new_account_is_accepted(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, amy, bob = (
        await alpha.create_member("ann"),
        await alpha.create_member("amy"),
        await beta.create_member("bob"),
    )
    remote_ann, remote_amy = await follow(beta, bob, "@ann@alpha.test"), await follow(beta, bob, amy.uri)
    await settle(alpha, beta)
    async with beta.db.write() as tx:
        await follows.unfollow(tx, beta.site, bob, remote_amy)
    alias = accounts.ProfileChange(also_known_as=(ann.uri,))
    async with alpha.db.write() as tx:
        await accounts.update_profile(tx, alpha.site, amy, alias)
    with pytest.raises(IgnoredError):
        await say(beta, remote_amy, ann.uri, amy.uri)  # ann says nothing of it
    assert (await relation(beta, bob, remote_ann)).following
    async with alpha.db.write() as tx:  # the old node says so in the actor only
        await account_queries.set_moved(tx, ann.id, amy.id, tx.now)
    await say(beta, remote_amy, ann.uri, amy.uri)
    await settle(alpha, beta)
    assert (await relation(beta, bob, remote_amy)).following
    assert not (await relation(beta, bob, remote_ann)).following
