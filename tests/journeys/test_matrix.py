"""Every activity between two nodes, both ways round: however they sign, however careful they are."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import report_filing, reports
from fedserver.domain.peers import partners, peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.portability import moves
from fedserver.domain.posts import boosts, edits, likes, pins, post_removal, reactions, votes
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import blocks, followers, follows
from storage.engine import Page
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from storage.queries.posts import polls as poll_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.posts import reactions as reaction_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from tests.journeys.test_federation import follow, settle
from tests.kit.nodes import Start, TestNode

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


async def speak(node: TestNode, other: str, scheme: str, allowlist: bool) -> None:
    """Let the node sign for `other` by `scheme`, and put the other on its allowlist."""
    async with node.db.write() as tx:
        await peers.ensure(tx, other)
        await peer_queries.set_scheme(tx, other, scheme)
        if allowlist:
            await peers.decide(tx, None, other, PeerDecision("allow", "agreed"))


async def post_at(node: TestNode, uri: str) -> PostRow | None:
    async with node.db.read() as tx:
        return await post_queries.find_by_uri(tx, uri)


async def account_at(node: TestNode, row: AccountRow) -> AccountRow:
    async with node.db.read() as tx:
        found = await account_queries.find_by_uri(tx, row.uri)
    assert found is not None
    return found


async def story(here: TestNode, there: TestNode, me: AccountRow, you: AccountRow, shy: AccountRow) -> None:
    """Run every activity of `me`, here, towards others, there."""
    # Follow, Accept, Reject
    you_here = await follow(here, me, f"@{you.username}@{there.domain}")
    shy_here = await follow(here, me, f"@{shy.username}@{there.domain}")
    await settle(here, there)
    me_there = await account_at(there, me)
    async with there.db.write() as tx:
        assert [account_id for _, account_id in await followers.list_requests(tx, shy, Page())] == [
            me_there.id
        ]
        await follows.reject_request(tx, await accounts.get(tx, shy.id), me_there.id)
        await follows.follow(tx, there.site, you, me_there)
    # Create
    asked = await there.publish(you, "Which?", poll=NewPoll(("Red", "Blue"), 3_600))
    first = f"{you.uri}/statuses/{await there.publish(you, 'Hello')}"
    await settle(here, there)
    mine = await here.publish(me, "Mine")
    async with here.db.read() as tx:
        assert await follow_queries.find(tx, me.id, you_here.id) is not None
        assert await follow_queries.find_request(tx, me.id, shy_here.id) is None
    hello = await post_at(here, first)
    question = await post_at(here, f"{you.uri}/statuses/{asked}")
    assert hello is not None
    assert question is not None
    # Like, one with an emoji, Announce, a vote, QuoteRequest, Flag, Add
    quoting = await here.publish(me, "Look", quoted_id=hello.id)
    async with here.db.write() as tx:
        await likes.like(tx, here.site, me, hello.id)
        await reactions.react(tx, here.site, me, hello.id, "🎉")
        await boosts.boost(tx, here.site, me, hello.id)
        await votes.vote(tx, here.site, me, question.id, [1])
        report = report_filing.NewReport(
            target_id=you_here.id, post_ids=[hello.id], comment="rude", forward=True
        )
        await report_filing.file(tx, here.site, me, report)
        await pins.pin(tx, me, mine)
    await settle(here, there)
    got = await post_at(there, first)
    assert got is not None
    assert (got.likes_count, got.boosts_count, got.quotes_count) == (1, 1, 1)
    async with there.db.read() as tx:
        assert await reaction_queries.count_by_posts(tx, [got.id]) == {got.id: [("🎉", "", 1)]}
        assert [option.votes_count for option in await poll_queries.list_options(tx, asked)] == [0, 1]
        (flagged,) = await reports.list_page(tx, Page(), "open", target_id=you.id)
        assert flagged.comment == "rude"
        assert reports.post_ids(flagged) == (got.id,)
    async with here.db.read() as tx:
        quote = await quote_queries.find_by_post(tx, quoting)
        assert quote is not None
        assert quote.state == "accepted"
    await second_half(here, there, me, you, (hello, mine, quoting))


async def second_half(
    here: TestNode, there: TestNode, me: AccountRow, you: AccountRow, made: tuple[PostRow, int, int]
) -> None:
    hello, mine, quoting = made
    # Update, Remove, Undo of what was done
    you_here = await account_at(here, you)
    async with here.db.write() as tx:
        await edits.edit(tx, here.site, me, mine, edits.PostEdit(text="Mine, better"))
        await pins.unpin(tx, me, mine)
        await reactions.unreact(tx, me, hello.id, "🎉")
        await likes.unlike(tx, me, hello.id)
        await boosts.unboost(tx, me, hello.id)
        await follows.unfollow(tx, here.site, me, you_here)
    await settle(here, there)
    got, changed = await post_at(there, hello.uri), await post_at(there, f"{me.uri}/statuses/{mine}")
    assert got is not None
    assert (got.likes_count, got.boosts_count) == (0, 0)
    assert changed is not None
    assert "better" in changed.html
    assert changed.edited_at is not None
    # Delete, which someone who is blocked at once receives too; Block and its Undo
    async with here.db.write() as tx:
        await post_removal.delete(tx, me, mine)
        await post_removal.delete(tx, me, quoting)
        await blocks.block(tx, here.site, me, you_here)
    await settle(here, there)
    assert await post_at(there, f"{me.uri}/statuses/{mine}") is None
    me_there = await account_at(there, me)
    async with there.db.read() as tx:
        assert await block_queries.exists_between(tx, me_there.id, you.id)
        assert await follow_queries.find(tx, me_there.id, you.id) is None
        assert await follow_queries.find(tx, you.id, me_there.id) is None
    async with here.db.write() as tx:
        await blocks.unblock(tx, me, you_here)
    await settle(here, there)
    async with there.db.read() as tx:
        assert not await block_queries.exists_between(tx, me_there.id, you.id)


async def agree(here: TestNode, there: TestNode, mine: AccountRow, theirs: AccountRow) -> None:
    """Offer, Accept and Undo of a partnership, between the nodes' own actors."""
    node = await here.node.services.resolver.fetch_node_actor(there.domain)
    ours, other = await here.load_member(mine), await there.load_member(theirs)
    assert node is not None
    async with here.db.write() as tx:
        row = await partners.offer(tx, here.site, ours, node, ["posts"], "Shall we?")
    await settle(here, there)
    async with there.db.write() as tx:
        (asked,) = await partners.list_all(tx)
        await partners.answer(tx, there.site, other, asked.id, accepted=True)
    await settle(here, there)
    async with here.db.write() as tx:
        assert [partner.domain for partner in await partners.list_agreed(tx)] == [there.domain]
        await partners.end(tx, ours, row.id)
    await settle(here, there)
    async with there.db.read() as tx:
        assert await partners.list_agreed(tx) == []


