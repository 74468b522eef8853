"""Posts of peers: none is lost, none is kept twice, and nobody changes another's."""

from __future__ import annotations

from typing import Any

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import post_removal, remote_posts
from fedserver.domain.posts.remote_content import RemotePost
from storage.engine import Database
from storage.queries.posts import posts as post_queries
from tests.kit.clock import START
from tests.kit.people import create_accounts
from tests.kit.remote_posts import build_remote_post


def remote(uri: str, author_uri: str, **changes: Any) -> RemotePost:
    values: dict[str, Any] = {"html": "<p>text</p><script>x</script>", "published_at": START - 1_000}
    return build_remote_post(uri, author_uri, **{**values, **changes})


async def test_many_posts_of_one_moment_are_all_kept(database: Database, here: NodeContext) -> None:
    (bob,) = await create_accounts(database, here, "bob@beta.test")
    async with database.write() as tx:
        # One id of that millisecond is taken until the counter moves: as good as a collision.
        taken = tx.new_id(START - 1_000)
        made = iter([taken, taken, taken + 1])
        tx.ids.new_at = lambda moment: next(made)  # type: ignore[method-assign]
        for number in range(2):
            uri = f"https://beta.test/posts/{number}"
            row = await remote_posts.receive(tx, bob, remote(uri, bob.uri))
            assert row is not None
            assert row.thread_id == row.id
        stored = await post_queries.load_by_uris(
            tx, [f"https://beta.test/posts/{number}" for number in range(2)]
        )
    assert len(stored) == 2


async def test_a_second_create_and_a_stranger_change_nothing(database: Database, here: NodeContext) -> None:
    bob, eve = await create_accounts(database, here, "bob@beta.test", "eve@gamma.test")
    uri = "https://beta.test/posts/1"
    async with database.write() as tx:
        first = await remote_posts.receive(tx, bob, remote(uri, bob.uri))
        again = await remote_posts.receive(tx, bob, remote(uri, bob.uri, html="<p>other</p>"))
        assert await remote_posts.receive(tx, eve, remote(uri, eve.uri)) is None
        assert first is not None
        assert again is not None
        assert again.html == first.html == "<p>text</p>"
        newer = remote(uri, eve.uri, html="<p>evil</p>", updated_at=START)
        assert await remote_posts.receive_edit(tx, eve, newer) is None
        assert not await post_removal.receive(tx, eve, uri)
        wider = remote(uri, bob.uri, html="<p>new</p>", updated_at=START, visibility="public")
        changed = await remote_posts.receive_edit(tx, bob, wider)
        assert changed is not None
        assert changed.html == "<p>new</p>"
        assert changed.version >= 1
        assert await post_removal.receive(tx, bob, uri)
        assert await remote_posts.receive(tx, bob, remote(uri, bob.uri)) is None


async def test_an_edit_never_widens(database: Database, here: NodeContext) -> None:
    (bob,) = await create_accounts(database, here, "bob@beta.test")
    uri = "https://beta.test/posts/1"
    async with database.write() as tx:
        await remote_posts.receive(tx, bob, remote(uri, bob.uri, visibility="followers"))
        edit = remote(uri, bob.uri, visibility="public", updated_at=START)
        changed = await remote_posts.receive_edit(tx, bob, edit)
        assert changed is not None
        assert changed.visibility == "followers"


async def test_relative_links_lead_to_the_peer(database: Database, here: NodeContext) -> None:
    (bob,) = await create_accounts(database, here, "bob@beta.test")
    html = '<p><a href="/tags/x">x</a> <img src="pic.png"></p>'
    async with database.write() as tx:
        for number, kind in enumerate(("Note", "Article")):
            uri = f"https://beta.test/posts/{number}"
            sent = remote(uri, bob.uri, url=f"https://beta.test/@bob/{number}", html=html, kind=kind)
            row = await remote_posts.receive(tx, bob, sent)
            assert row is not None
            assert 'href="https://beta.test/tags/x"' in row.html
            assert ('src="https://beta.test/@bob/pic.png"' in row.html) == (kind == "Article")
