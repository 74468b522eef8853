"""Search over posts: which words and operators find what, and that nobody finds what is not theirs to see."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text as sql

from fedserver.domain.accounts import account_removal, accounts
from fedserver.domain.content import search_index
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import (
    boosts,
    edits,
    likes,
    polls,
    post_removal,
    remote_content,
    remote_posts,
    votes,
)
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.domain.timelines import bookmarks, post_views, search
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.engine import Database
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.relationships import domain_mutes as domain_mute_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, establish_follow, publish
from tests.kit.remote_posts import build_remote_post

COUNT, EMPTY = sql("SELECT count(*) FROM post_words"), sql("DELETE FROM post_words")
TODAY = "2026-11-18"  # the day of the tests' clock


async def found(
    database: Database, here: NodeContext, viewer: AccountRow | None, text: str, **more: Any
) -> list[int]:
    query = search.SearchRequest(text=text, kind="statuses", **more)
    async with database.read() as tx:
        return list((await search.run(tx, here, viewer.id if viewer else None, query)).posts)


async def consent(database: Database, here: NodeContext, *members: AccountRow, agreed: bool = True) -> None:
    """Members let everybody search their posts, or do not any more; what that owes is done."""
    async with database.write() as tx:
        for member in members:
            row = await accounts.get(tx, member.id)
            await accounts.update_profile(tx, here, row, accounts.ProfileChange(indexable=agreed))
    await work(database)


async def work(database: Database) -> int:
    """Do what search owes; how many batches."""
    done = 0
    while True:
        async with database.write() as tx:
            leased = await job_queries.lease(
                tx, until=tx.now + 1_000_000, limit=50, kinds=KINDS_BY_QUEUE[DEFAULT]
            )
            await job_queries.finish(tx, [row.id for row in leased])
            wanted = [jobs.decode(row.payload) for row in leased]
            index = [each for each in wanted if isinstance(each, jobs.IndexPosts)]
            for task in index:
                await search_index.index_batch(tx, task)
        if not leased:
            return done
        done += len(index)


def remote(uri: str, author: AccountRow, html: str, **changes: Any) -> remote_content.RemotePost:
    return build_remote_post(uri, author.uri, html=html, source_type="text/html", **changes)


async def test_words_phrases_and_what_is_left_out(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    first = await publish(database, here, ann, "The quick brown fox; it's here")
    second = await publish(database, here, ann, "Brown is not quick")
    for text, wanted in {
        "quick": [second, first],
        "QUICK brown": [second, first],
        '"quick brown"': [first],
        '"brown quick"': [],
        "quick -fox": [second],
        '-"quick brown" brown': [second],
        "-fox": [second],
        "it's": [first],
        "qui": [],
        "absent": [],
        "…": [],
        "": [],
        "-": [],
        '"quick brown': [second, first],
    }.items():
        assert await found(database, here, ann, text) == wanted, text


async def test_accents_and_scripts_without_spaces(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    cafe = await publish(database, here, ann, "Le CAFÉ de José à Łódź")
    tokyo = await publish(database, here, ann, "明日は東京都でPython入門をします")
    seoul = await publish(database, here, ann, "서울에서 만나요")
    thai = await publish(database, here, ann, "ห้องสมุดเปิดแล้ว")
    hindi = await publish(database, here, ann, "पुस्तकालय खुला है")
    for text, wanted in {
        "cafe": [cafe],
        "jose": [cafe],
        "lodz": [cafe],
        "café": [cafe],
        "東京": [tokyo],
        "東京都": [tokyo],
        "東": [tokyo],
        "す": [tokyo],
        "京東": [],
        "python入門": [tokyo],
        "ｐｙｔｈｏｎ": [tokyo],
        "入門 -東京": [],
        "서울": [seoul],
        "สมุด": [thai],
        "खुला": [hindi],
        "खुल": [],
    }.items():
        assert await found(database, here, ann, text) == wanted, text


async def test_title_warning_descriptions_and_options_are_searched(
    database: Database, here: NodeContext
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    article = await publish(
        database,
        here,
        ann,
        "## Tools\n\nText",
        kind="Article",
        title="Repairing lamps",
        content_type="text/markdown",
    )
    warned = await publish(database, here, ann, "hidden", summary="Spiders ahead")
    async with database.write() as tx:
        file = MediaRow(
            tx.new_id(), ann.id, None, 0, "image", "image/png", "k", "k", "", "A heron at dawn",
            None, 0.0, 0.0, 1, 1, 1, 1, 1, tx.now,
        )  # fmt: skip
        await media_queries.insert(tx, [file])
    pictured = await publish(database, here, ann, "look", media_ids=(file.id,))
    poll = polls.NewPoll(("Otters", "Badgers"), 3600)
    asked = await publish(database, here, ann, "which?", poll=poll)
    assert await found(database, here, ann, "badgers has:poll") == [asked]
    assert await found(database, here, ann, "lamps") == [article]
    assert await found(database, here, ann, "tools is:article") == [article]
    assert await found(database, here, ann, "spiders") == [warned]
    assert await found(database, here, ann, "heron") == [pictured]
    assert (
        await found(database, here, ann, "has:image")
        == [pictured]
        == await found(database, here, ann, "has:media")
    )
    assert await found(database, here, ann, "has:video") == []


async def test_operators(database: Database, here: NodeContext, clock: Clock) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve@beta.test")
    await consent(database, here, bob)
    old = await publish(database, here, bob, "words of old", language="de-AT")
    clock.forward(days=2)
    linked = await publish(database, here, bob, "words https://example.test/page", sensitive=True)
    answer = await publish(database, here, ann, "@bob words back #tag", in_reply_to_id=linked, language="en")
    async with database.write() as tx:
        row = await remote_posts.receive(tx, eve, remote("https://beta.test/1", eve, "<p>words afar</p>"))
    assert row is not None
    every = [row.id, answer, linked, old]
    for text, wanted in {
        "words": every,
        "words from:me": [answer],
        "words -from:me": [row.id, linked, old],
        "from:bob": [linked, old],
        "from:@bob": [linked, old],
        "from:@Bob@alpha.test": [linked, old],
        "from:@eve@beta.test": [row.id],
        "from:@eve@gamma.test": [],
        "words from:nobody": [],
        "words from:": [],
        "language:de": [old],
        "language:de-at": [old],
        "words -language:de": [row.id, answer, linked],
        "has:link": [linked],
        "words -has:link": [row.id, answer, old],
        "has:poll": [],
        "has:embed": [],
        "is:reply": [answer],
        "words -is:reply": [row.id, linked, old],
        "is:sensitive": [linked],
        "words in:library": [answer],
        "words in:public": [row.id, linked, old],
        "words in:all": every,
        f"words before:{TODAY}": [],
        "words before:2026-11-19": [old],
        f"words during:{TODAY}": [old],
        f"words after:{TODAY}": [row.id, answer, linked],
        "words after:2026-11-21": [],
        "words -after:2026-11-19": [old],
        "words -before:2026-11-19": [row.id, answer, linked],
        "words after:2026-11-18 before:2026-11-30 -is:reply": [row.id, linked],
        # Not written well: taken for words, which are nowhere.
        "words before:yesterday": [],
        "words before:2026-13-01": [],
        "words has:treasure": [],
        "words is:": [],
        "words in:nowhere": [],
        "words language:klingon-tongue": [],
        "words ftp:file": [],
        "words from:@": [],
    }.items():
        assert await found(database, here, ann, text) == wanted, text
    assert await found(database, here, bob, "is:reply") == [answer]
    assert await found(database, here, ann, "words", account_id=bob.id) == [linked, old]


async def test_a_malformed_operator_is_looked_for_as_words(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(
        database, here, ann, "It has: treasure, before:yesterday, from: nowhere; c++ is: fun"
    )
    for text in (
        "has:treasure",
        "before:yesterday",
        "from:",
        "is: fun",
        "-has:media treasure",
        '"',
        "'; DROP c++",
    ):
        expected = [] if text in ('"', "'; DROP c++") else [post_id]
        assert await found(database, here, ann, text) == expected, text
    for text in (
        'a"b"c',
        "AND",
        "NOT fun",
        "NEAR(fun)",
        "fun*",
        "words:fun",
        "^fun",
        "fun & !it",
        "a:* | b",
        "\\'",
        "((",
    ):
        await found(database, here, ann, text)


async def test_nobody_finds_what_is_not_theirs(database: Database, here: NodeContext) -> None:
    ann, bob, eve = await create_accounts(database, here, "ann", "bob", "eve")
    await establish_follow(database, here, eve, ann)
    posts = {
        name: await publish(
            database,
            here,
            ann,
            f"@bob secret {name}" if name == "direct" else f"secret {name}",
            visibility=name,
        )
        for name in ("public", "unlisted", "followers", "direct", "local")
    }
    drafted = await publish(
        database, here, ann, "secret draft", kind="Article", title="secret", state="draft"
    )
    assert await found(database, here, ann, "secret") == sorted(posts.values(), reverse=True)
    assert await found(database, here, bob, "secret") == [posts["direct"]]
    assert await found(database, here, eve, "secret") == []
    assert await found(database, here, eve, "from:ann") == []
    assert await found(database, here, None, "secret") == []
    await consent(database, here, ann)
    assert await found(database, here, bob, "secret") == [posts["direct"], posts["public"]]
    assert await found(database, here, eve, "secret") == [posts["public"]]
    assert await found(database, here, None, "secret") == []
    assert drafted not in await found(database, here, ann, "secret")


async def test_consent_can_be_taken_back(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "findable")
    await consent(database, here, ann)
    assert await found(database, here, bob, "findable") == [post_id]
    async with database.write() as tx:  # at once, before anything was indexed anew
        row = await accounts.get(tx, ann.id)
        await accounts.update_profile(tx, here, row, accounts.ProfileChange(indexable=False))
    assert await found(database, here, bob, "findable") == []
    await work(database)
    assert await found(database, here, bob, "findable") == []
    assert await found(database, here, ann, "findable") == [post_id]


async def test_what_one_had_to_do_with_is_found(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    liked, boosted, kept, named, other = [
        await publish(database, here, bob, f"thing {text}") for text in ("a", "b", "c", "d @ann", "e")
    ]
    voted = await publish(database, here, bob, "thing f", poll=polls.NewPoll(("yes", "no"), 3600))
    async with database.write() as tx:
        await likes.like(tx, here, ann, liked)
        await boosts.boost(tx, here, ann, boosted)
        await bookmarks.add(tx, ann, kept)
    assert await found(database, here, ann, "thing") == [named, kept, boosted, liked]
    async with database.write() as tx:
        await votes.vote(tx, here, ann, voted, [0])
    assert await found(database, here, ann, "thing") == [voted, named, kept, boosted, liked]
    assert await found(database, here, ann, "thing in:public") == []
    async with database.write() as tx:
        await likes.unlike(tx, ann, liked)
        await boosts.unboost(tx, ann, boosted)
        await bookmarks.remove(tx, ann, kept)
    assert await found(database, here, ann, "thing") == [voted, named]
    assert other not in await found(database, here, ann, "thing")


async def test_a_followers_post_is_lost_with_the_follow(database: Database, here: NodeContext) -> None:
    """The list of ids may hold it; whoever loads the post decides."""
    from_here, bob = await create_accounts(database, here, "ann", "bob")
    await establish_follow(database, here, from_here, bob)
    post_id = await publish(database, here, bob, "among friends", visibility="followers")
    async with database.write() as tx:
        await likes.like(tx, here, from_here, post_id)
        await follows.unfollow(tx, here, from_here, bob)
    ids = await found(database, here, from_here, "friends")
    async with database.read() as tx:
        assert await post_views.load(tx, ids, from_here.id, context="public") == []
        assert len(await post_views.load(tx, [post_id], bob.id)) == 1


@pytest.mark.parametrize("kind", ["mute", "block", "blocked", "suspended", "silenced", "domain"])
async def test_hidden_authors_are_not_found(database: Database, here: NodeContext, kind: str) -> None:
    ann, eve = await create_accounts(database, here, "ann", "eve@beta.test")
    async with database.write() as tx:
        row = await remote_posts.receive(tx, eve, remote("https://beta.test/1", eve, "<p>noise</p>"))
        assert row is not None
        await likes.like(tx, here, ann, row.id)
    assert await found(database, here, ann, "noise") == [row.id]
    async with database.write() as tx:
        if kind == "mute":
            await mutes.mute(tx, ann, eve, hides_notifications=True, seconds=0)
        elif kind == "block":
            await blocks.block(tx, here, ann, eve)
        elif kind == "blocked":
            await blocks.receive(tx, eve, ann, "https://beta.test/block")
        elif kind == "domain":
            await domain_mute_queries.insert(tx, ann.id, "beta.test")
        else:
            limits = {"suspended_at": None, "silenced_at": None, f"{kind}_at": tx.now}
            await account_queries.set_limits(tx, eve.id, **limits)
    assert await found(database, here, ann, "noise") == []


async def test_edits_and_removals_reach_the_index(database: Database, here: NodeContext) -> None:
    ann, eve = await create_accounts(database, here, "ann", "eve@beta.test")
    post_id = await publish(database, here, ann, "heron")
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="egret"))
    assert await found(database, here, ann, "heron") == []
    assert await found(database, here, ann, "egret") == [post_id]
    async with database.write() as tx:
        row = await remote_posts.receive(tx, eve, remote("https://beta.test/1", eve, "<p>heron</p>"))
        assert row is not None
        later = remote("https://beta.test/1", eve, "<p>stork</p>", updated_at=tx.now + 5)
        await remote_posts.receive_edit(tx, eve, later)
    assert await found(database, here, ann, "heron") == []
    assert await found(database, here, ann, "stork") == [row.id]
    async with database.write() as tx:
        narrow = remote(
            "https://beta.test/1", eve, "<p>stork</p>", updated_at=tx.now + 9, visibility="followers"
        )
        await remote_posts.receive_edit(tx, eve, narrow)
    assert await found(database, here, ann, "stork") == []
    async with database.write() as tx:
        await post_removal.delete(tx, ann, post_id)
        await post_removal.receive(tx, eve, "https://beta.test/1")
    assert await indexed(database) == 0


async def indexed(database: Database) -> int:
    """How many posts the index holds."""
    async with database.read() as tx:
        return int(await tx.value(COUNT))


async def test_nothing_is_left_of_removed_accounts(database: Database, here: NodeContext) -> None:
    """Rows that go with their owner's row leave the index too, whatever made `posts` anew since."""
    ann, eve = await create_accounts(database, here, "ann", "eve@beta.test")
    await publish(database, here, ann, "one")
    async with database.write() as tx:
        await remote_posts.receive(tx, eve, remote("https://beta.test/1", eve, "<p>two</p>"))
    assert await indexed(database) == 2
    async with database.write() as tx:
        await account_removal.delete_remote(tx, eve)
    assert await indexed(database) == 1
    async with database.write() as tx:
        await account_removal.delete_local(tx, ann)
    assert await indexed(database) == 0