async def move(here: TestNode, there: TestNode, old: AccountRow, new: AccountRow, fan: AccountRow) -> None:
    """Check that an account moves there, and that its followers there follow the new one."""
    old_there = await follow(there, fan, f"@{old.username}@{here.domain}")
    await settle(here, there)
    async with there.db.write() as tx:
        await moves.set_aliases(tx, there.site, await accounts.get(tx, new.id), [old_there])
    new_here = await here.node.services.resolver.fetch_actor(new.uri)
    async with here.db.write() as tx:
        await moves.move(tx, await accounts.get(tx, old.id), new_here)
    await settle(here, there)
    async with there.db.read() as tx:
        assert await follow_queries.find(tx, fan.id, new.id) is not None
        assert await follow_queries.find(tx, fan.id, old_there.id) is None


@pytest.mark.parametrize("mode", ["open", "allowlist"])
@pytest.mark.parametrize("authorized_fetch", [False, True], ids=["plain", "authorized"])
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_each_activity_takes_effect_in_both_directions(
    start: Start, scheme: str, authorized_fetch: bool, mode: str
) -> None:
    settings: dict[str, Any] = {"authorized_fetch": authorized_fetch, "mode": mode}
    alpha, beta = await start("alpha.test", **settings), await start("beta.test", **settings)
    people: list[list[AccountRow]] = []
    for node, other in ((alpha, beta), (beta, alpha)):
        await speak(node, other.domain, scheme, mode == "allowlist")
        people.append([await node.create_member(name) for name in ("ann", "bob", "shy")])
        async with node.db.write() as tx:
            locked = accounts.ProfileChange(locked=True)
            await accounts.update_profile(tx, node.site, people[-1][2], locked)
    await story(alpha, beta, people[0][0], people[1][1], people[1][2])
    await story(beta, alpha, people[1][0], people[0][1], people[0][2])
    await agree(alpha, beta, people[0][0], people[1][0])
    await agree(beta, alpha, people[1][0], people[0][0])
    await move(alpha, beta, people[0][0], people[1][0], people[1][2])
    await move(beta, alpha, people[1][1], people[0][1], people[0][2])
    for node, other in ((alpha, beta), (beta, alpha)):
        async with node.db.read() as tx:
            (peer,) = (await peer_queries.load_by_domains(tx, [other.domain])).values()
            assert await delivery_queries.find_next_due(tx) is None, "something was not taken"
        assert (peer.scheme, peer.failures) == (scheme, 0), "the other way of signing was needed"
