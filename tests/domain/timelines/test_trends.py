"""Trends: what rises, by the public formula, and what may be shown."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import boosts, likes
from fedserver.domain.timelines import cards, search, trend_reviews, trends
from fedserver.text.previews import PagePreview
from storage.engine import Database, Tx
from storage.queries.auth import members as member_queries
from storage.queries.content import tags as tag_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import cards as card_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, new_keys, publish

FANS = ("bob", "eve@beta.test", "fay@beta.test", "gus@gamma.test")


async def computed(database: Database) -> None:
    async with database.read() as tx:
        found = await trends.compute(tx)
    async with database.write() as tx:
        await trends.save(tx, found)


async def posts(database: Database) -> list[int]:
    await computed(database)
    async with database.read() as tx:
        return await trends.list_posts(tx, 20, 0)


async def tags(database: Database) -> list[str]:
    await computed(database)
    async with database.read() as tx:
        return [row.name for row in await trends.list_tags(tx, 20, 0)]


async def links(database: Database) -> list[str]:
    await computed(database)
    async with database.read() as tx:
        return [each.card.row.title for each in await trends.list_links(tx, 20, 0)]


async def share(database: Database, here: NodeContext, url: str, *who: AccountRow, **draft: Any) -> int:
    """Publish a post of each account with the card of an address; return the id of the card."""
    for author in who:
        post_id = await publish(database, here, author, f"see {url}", **draft)
        async with database.write() as tx:
            await cards.save(tx, url, PagePreview(kind="link", title=url.rpartition("/")[2]), None)
            await cards.set_for_post(tx, post_id, url)
    async with database.read() as tx:
        row = await card_queries.find_by_url(tx, url)
    assert row is not None
    return row.id


async def like(database: Database, here: NodeContext, post_id: int, *fans: AccountRow) -> None:
    async with database.write() as tx:
        row = await post_queries.find(tx, post_id)
        assert row is not None
        for fan in fans:
            if fan.domain:
                await likes.receive(tx, fan, f"{fan.uri}/likes/{post_id}", row)
            else:
                await likes.like(tx, here, fan, post_id)


async def test_the_helpful_rises_and_articles_most(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, *fans = await create_accounts(database, here, "ann", *FANS)
    article = await publish(database, here, ann, "Text", kind="Article", title="How to")
    note = await publish(database, here, ann, "a note")
    little = await publish(database, here, ann, "liked by too few")
    await like(database, here, article, *fans[:3])
    await like(database, here, note, *fans)
    await like(database, here, little, *fans[:2], ann)
    assert await posts(database) == [article, note]
    async with database.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=2))
    assert await posts(database) == [article, note, little]
    clock.forward(days=2)
    await like(database, here, little, fans[2], fans[3])
    assert await posts(database) == [little, article, note]
    clock.forward(days=8)
    assert await posts(database) == []


async def test_a_boost_weighs_half_and_each_account_once(database: Database, here: NodeContext) -> None:
    ann, *fans = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    liked, boosted, both = [await publish(database, here, ann, f"post {number}") for number in range(3)]
    await like(database, here, liked, *fans)
    await like(database, here, both, *fans)
    async with database.write() as tx:
        for fan in fans:
            await boosts.boost(tx, here, fan, boosted)
            await boosts.boost(tx, here, fan, both)
    await computed(database)
    async with database.read() as tx:
        found = {row.subject_id: row for row in (await trends.compute(tx))["post"]}
    assert {row.accounts for row in found.values()} == {3}
    assert found[liked].score == pytest.approx(3, abs=0.01) == found[both].score
    assert found[boosted].score == pytest.approx(1.5, abs=0.01)


async def test_only_open_posts_of_discoverable_accounts(database: Database, here: NodeContext) -> None:
    ann, shy, *fans = await create_accounts(database, here, "ann", "shy", *FANS)
    async with database.write() as tx:
        await accounts.update_profile(tx, here, shy, accounts.ProfileChange(discoverable=False))
    root = await publish(database, here, ann, "#open root")
    hidden = [
        await publish(database, here, shy, "#shut by one who hides"),
        await publish(database, here, ann, "#shut", visibility="unlisted"),
        await publish(database, here, ann, "#shut", visibility="followers"),
        await publish(database, here, ann, "#shut", visibility="local"),
    ]
    sensitive = await publish(database, here, ann, "#open", summary="careful")
    answer = await publish(database, here, ann, "#open", in_reply_to_id=root)
    for post_id in (root, hidden[0], hidden[1], hidden[3], sensitive, answer):
        await like(database, here, post_id, *fans)
    assert await posts(database) == [root]
    async with database.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
    assert await tags(database) == ["open"]


async def test_tags_rise_by_being_used_more_than_usual(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    members = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    for _ in range(5):
        for member in members:
            await publish(database, here, member, "#daily")
        clock.forward(days=1)
    for member in members:
        await publish(database, here, member, "#daily #fresh")
    await publish(database, here, members[0], "#alone")
    assert await tags(database) == ["fresh", "daily"]
    async with database.read() as tx:
        found = await search.load_tag_uses(tx, ["daily", "fresh", "none"])
    assert [(count, accounts) for _, count, accounts in sorted(found["daily"])] == [(4, 4)] * 6
    assert found["fresh"] == [(clock.now // trends.DAY_MS, 4, 4)]


async def review(tx: Tx, here: NodeContext, kind: str, subject: int, *, approved: bool) -> None:
    moderator = await moderator_of(tx, here)
    if kind == "tag":
        await trend_reviews.decide_tag(tx, moderator, subject, approved=approved)
    else:
        await trend_reviews.decide_post(tx, moderator, -1, subject, approved=approved)


async def moderator_of(tx: Tx, here: NodeContext) -> MemberRow:
    known = await member_queries.find_by_email(tx, "mod@mail.test")
    if known is not None:
        return known
    row, _ = await members.create_approved(
        tx, here, "mod", "mod@mail.test", "hash", new_keys(), role="moderator"
    )
    return row


async def test_links_rise_by_the_accounts_that_share_them(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve, shy = await create_accounts(database, here, "ann", "bob", "eve", "shy")
    async with database.write() as tx:
        await accounts.update_profile(tx, here, shy, accounts.ProfileChange(discoverable=False))
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=2))
    for _ in range(2):
        await share(database, here, "https://a.test/daily", ann, bob, eve)
        clock.forward(days=1)
    await share(database, here, "https://a.test/daily", ann, bob, eve)
    fresh = await share(database, here, "https://www.b.test/fresh", ann, ann, bob, eve)
    await share(database, here, "https://a.test/loud", *[ann] * 4, shy)
    await share(database, here, "https://a.test/shown", ann, bob, visibility="unlisted")
    await share(database, here, "https://a.test/careful", ann, bob, sensitive=True)
    assert await links(database) == ["fresh", "daily"]
    async with database.write() as tx:
        moderator = await moderator_of(tx, here)
        [first] = await trends.list_links(tx, 1, 0)
        assert first.uses == [(clock.now // trends.DAY_MS, 4, 3)]
        assert first.approved is None
        assert [each.card.row.title for each in await trends.list_links(tx, 5, 1)] == ["daily"]
        await trend_reviews.decide_publisher(tx, moderator, "a.test", approved=False)
    assert await links(database) == ["fresh"]
    async with database.write() as tx:
        daily = await card_queries.find_by_url(tx, "https://a.test/daily")
        assert daily is not None
        await trend_reviews.decide_link(tx, moderator, daily.id, approved=True)
        await trends.set_policy(tx, None, trends.TrendPolicy(shows_unreviewed=False, min_accounts=2))
    assert await links(database) == ["daily"], (
        "the decision about a link comes first; nobody looked at the other"
    )
    async with database.write() as tx:
        await trend_reviews.decide_publisher(tx, moderator, "www.b.test", approved=True)
    assert await links(database) == ["fresh", "daily"]
    async with database.write() as tx:
        await trend_reviews.decide_link(tx, moderator, fresh, approved=False)
    assert await links(database) == ["daily"]


@pytest.mark.parametrize("kind", ["tag", "post"])
async def test_moderators_and_the_policy_decide(database: Database, here: NodeContext, kind: str) -> None:
    ann, *fans = await create_accounts(database, here, "ann", *FANS)
    post_id = await publish(database, here, ann, "#topic")
    await like(database, here, post_id, *fans)
    async with database.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
        (tag,) = await tag_queries.load_by_names(tx, ["topic"])
    shown: Any = tags if kind == "tag" else posts
    subject = tag.id if kind == "tag" else post_id
    wanted = ["topic"] if kind == "tag" else [post_id]
    assert await shown(database) == wanted
    async with database.write() as tx:
        await review(tx, here, kind, subject, approved=False)
    assert await shown(database) == []
    async with database.write() as tx:
        await trends.set_policy(tx, None, trends.TrendPolicy(shows_unreviewed=False, min_accounts=1))
        await review(tx, here, kind, subject, approved=True)
    assert await shown(database) == wanted
    other = await publish(database, here, ann, "#other")
    await like(database, here, other, *fans)
    assert await shown(database) == wanted
    async with database.read() as tx:
        query = search.SearchRequest(text="o", kind="hashtags", exclude_unreviewed=True)
        found = (await search.run(tx, here, ann.id, search.SearchRequest(text="o", kind="hashtags"))).tags
        reviewed = (
            await search.run(
                tx, here, ann.id, search.SearchRequest(text="t", kind="hashtags", exclude_unreviewed=True)
            )
        ).tags
        assert [row.name for row in found] == ["other"]
        assert (await search.run(tx, here, ann.id, query)).tags == ()
        assert [row.name for row in reviewed] == (["topic"] if kind == "tag" else [])


async def test_wrong_values_are_refused(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        with pytest.raises(InvalidError):
            await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=0))
        assert await trends.get_policy(tx) == trends.TrendPolicy()