async def test_what_was_there_before_is_indexed_in_batches(
    database: Database, here: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "BATCH_SIZE", 2)
    (ann,) = await create_accounts(database, here, "ann")
    written = [await publish(database, here, ann, f"old {number}") for number in range(5)]
    await publish(database, here, ann, "draft", kind="Article", title="old", state="draft")
    async with database.write() as tx:
        await tx.run(EMPTY)
        await search_index.enqueue_reindex(tx, None)
    assert await found(database, here, ann, "old") == []
    assert await work(database) == 3
    assert await found(database, here, ann, "old") == written[::-1]


async def test_pages(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    await consent(database, here, bob)
    ids = [await publish(database, here, (ann, bob)[number % 2], "same") for number in range(6)][::-1]
    assert await found(database, here, ann, "same", limit=2) == ids[:2]
    assert await found(database, here, ann, "same", limit=2, offset=2) == ids[2:4]
    assert await found(database, here, ann, "same", limit=9, offset=6) == []
    assert await found(database, here, ann, "same", limit=2, max_id=ids[1]) == ids[2:4]
    assert await found(database, here, ann, "same", limit=2, min_id=ids[5]) == ids[3:5]
    assert await found(database, here, ann, "same", limit=9, min_id=ids[5], max_id=ids[2]) == ids[3:5]


async def test_a_search_takes_few_statements(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    for number in range(12):
        await publish(database, here, ann, f"word {number}")
    counts = []
    for limit in (1, 10):
        async with database.read() as tx:
            query = search.SearchRequest(text="word -from:bob", kind="statuses", limit=limit)
            assert len((await search.run(tx, here, ann.id, query)).posts) == limit
            counts.append(tx.statement_count)
    assert counts[0] == counts[1] <= 5
