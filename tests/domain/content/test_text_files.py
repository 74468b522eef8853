"""The files that the text of an article shows: they are the article's, as long as they are in its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedserver.domain.content import media
from fedserver.domain.content.post_texts import LICENSES, find_license
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import edits, posts, scheduled_posts
from storage.engine import Database
from storage.queries.content import media as media_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from tests.kit.people import create_accounts, make_context


@pytest.fixture
def here(tmp_path: Path) -> NodeContext:
    return make_context(tmp_path)


async def store(database: Database, here: NodeContext, owner: AccountRow, key: str) -> MediaRow:
    file = media.NewFile("image", "image/webp", key, "", 100, width=40, height=30)
    async with database.write() as tx:
        return await media.create(tx, here, owner, file, "", (0.0, 0.0))


def article(text: str, **more: object) -> posts.Draft:
    return posts.Draft(text=text, title="T", kind="Article", content_type="text/markdown", **more)  # type: ignore[arg-type]


async def files_of(database: Database, post_id: int) -> list[tuple[int, str]]:
    async with database.read() as tx:
        return [(row.id, row.description) for row in await media_queries.load_by_posts(tx, [post_id])]


async def test_pictures_of_a_text_come_and_go_with_it(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    one, two, attached = [await store(database, here, ann, f"a/{name}.webp") for name in ("1", "2", "3")]
    foreign = await store(database, here, bob, "a/4.webp")
    text = "![first](/media/a/1.webp) ![not mine](/media/a/4.webp)"
    async with database.write() as tx:
        post_id = await posts.publish(tx, here, ann, article(text, media_ids=(attached.id,)))
        other_id = await posts.publish(tx, here, ann, article("![again](/media/a/1.webp)"))
    assert await files_of(database, post_id) == [(attached.id, ""), (one.id, "first")]
    assert await files_of(database, other_id) == []
    async with database.read() as tx:
        row = await media_queries.find(tx, foreign.id)
        assert row is not None and row.post_id is None  # noqa: PT018
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(text="![second](/media/a/2.webp)"))
    assert await files_of(database, post_id) == [(attached.id, ""), (two.id, "second")]
    # An app that names only what it attached leaves the pictures of the text where they are.
    async with database.write() as tx:
        await edits.edit(tx, here, ann, post_id, edits.PostEdit(media_ids=()))
    assert await files_of(database, post_id) == [(two.id, "second")]


async def test_scheduled_article_keeps_its_pictures(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    one = await store(database, here, ann, "a/1.webp")
    async with database.write() as tx:
        draft = article("![first](/media/a/1.webp)")
        scheduled = await scheduled_posts.schedule(tx, here, ann, draft, tx.now + 3_600_000)
        other_id = await posts.publish(tx, here, ann, draft)
        assert await media_queries.list_orphans(tx, tx.now + 10**9, 10) == []
    assert await files_of(database, other_id) == []
    async with database.write() as tx:
        published = await scheduled_posts.cancel(tx, ann, scheduled.row.id)
        assert published is None
        post_id = await posts.publish(tx, here, ann, draft)
    assert await files_of(database, post_id) == [(one.id, "first")]


async def test_text_shows_only_so_many_files(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    text = "\n\n".join(f"![x](/media/a/{number}.webp)" for number in range(33))
    async with database.write() as tx:
        with pytest.raises(InvalidError, match="more than 32"):
            await posts.publish(tx, here, ann, article(text))
        with pytest.raises(InvalidError, match="not known"):
            await posts.publish(tx, here, ann, article("x", license="mine"))


def test_license_is_known_by_its_address() -> None:
    for name, address in LICENSES.items():
        assert find_license(address) == name
        assert find_license(address.replace("https", "http").rstrip("/")) == name
    assert find_license("https://evil.test/licenses/by/4.0/") == ""
