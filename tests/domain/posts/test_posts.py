"""Posts: written once, shown to those who may see them, and gone without a trace but a tombstone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import articles, boosts, edits, likes, post_removal
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.cache import CacheRegistry
from storage.engine import Database, Page
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, make_context, publish

PAGE = Page()


@pytest.fixture
def here(tmp_path: Path) -> NodeContext:
    return make_context(tmp_path)


async def home(database: Database, account: AccountRow) -> list[int]:
    async with database.read() as tx:
        return await timelines.list_home(tx, account.id, PAGE)


async def seen(database: Database, post_id: int, viewer: AccountRow | None) -> bool:
    async with database.read() as tx:
        return bool(await post_views.load(tx, [post_id], viewer.id if viewer else None))


async def told(database: Database, account: AccountRow) -> list[str]:
    async with database.read() as tx:
        views, _ = await notification_views.list_by_account(tx, account, PAGE)
        return [view.row.kind for view in views]


async def test_a_post_has_its_text_names_and_address(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob@beta.test")
    post_id = await publish(database, here, ann, "Hi @bob@beta.test and @ann, #Fox", language="EN-gb")
    async with database.read() as tx:
        row = await visibility.get(tx, post_id, None)
    assert row.uri == f"https://alpha.test/users/ann/statuses/{post_id}"
    assert row.url == f"https://alpha.test/@ann/{post_id}"
    assert 'href="https://beta.test/@bob" class="u-url mention"' in row.html
    assert msgspec.json.decode(row.tags) == ["fox"]
    assert row.language == "en-GB"
    assert [each["acct"] for each in msgspec.json.decode(row.mentions)] == ["bob@beta.test", "ann"]
    assert bob.id in [each["id"] for each in msgspec.json.decode(row.mentions)]


@pytest.mark.parametrize(
    ("visibility", "stranger", "member", "follower", "named"),
    [
        ("public", True, True, True, True),
        ("unlisted", True, True, True, True),
        ("local", False, True, True, True),
        ("followers", False, False, True, True),
        ("direct", False, False, False, True),
    ],
)
async def test_who_sees_what(
    database: Database,
    here: NodeContext,
    visibility: str,
    stranger: bool,
    member: bool,
    follower: bool,
    named: bool,
) -> None:
    ann, bob, eve, dan = await create_accounts(database, here, "ann", "bob", "eve", "dan")
    await establish_follow(database, here, bob, ann)
    post_id = await publish(database, here, ann, "Hi @dan", visibility=visibility)
    viewers = [(None, stranger), (eve, member), (bob, follower), (dan, named), (ann, True)]
    for viewer, expected in viewers:
        assert await seen(database, post_id, viewer) is expected
        async with database.read() as tx:
            viewer_id = viewer.id if viewer else None
            listed = await timelines.list_by_account(tx, ann.id, viewer_id, PAGE)
            assert (post_id in listed) is expected
            public = await timelines.list_public(tx, viewer_id, PAGE, local=True)
            assert (post_id in public) is (
                visibility == "public" or (visibility == "local" and viewer is not None)
            )


async def test_homes_of_followers_and_nobody_else(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, bob, ann)
    first = await publish(database, here, ann, "one")
    assert await home(database, bob) == [first] == await home(database, ann)
    assert await home(database, eve) == []
    await establish_follow(database, here, eve, ann)
    assert await home(database, eve) == [first]
    async with database.write() as tx:
        await follows.unfollow(tx, here, eve, ann)
    assert await home(database, eve) == []


async def test_replies_reach_those_who_follow_both(database: Database, here: NodeContext) -> None:
    ann, bob, eve, dan = await create_accounts(database, here, "ann", "bob", "eve", "dan")
    for follower in (eve, dan):
        await establish_follow(database, here, follower, ann)
    await establish_follow(database, here, eve, bob)
    root = await publish(database, here, bob, "root")
    reply = await publish(database, here, ann, "reply @bob", in_reply_to_id=root)
    own = await publish(database, here, ann, "again", in_reply_to_id=reply)
    assert await home(database, eve) == [own, reply, root]
    assert await home(database, dan) == [own]
    assert await told(database, bob) == ["mention", "follow"]
    async with database.read() as tx:
        assert await timelines.load_thread(tx, reply, None) == ([root], [own])
        view = (await post_views.load(tx, [root], None))[0]
        assert view.post.replies_count == 1
        assert view.post.thread_id == root


async def test_likes_and_boosts_count_once_and_can_be_undone(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, eve, bob)
    post_id = await publish(database, here, ann, "useful")
    async with database.write() as tx:
        for _ in range(2):
            await likes.like(tx, here, bob, post_id)
            boost_id = await boosts.boost(tx, here, bob, post_id)
    async with database.read() as tx:
        view = (await post_views.load(tx, [boost_id], bob.id))[0]
    assert view.boost_of is not None
    assert view.boost_of.viewer_state is not None
    assert (view.boost_of.post.likes_count, view.boost_of.post.boosts_count) == (1, 1)
    assert view.boost_of.viewer_state.liked
    assert view.boost_of.viewer_state.boosted
    assert await home(database, eve) == [boost_id]
    assert sorted(await told(database, ann)) == ["favourite", "reblog"]
    async with database.write() as tx:
        await likes.unlike(tx, bob, post_id)
        await boosts.unboost(tx, bob, post_id)
    async with database.read() as tx:
        row = await visibility.get(tx, post_id, None)
    assert (row.likes_count, row.boosts_count) == (0, 0)
    assert await home(database, eve) == []
    assert await told(database, ann) == []


async def test_private_posts_are_not_boosted_or_liked_by_strangers(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, bob, ann)
    post_id = await publish(database, here, ann, "for followers", visibility="followers")
    async with database.write() as tx:
        with pytest.raises(ForbiddenError):
            await boosts.boost(tx, here, bob, post_id)
        with pytest.raises(NotFoundError):
            await likes.like(tx, here, eve, post_id)
        assert await boosts.boost(tx, here, ann, post_id)


async def test_an_edit_keeps_the_former_version(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "first #old")
    async with database.write() as tx:
        await boosts.boost(tx, here, bob, post_id)
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="second #new @bob"))
    async with database.read() as tx:
        row = await visibility.get(tx, post_id, None)
        assert row.source == "second #new @bob"
        assert row.edited_at is not None
        assert row.version > 1
        assert [edit.source for edit in await post_queries.list_edits(tx, post_id)] == ["first #old"]
        assert await timelines.list_by_tag(tx, None, timelines.TagQuery("NEW"), PAGE) == [post_id]
        assert await timelines.list_by_tag(tx, None, timelines.TagQuery("old"), PAGE) == []
    assert "update" in await told(database, bob)
    async with database.write() as tx:
        same = edits.PostEdit(text=" second #new @bob", summary="", media_ids=(), quote_policy="public")
        await edits.edit(tx, here, ann, post_id, same)
        assert await visibility.get(tx, post_id, None) == row
        assert len(await post_queries.list_edits(tx, post_id)) == 1
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(quote_policy="nobody", sensitive=True))
        assert len(await post_queries.list_edits(tx, post_id)) == 2
        with pytest.raises(NotFoundError):
            await edits.edit(tx, here, bob, post_id, edits.PostEdit(text="mine"))


async def test_a_deleted_post_leaves_a_tombstone_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, bob, ann)
    post_id = await publish(database, here, ann, "Hi @bob")
    async with database.write() as tx:
        await boosts.boost(tx, here, bob, post_id)
        with pytest.raises(NotFoundError):
            await post_removal.delete(tx, bob, post_id)
        view = await post_removal.delete(tx, ann, post_id)
    assert view.post.source == "Hi @bob"
    assert await home(database, bob) == []
    assert await told(database, bob) == []
    async with database.read() as tx:
        assert await post_queries.find_tombstone(tx, view.post.uri) is not None
        assert await timelines.list_by_account(tx, bob.id, None, PAGE) == []


async def test_the_same_request_twice_is_one_post(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    first = await publish(database, here, ann, "once", idempotency_key="k")
    assert await publish(database, here, ann, "once", idempotency_key="k") == first
    assert await publish(database, here, ann, "once", idempotency_key="l") != first


async def test_what_peers_are_owed_is_written_with_the_post(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "out")
    await publish(database, here, ann, "in", visibility="local")
    async with database.write() as tx:
        leased = await job_queries.lease(tx, until=tx.now + 1_000, limit=10, kinds=KINDS_BY_QUEUE[DEFAULT])
    kinds = [(row.kind, msgspec.json.decode(row.payload)) for row in leased]
    assert kinds == [("create_post", {"kind": "create_post", "post_id": post_id})]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 5_001}, "text"),
        ({"text": "x", "visibility": "friends"}, "visibility"),
        ({"text": "x", "kind": "Article"}, "title"),
        ({"text": "x", "media_ids": (1,)}, "media"),
    ],
)
async def test_bad_posts_are_refused_by_field(
    database: Database, here: NodeContext, draft: dict[str, object], field: str
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    with pytest.raises(InvalidError) as raised:
        await publish(database, here, ann, **draft)  # type: ignore[arg-type]
    assert raised.value.field == field


async def test_articles_have_addresses_and_rise_by_helpfulness(database: Database, here: NodeContext) -> None:
    from_members = await create_accounts(database, here, "ann", "bob", "eve", "dan@beta.test")
    ann, bob, eve, dan = from_members
    first, second, third = [
        await publish(
            database, here, ann, "## Part\n\nText", kind="Article", title="Same title",
            content_type="text/markdown",
        )
        for _ in range(3)
    ]  # fmt: skip
    draft = await publish(database, here, ann, "soon", kind="Article", title="Draft", state="draft")
    async with database.write() as tx:
        await likes.like(tx, here, ann, third)
        await likes.like(tx, here, bob, second)
        await likes.like(tx, here, eve, second)
        await likes.receive(tx, dan, "https://beta.test/likes/1", await visibility.get(tx, first, None))
    async with database.read() as tx:
        assert await articles.list_latest(tx, ann.id, PAGE, is_member=False) == [third, second, first]
        ranked = await articles.list_helpful(tx, None, "week", 10, 0, is_member=False)
        assert ranked == [(second, 2), (first, 1), (third, 0)]
        assert (await articles.get_by_slug(tx, ann.id, "same-title-2")).id == second
        assert await articles.list_drafts(tx, ann.id, PAGE) == [draft]
        assert not await post_views.load(tx, [draft], bob.id)
        row = await visibility.get(tx, first, None)
        assert row.url == "https://alpha.test/@ann/same-title"
        assert '<h2 id="user-content-part">Part</h2>' in row.html
        assert row.summary == "Part – Text"


async def count_statements(database: Database, viewer: AccountRow, size: int) -> int:
    database.caches = CacheRegistry()
    async with database.read() as tx:
        ids = await timelines.list_home(tx, viewer.id, Page(limit=size))
        views = await post_views.load(tx, ids, viewer.id, context="home")
        assert len(views) == size
        return tx.statement_count


async def test_a_page_takes_the_same_statements_whatever_its_size(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, bob, ann)
    for number in range(40):
        post_id = await publish(database, here, ann, f"post {number} @bob #t{number}")
        if number % 5 == 0:
            async with database.write() as tx:
                await boosts.boost(tx, here, eve, post_id)
    await establish_follow(database, here, bob, eve)
    small, large = [await count_statements(database, bob, size) for size in (5, 40)]
    assert small == large <= 10


async def test_a_published_draft_is_of_the_moment_and_title_of_its_publishing(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, bob, ann)
    draft = await publish(database, here, ann, "a", kind="Article", title="Draft", state="draft")
    other = await publish(database, here, ann, "in between")
    async with database.write() as tx:
        assert await edits.edit(tx, here, ann, draft, edits.PostEdit(text="b @bob")) == draft
        change = edits.PostEdit(title="Real title", publish=True)
        published = await edits.edit(tx, here, ann, draft, change)
    assert await home(database, bob) == [published, other]
    async with database.read() as tx:
        row = await visibility.get(tx, published, None)
        assert (row.slug, row.source, row.state) == ("real-title", "b @bob", "published")
        assert await articles.list_drafts(tx, ann.id, PAGE) == []
    assert "mention" in await told(database, bob)


async def test_who_is_first_named_in_an_edit_hears_of_it_once(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await publish(database, here, ann, "Hi @bob")
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="Hi @bob and @eve"))
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="Hello @bob and @eve"))
    assert await told(database, eve) == ["mention"] == await told(database, bob)


async def test_members_only_means_members_of_this_node(database: Database, here: NodeContext) -> None:
    ann, dan, eve = await create_accounts(database, here, "ann", "dan@beta.test", "eve")
    post_id = await publish(database, here, ann, "inside @dan@beta.test", visibility="local")
    assert await seen(database, post_id, eve)
    assert not await seen(database, post_id, dan)


async def test_a_reply_to_a_members_only_post_stays_with_members(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    parent = await publish(database, here, ann, "inside", visibility="local")
    for wanted in ("public", "unlisted", "followers", "local"):
        reply = await publish(database, here, bob, "me too", visibility=wanted, in_reply_to_id=parent)
        async with database.read() as tx:
            row = await visibility.get(tx, reply, ann.id)
        assert row.visibility == "local"
        assert row.in_reply_to_uri is not None
    direct = await publish(database, here, bob, "@ann hush", visibility="direct", in_reply_to_id=parent)
    async with database.read() as tx:
        row, root = await visibility.get(tx, direct, ann.id), await visibility.get(tx, parent, ann.id)
    assert (row.visibility, row.in_reply_to_id, row.thread_id) == ("direct", parent, parent)
    assert row.in_reply_to_uri is None
    assert row.context_uri != root.context_uri
