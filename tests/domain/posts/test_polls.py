"""Polls: known choices, one vote, before the end, and nobody else's figures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fedserver.domain.accounts import account_removal
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import edits, polls, post_removal, remote_posts, versions, votes
from fedserver.domain.posts.polls import NewPoll, RemoteOption, RemotePoll
from fedserver.domain.posts.remote_content import RemotePost
from fedserver.domain.posts.votes import RemoteVote
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import filters, post_views, timelines, visibility
from fedserver.domain.timelines.poll_views import PollView, is_stale
from storage.cache import CacheRegistry
from storage.engine import Database, Page
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import polls as poll_queries
from storage.rows.accounts import AccountRow
from tests.domain.posts.test_remote_posts import remote
from tests.kit.clock import START, Clock
from tests.kit.people import create_accounts, establish_follow, publish

DAY = 86_400
ASKED = NewPoll(("Red", "Blue", "Green"), DAY)


async def ask(database: Database, here: NodeContext, author: AccountRow, **changes: Any) -> int:
    poll = NewPoll(**{"options": ("Red", "Blue", "Green"), "expires_in": DAY, **changes})
    return await publish(database, here, author, "Which?", poll=poll)


async def vote(database: Database, here: NodeContext, who: AccountRow, post_id: int, *choices: int) -> None:
    async with database.write() as tx:
        await votes.vote(tx, here, who, post_id, choices)


async def seen(database: Database, post_id: int, viewer: AccountRow | None) -> PollView:
    async with database.read() as tx:
        found = (await votes.get_view(tx, post_id, viewer.id if viewer else None)).poll
    assert found is not None
    return found


async def counts(database: Database, post_id: int) -> tuple[list[int], int | None]:
    found = await seen(database, post_id, None)
    return [each.votes_count for each in found.options], found.poll.voters_count


async def due(database: Database) -> list[str]:
    """Kinds of the tasks that are due now; they are taken and done with."""
    async with database.write() as tx:
        leased = await job_queries.lease(tx, until=tx.now + 1, limit=100, kinds=jobs.KINDS)
        await job_queries.finish(tx, [row.id for row in leased])
    return [row.kind for row in leased]


async def told(database: Database, who: AccountRow) -> list[str]:
    async with database.read() as tx:
        views, _ = await notification_views.list_by_account(tx, who, Page())
    return [view.row.kind for view in views]


async def test_a_single_choice_is_taken_once(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await ask(database, here, ann)
    await vote(database, here, bob, post_id, 1)
    await vote(database, here, eve, post_id, 1)
    assert await counts(database, post_id) == ([0, 2, 0], 2)
    mine, strange = await seen(database, post_id, bob), await seen(database, post_id, None)
    assert mine.chosen == (1,)
    assert mine.voted
    assert not strange.voted
    assert mine.votes_count == 2
    assert (await seen(database, post_id, ann)).voted, "who asks is not offered a vote"
    for choice in (0, 1):
        with pytest.raises(InvalidError, match=r"^Validation failed: You have already voted on this poll$"):
            await vote(database, here, bob, post_id, choice)
    assert await counts(database, post_id) == ([0, 2, 0], 2)


async def test_several_choices_are_taken_one_by_one_or_together(
    database: Database, here: NodeContext
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await ask(database, here, ann, multiple=True)
    await vote(database, here, bob, post_id, 0, 2)
    await vote(database, here, eve, post_id, 2)
    await vote(database, here, eve, post_id, 1)
    assert await counts(database, post_id) == ([1, 1, 2], 2)
    with pytest.raises(InvalidError, match="already voted"):
        await vote(database, here, bob, post_id, 1, 2)
    assert await counts(database, post_id) == ([1, 1, 2], 2)
    assert (await seen(database, post_id, bob)).chosen == (0, 2)


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ((3,), "The chosen vote option does not exist"),
        ((-1,), "The chosen vote option does not exist"),
        ((10**12,), "The chosen vote option does not exist"),
        ((0, 1), "Only one option"),
        ((), "Choices can't be blank"),
    ],
)
async def test_wrong_choices_are_refused(
    database: Database, here: NodeContext, choices: tuple[int, ...], why: str
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await ask(database, here, ann)
    with pytest.raises(InvalidError, match=why):
        await vote(database, here, bob, post_id, *choices)
    assert await counts(database, post_id) == ([0, 0, 0], 0)


async def test_nobody_votes_in_an_own_or_an_ended_poll_or_in_none(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    post_id = await ask(database, here, ann, expires_in=300)
    hidden = await publish(database, here, ann, "For followers", visibility="followers", poll=ASKED)
    plain = await publish(database, here, ann, "No poll")
    with pytest.raises(InvalidError, match="You cannot vote in your own polls"):
        await vote(database, here, ann, post_id, 0)
    for nothing in (hidden, plain, 12345):
        with pytest.raises(NotFoundError):
            await vote(database, here, bob, nothing, 0)
    await establish_follow(database, here, eve, ann)
    await vote(database, here, eve, hidden, 0)
    clock.forward(seconds=301)
    with pytest.raises(InvalidError, match="The poll has already ended"):
        await vote(database, here, bob, post_id, 0)
    assert (await seen(database, post_id, None)).expired


async def test_votes_of_one_account_at_the_same_time_are_one(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await ask(database, here, ann)
    attempts = (vote(database, here, bob, post_id, place) for place in (0, 1, 2))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["InvalidError", "InvalidError", "NoneType"]
    found, voters = await counts(database, post_id)
    assert sum(found) == 1
    assert voters == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"options": ("one", " ")}, "Choices must have more than one item"),
        ({"options": ()}, "Choices must have more than one item"),
        ({"options": tuple("abcde")}, "Choices can't contain more than 4 items"),
        ({"options": ("a", "b" * 51)}, "Choices cannot be longer than 50 characters each"),
        ({"options": ("same", "same ")}, "Choices contain duplicate items"),
        ({"expires_in": 299}, "Deadline is too soon"),
        ({"expires_in": -1}, "Deadline is too soon"),
        ({"expires_in": 2_629_747}, "Deadline is too far into the future"),
    ],
)
async def test_bad_polls_are_refused(
    database: Database, here: NodeContext, changes: dict[str, Any], why: str
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    with pytest.raises(InvalidError, match=why):
        await ask(database, here, ann, **changes)


async def test_a_poll_stands_with_a_text_and_without_files(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    for draft in (
        {"text": ""},
        {"text": "x", "media_ids": (1,)},
        {"text": "x", "kind": "Article", "title": "t"},
        {"text": "x", "state": "draft"},
    ):
        with pytest.raises(InvalidError):
            await publish(database, here, ann, draft.pop("text"), poll=ASKED, **draft)  # type: ignore[arg-type]


async def test_figures_are_owed_once_for_many_votes(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, *voters = await create_accounts(database, here, "ann", "bob", "eve", "fay")
    post_id = await ask(database, here, ann)
    inside = await publish(database, here, ann, "Inside?", visibility="local", poll=ASKED)
    secret = await ask(database, here, ann, hide_totals=True)
    assert await due(database) == ["create_post", "create_post"]
    for voter in voters:
        for each in (post_id, inside, secret):
            await vote(database, here, voter, each, 0)
    assert await due(database) == []
    clock.forward(seconds=4)
    assert await due(database) == ["show_poll", "show_poll"]
    clock.forward(seconds=180)
    assert await due(database) == ["update_poll"]
    assert (await seen(database, secret, ann)).hidden
    assert not (await seen(database, inside, ann)).hidden
    clock.forward(days=2)
    assert await due(database) == ["close_poll", "close_poll", "close_poll"]
    assert not (await seen(database, secret, ann)).hidden


async def test_the_end_is_told_once_to_who_asked_and_who_voted(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, eve, dan = await create_accounts(database, here, "ann", "bob", "eve", "dan@beta.test")
    post_id = await ask(database, here, ann)
    await vote(database, here, bob, post_id, 0)
    async with database.write() as tx:
        uri = (await visibility.get(tx, post_id, None)).uri
        assert await votes.receive(tx, dan, RemoteVote("https://beta.test/votes/1", uri, "Blue"))
        await polls.close(tx, post_id)
    assert await told(database, ann) == [], "it is not over yet"
    clock.forward(days=1, seconds=1)
    for _ in range(2):
        async with database.write() as tx:
            await polls.close(tx, post_id)
    assert await told(database, ann) == ["poll"] == await told(database, bob)
    assert await told(database, eve) == []
    assert await counts(database, post_id) == ([1, 1, 0], 2)


async def test_an_edit_of_the_choices_begins_a_new_count(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await ask(database, here, ann)
    await vote(database, here, bob, post_id, 0)

    async def change(**values: Any) -> None:
        async with database.write() as tx:
            await edits.edit(tx, here, ann, post_id, edits.PostEdit(**values))

    await change(text="Which one?")
    await change(poll=NewPoll(ASKED.options, 2 * DAY, hide_totals=True))
    kept = await seen(database, post_id, bob)
    assert kept.chosen == (0,)
    assert kept.hidden
    assert kept.votes_count == 1
    await change(poll=NewPoll(("Red", "Yellow"), DAY))
    assert await counts(database, post_id) == ([0, 0], 0)
    assert not (await seen(database, post_id, bob)).voted
    await vote(database, here, bob, post_id, 1)
    await change(poll=NewPoll(("Red", "Yellow"), DAY, multiple=True))
    assert await counts(database, post_id) == ([0, 0], 0)
    async with database.read() as tx:
        former = [edit.poll for edit in await versions.list_by_post(tx, post_id)]
    assert former[0] == '["Red","Blue","Green"]'
    assert former[-1] == '["Red","Yellow"]'
    for wrong in (NewPoll(("one",), DAY), NewPoll(("a", "b"), 1)):
        with pytest.raises(InvalidError):
            await change(poll=wrong)
    clock.forward(days=1, seconds=5)
    assert (await seen(database, post_id, bob)).expired
    await change(poll=NewPoll(("Red", "Yellow"), DAY, multiple=True))
    assert not (await seen(database, post_id, bob)).expired


async def test_a_note_can_be_given_a_poll_and_loses_it_with_the_post(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "A note")
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(poll=ASKED))
        assert (await visibility.get(tx, post_id, None)).kind == "Question"
    await vote(database, here, bob, post_id, 0)
    async with database.write() as tx:
        view = await post_removal.delete(tx, ann, post_id)
        assert view.poll is not None
        assert view.poll.votes_count == 1
        with pytest.raises(NotFoundError):
            await votes.get_view(tx, post_id, ann.id)
        await polls.close(tx, post_id)


async def test_votes_of_peers_count_once_and_only_where_they_may(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, dan, eve = await create_accounts(database, here, "ann", "dan@beta.test", "eve@beta.test")
    single = await ask(database, here, ann, expires_in=600)
    several = await ask(database, here, ann, multiple=True)
    inside = await publish(database, here, ann, "Inside?", visibility="local", poll=ASKED)
    private = await publish(database, here, ann, "For followers", visibility="followers", poll=ASKED)
    plain = await publish(database, here, ann, "No poll")
    async with database.write() as tx:
        uris = {
            each: (await visibility.get(tx, each, ann.id)).uri
            for each in (single, several, inside, private, plain)
        }

        async def receive(who: AccountRow, post_id: int, name: str) -> bool:
            return await votes.receive(tx, who, RemoteVote(f"{who.uri}#votes/{name}", uris[post_id], name))

        assert await receive(dan, single, "Blue")
        assert not await receive(dan, single, "Blue")
        assert not await receive(dan, single, "Red")
        assert await receive(eve, single, " Blue ")
        assert await receive(dan, several, "Red")
        assert await receive(dan, several, "Green")
        assert not await receive(dan, several, "Red")
        for post_id, name in ((single, "Pink"), (inside, "Red"), (private, "Red"), (plain, "Red")):
            assert not await receive(eve, post_id, name)
        assert not await votes.receive(tx, eve, RemoteVote("u", "https://beta.test/none", "Red"))
        await follows.receive(tx, eve, ann, f"{eve.uri}#follow")
        assert await receive(eve, private, "Red")
    assert await counts(database, single) == ([0, 2, 0], 2)
    assert await counts(database, several) == ([1, 0, 1], 1)
    clock.forward(seconds=601)
    (fay,) = await create_accounts(database, here, "fay@beta.test")
    async with database.write() as tx:
        assert not await votes.receive(tx, fay, RemoteVote("u", uris[single], "Red"))


def question(uri: str, author: AccountRow, *options: tuple[str, int], **changes: Any) -> RemotePost:
    names = ("multiple", "expires_at", "closed", "voters_count")
    values = {"multiple": False, "expires_at": START + DAY * 1000, "closed": False, "voters_count": None}
    values.update({name: changes.pop(name) for name in names if name in changes})
    poll = RemotePoll(options=tuple(RemoteOption(*each) for each in options), **values)  # type: ignore[arg-type]
    return remote(uri, author.uri, kind="Question", poll=poll, **changes)


async def test_a_poll_of_a_peer_is_what_its_origin_says(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, dan, eve = await create_accounts(database, here, "ann", "dan@beta.test", "eve@gamma.test")
    uri = "https://beta.test/polls/1"
    async with database.write() as tx:
        row = await remote_posts.receive(tx, dan, question(uri, dan, ("<b>Yes</b>", 4), ("No\u202e", 1)))
    assert row is not None
    shown = await seen(database, row.id, ann)
    assert [each.title for each in shown.options] == ["Yes", "No"]
    assert shown.votes_count == 5
    assert shown.poll.voters_count is None
    assert not shown.expired
    await vote(database, here, ann, row.id, 0)
    assert await counts(database, row.id) == ([5, 1], None)
    async with database.write() as tx:
        figures = question(uri, dan, ("<b>Yes</b>", 9), ("No\u202e", 2), voters_count=11)
        assert await remote_posts.receive_edit(tx, eve, question(uri, eve, ("<b>Yes</b>", 0))) is None
        assert await remote_posts.receive_edit(tx, dan, figures) is None
        # Without a later `updated` nothing but figures is taken.
        await remote_posts.receive_edit(tx, dan, question(uri, dan, ("Maybe", 1), ("No\u202e", 2)))
    assert await counts(database, row.id) == ([9, 2], 11)
    kept = await seen(database, row.id, ann)
    assert kept.chosen == (0,)
    assert kept.options[0].title == "Yes"
    async with database.read() as tx:
        assert await versions.list_by_post(tx, row.id) == []
    async with database.write() as tx:
        newer = question(uri, dan, ("Maybe", 1), ("No\u202e", 2), updated_at=START)
        assert await remote_posts.receive_edit(tx, dan, newer) is not None
    changed = await seen(database, row.id, ann)
    assert [each.title for each in changed.options] == ["Maybe", "No"]
    assert not changed.voted
    async with database.read() as tx:
        assert [edit.poll for edit in await versions.list_by_post(tx, row.id)] == ['["Yes","No"]']


async def test_the_end_of_a_peers_poll_is_told_whoever_notices_it(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, bob, dan = await create_accounts(database, here, "ann", "bob", "dan@beta.test")
    made = []
    async with database.write() as tx:
        for number in range(2):
            asked = question(f"https://beta.test/polls/{number}", dan, ("Yes", 0), ("No", 0))
            made.append(await remote_posts.receive(tx, dan, asked))
    first, second = [row.id for row in made if row is not None]
    await vote(database, here, ann, first, 0)
    await vote(database, here, ann, second, 0)
    async with database.write() as tx:
        closed = question("https://beta.test/polls/0", dan, ("Yes", 3), ("No", 0), closed=True)
        await remote_posts.receive_edit(tx, dan, closed)
    assert (await seen(database, first, ann)).expired
    assert await told(database, ann) == ["poll"]
    assert await told(database, bob) == []
    clock.forward(days=2)
    assert await due(database) == ["vote", "vote", "show_poll", "show_poll", "close_poll", "close_poll"]
    async with database.write() as tx:
        await polls.close(tx, first)
        await polls.close(tx, second)
    assert await told(database, ann) == ["poll", "poll"]


async def test_a_peer_is_asked_when_its_figures_are_old(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    ann, dan = await create_accounts(database, here, "ann", "dan@beta.test")
    own = await ask(database, here, ann, expires_in=300)
    asked = question("https://beta.test/polls/1", dan, ("Yes", 0), ("No", 0))
    async with database.write() as tx:
        row = await remote_posts.receive(tx, dan, asked)
    assert row is not None

    async def stale(post_id: int) -> bool:
        async with database.read() as tx:
            view = await votes.get_view(tx, post_id, ann.id)
            assert view.poll is not None
            return is_stale(view.post, view.poll, tx.now)

    assert not await stale(row.id)
    clock.forward(seconds=61)
    assert await stale(row.id)
    assert not await stale(own)
    clock.forward(days=2)
    assert await stale(row.id), "once more after the end"
    async with database.write() as tx:
        await remote_posts.receive_edit(tx, dan, asked)
    clock.forward(days=1)
    assert not await stale(row.id)


async def test_who_goes_leaves_the_result_as_it_was(database: Database, here: NodeContext) -> None:
    ann, bob, dan = await create_accounts(database, here, "ann", "bob", "dan@beta.test")
    post_id = await ask(database, here, ann)
    await vote(database, here, bob, post_id, 1)
    async with database.write() as tx:
        uri = (await visibility.get(tx, post_id, None)).uri
        assert await votes.receive(tx, dan, RemoteVote("https://beta.test/votes/1", uri, "Red"))
        await account_removal.delete_local(tx, bob)
        await account_removal.delete_remote(tx, dan)
        assert await poll_queries.list_local_voters(tx, post_id) == []
    assert await counts(database, post_id) == ([1, 1, 0], 2)


async def test_filters_see_the_choices(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await ask(database, here, ann)
    async with database.write() as tx:
        await filters.create(
            tx, bob, title="Colours", contexts=["home"], keywords=[filters.KeywordChange(keyword="green")]
        )
        [view] = await post_views.load(tx, [post_id], bob.id, context="home")
    assert [hit.filter.title for hit in view.filtered] == ["Colours"]


async def count_statements(database: Database, viewer: AccountRow, size: int) -> int:
    database.caches = CacheRegistry()
    async with database.read() as tx:
        ids = await timelines.list_home(tx, viewer.id, Page(limit=size))
        views = await post_views.load(tx, ids, viewer.id, context="home")
        assert sum(view.poll is not None for view in views) == size
        return tx.statement_count


async def test_a_page_of_polls_takes_one_statement_more_whatever_its_size(
    database: Database, here: NodeContext
) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, bob, ann)
    for number in range(20):
        post_id = await ask(database, here, ann, multiple=True)
        await vote(database, here, bob, post_id, number % 3, 0)
    small, large = [await count_statements(database, bob, size) for size in (3, 20)]
    assert small == large <= 11
