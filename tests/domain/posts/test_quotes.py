"""Quotes among members: who may, who is told, what is shown, and what happens to them."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import account_removal
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import edits, post_removal, quotes
from fedserver.domain.relationships import blocks, mutes
from fedserver.domain.timelines import post_policies, post_views, quote_policies
from storage.engine import Database, Page
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts, establish_follow, publish


async def seen(database: Database, post_id: int, viewer: AccountRow | None) -> post_views.PostView:
    async with database.read() as tx:
        (view,) = await post_views.load(tx, [post_id], viewer.id if viewer else None)
        return view


async def state(database: Database, post_id: int, viewer: AccountRow | None) -> str:
    view = await seen(database, post_id, viewer)
    assert view.quote is not None
    return view.quote.state


async def told(database: Database, who: AccountRow) -> list[tuple[str, int | None]]:
    async with database.read() as tx:
        views, _ = await notification_views.list_by_account(tx, who, Page())
    return [(view.row.kind, view.row.post_id) for view in views]


async def test_a_quote_is_shown_counted_and_told(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "the first")
    second = await publish(database, here, bob, "look at this", quoted_id=first)
    view = await seen(database, second, None)
    assert view.quote
    assert view.quote.state == "accepted"
    assert view.quote.post
    assert view.quote.post.post.id == first
    assert (await seen(database, first, None)).post.quotes_count == 1
    assert await told(database, ann) == [("quote", second)]
    async with database.write() as tx:
        await post_removal.delete(tx, bob, second)
    assert (await seen(database, first, None)).post.quotes_count == 0
    assert await told(database, ann) == []


async def test_a_quote_in_a_quote_is_only_named(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "one")
    second = await publish(database, here, bob, "two", quoted_id=first)
    third = await publish(database, here, ann, "three", quoted_id=second)
    fourth = await publish(database, here, bob, "four", quoted_id=third)
    view = await seen(database, fourth, bob)
    assert view.quote
    assert view.quote.post
    assert view.quote.post.quote
    inner = view.quote.post.quote
    assert inner.post
    assert inner.post.post.id == second
    assert inner.post.quote is None


@pytest.mark.parametrize(
    ("policy", "follows", "outcome"),
    [
        ("public", False, "automatic"),
        ("followers", False, "denied"),
        ("followers", True, "automatic"),
        ("nobody", True, "denied"),
    ],
)
async def test_the_policy_decides(
    database: Database, here: NodeContext, policy: str, follows: bool, outcome: str
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    if follows:
        await establish_follow(database, here, bob, ann)
    first = await publish(database, here, ann, "mine", quote_policy=policy)
    assert (await seen(database, first, bob)).quote_permission == outcome
    assert (await seen(database, first, ann)).quote_permission == "automatic"
    assert (await seen(database, first, None)).quote_permission == "denied"
    if outcome == "denied":
        with pytest.raises(ForbiddenError, match="does not allow"):
            await publish(database, here, bob, "yours", quoted_id=first)
    else:
        await publish(database, here, bob, "yours", quoted_id=first)


async def test_a_changed_policy_leaves_the_quotes_that_there_are(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "yours", quoted_id=first)
    before = await seen(database, first, bob)
    async with database.write() as tx:
        await quotes.set_policy(tx, ann, first, "nobody")
        with pytest.raises(InvalidError):
            await quotes.set_policy(tx, ann, first, "everybody")
        with pytest.raises(NotFoundError):
            await quotes.set_policy(tx, bob, first, "public")
    after = await seen(database, first, bob)
    assert (before.quote_permission, after.quote_permission) == ("automatic", "denied")
    assert before.stamp != after.stamp
    assert after.post.edited_at is None
    assert await state(database, second, bob) == "accepted"


async def test_private_posts_are_quoted_by_their_author_only(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, bob, ann)
    first = await publish(database, here, ann, "for followers", visibility="followers", quote_policy="public")
    with pytest.raises(ForbiddenError, match="does not allow"):
        await publish(database, here, bob, "leak", quoted_id=first)
    own = await publish(database, here, ann, "once more", quoted_id=first)
    view = await seen(database, own, bob)
    assert view.post.visibility == "followers", "no wider than what it quotes"
    direct = await publish(database, here, ann, "@bob only you", visibility="direct")
    with pytest.raises(ForbiddenError, match="Private mentions"):
        await publish(database, here, ann, "no", quoted_id=direct)
    with pytest.raises(NotFoundError):
        await publish(database, here, bob, "no", quoted_id=1)


async def test_posts_for_members_stay_inside(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "inside", visibility="local")
    second = await publish(database, here, bob, "indeed", quoted_id=first)
    assert (await seen(database, second, ann)).post.visibility == "local"
    with pytest.raises(InvalidError):
        await publish(database, here, bob, "@ann psst", quoted_id=first, visibility="direct")


async def test_a_private_mention_names_whom_it_quotes(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    with pytest.raises(InvalidError, match="must name the author"):
        await publish(database, here, bob, "@cat look", quoted_id=first, visibility="direct")
    second = await publish(database, here, bob, "@cat @ann look", quoted_id=first, visibility="direct")
    assert await state(database, second, cat) == "accepted"


async def test_whoever_is_quoted_may_see_where(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "for my followers", quoted_id=first, visibility="followers")
    assert await told(database, ann) == [("quote", second)]
    async with database.write() as tx:
        await edits.edit(tx, here, bob, second, edits.PostEdit(text="for my followers still"))
    assert await state(database, second, ann) == "accepted"
    async with database.read() as tx:
        assert await post_views.load(tx, [second], cat.id) == []


async def test_blocks_hold(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, cat, "see", quoted_id=first)
    async with database.write() as tx:
        await blocks.block(tx, here, ann, bob)
        await blocks.block(tx, here, cat, ann)
    with pytest.raises(NotFoundError):
        await publish(database, here, bob, "no", quoted_id=first)
    with pytest.raises(NotFoundError):
        await publish(database, here, ann, "no", quoted_id=second)
    with pytest.raises(ForbiddenError, match="block"):
        await publish(database, here, cat, "no", quoted_id=first)
    assert await state(database, second, bob) == "unauthorized", "ann blocks bob"
    assert await state(database, second, cat) == "blocked_account"


async def test_a_muted_author_is_named_as_such(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "see", quoted_id=first)
    before = await seen(database, second, cat)
    async with database.write() as tx:
        await mutes.mute(tx, cat, ann)
    after = await seen(database, second, cat)
    assert before.stamp != after.stamp
    assert after.quote
    assert after.quote.state == "muted_account"


async def test_consent_is_taken_back(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "yours", quoted_id=first)
    for who, post_id, quoting_id in ((bob, first, second), (ann, second, first), (ann, first, 7)):
        async with database.write() as tx:
            with pytest.raises(NotFoundError):
                await quotes.revoke(tx, who, post_id, quoting_id)
    async with database.write() as tx:
        await quotes.revoke(tx, ann, first, second)
        await quotes.revoke(tx, ann, first, second)
    assert await state(database, second, cat) == "revoked"
    assert (await seen(database, first, cat)).post.quotes_count == 0
    assert await told(database, ann) == []


async def test_what_is_deleted_is_not_shown(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "yours", quoted_id=first)
    before = await seen(database, second, bob)
    async with database.write() as tx:
        await post_removal.delete(tx, ann, first)
    after = await seen(database, second, bob)
    assert after.quote
    assert (after.quote.state, after.quote.post) == ("deleted", None)
    assert before.stamp != after.stamp


async def test_an_account_that_goes_takes_its_quotes_along(database: Database, here: NodeContext) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    await publish(database, here, bob, "yours", quoted_id=first)
    third = await publish(database, here, cat, "also", quoted_id=first)
    async with database.write() as tx:
        await account_removal.delete_local(tx, bob)
    assert (await seen(database, first, cat)).post.quotes_count == 1
    async with database.write() as tx:
        await account_removal.delete_local(tx, ann)
    assert await state(database, third, cat) == "deleted"


async def test_an_edit_is_told_to_those_who_quote(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "mine")
    second = await publish(database, here, bob, "yours", quoted_id=first)
    async with database.write() as tx:
        await edits.edit(tx, here, ann, first, edits.PostEdit(text="mine, mended"))
    assert await told(database, bob) == [("quoted_update", second)]


async def test_an_edit_may_quote_something_else(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first, other = await publish(database, here, ann, "one"), await publish(database, here, ann, "other")
    inside = await publish(database, here, ann, "inside", visibility="local")
    post_id = await publish(database, here, bob, "yours", quoted_id=first)
    async with database.write() as tx:
        await edits.edit(tx, here, bob, post_id, edits.PostEdit(quoted_id=other, quote_policy="nobody"))
    view = await seen(database, post_id, ann)
    assert view.quote
    assert view.quote.post
    assert view.quote.post.post.id == other
    assert view.quote_permission == "denied"
    assert [(await seen(database, each, ann)).post.quotes_count for each in (first, other)] == [0, 1]
    async with database.write() as tx:
        with pytest.raises(ForbiddenError, match="reaches more"):
            await edits.edit(tx, here, bob, post_id, edits.PostEdit(quoted_id=inside))


async def test_a_draft_quotes_when_it_is_published(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    first = await publish(database, here, ann, "mine")
    draft = await publish(
        database, here, bob, "soon", quoted_id=first, state="draft", quote_policy="followers"
    )
    assert (await seen(database, first, ann)).post.quotes_count == 0
    assert await told(database, ann) == []
    async with database.write() as tx:
        post_id = await edits.edit(tx, here, bob, draft, edits.PostEdit(publish=True))
    assert await state(database, post_id, ann) == "accepted"
    assert (
        quote_policies.decode_audience((await seen(database, post_id, ann)).post.interaction_policy)
        == "followers"
    )
    assert (await seen(database, first, ann)).post.quotes_count == 1


async def test_quoting_posts_are_paged_for_those_who_may_see_them(
    database: Database, here: NodeContext
) -> None:
    ann, bob, cat = await create_accounts(database, here, "ann", "bob", "cat")
    first = await publish(database, here, ann, "mine")
    made = [await publish(database, here, bob, f"number {each}", quoted_id=first) for each in range(3)]
    async with database.read() as tx:
        assert await quotes.list_quoting_posts(tx, cat.id, first, Page(limit=2)) == [made[2], made[1]]
        assert await quotes.list_quoting_posts(tx, cat.id, first, Page(limit=2, max_id=made[1])) == [made[0]]
        with pytest.raises(NotFoundError):
            await quotes.list_quoting_posts(tx, cat.id, 1, Page())


@pytest.mark.parametrize("count", [1, 12])
async def test_statements_do_not_depend_on_the_page(
    database: Database, here: NodeContext, count: int
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    made = []
    for each in range(count):
        first = await publish(database, here, ann, f"mine {each}")
        second = await publish(database, here, bob, f"yours {each}", quoted_id=first)
        made.append(await publish(database, here, ann, f"again {each}", quoted_id=second))
    counts = []
    for _ in range(2):
        async with database.read() as tx:
            views = await post_views.load(tx, made, bob.id)
            assert len(views) == count
            counts.append(tx.statement_count)
    # Versions; posts, quotes, quoted posts, files, cards, authors; the viewer. Then versions and the viewer.
    assert counts == [8, 2]


def test_words_of_peers_are_understood() -> None:
    def says(rule: post_policies.PostPolicyRule | None, **changes: Any) -> str:
        values = {"id": 1, "account_id": 5, "visibility": "public", "boost_of_id": None, **changes}
        policy = post_policies.encode(post_policies.PostPolicy(quote=rule))
        row = type("Row", (), {**values, "interaction_policy": policy})
        return quote_policies.evaluate(row, 9, {5} if changes.get("followed") else set())  # type: ignore[arg-type]

    rule = post_policies.PostPolicyRule
    assert says(None) == "denied"
    assert says(rule()) == "denied"
    assert says(rule(("public",))) == "automatic"
    assert says(rule((), ("public",))) == "manual"
    assert says(rule(("followers",))) == "denied"
    assert says(rule(("followers",)), followed=True) == "automatic"
    assert says(rule(("following",))) == says(rule(("unsupported_policy",))) == "unknown"
    assert says(rule(("public",)), visibility="followers") == "denied"
