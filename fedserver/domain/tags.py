"""Hashtags that an account follows (docs.joinmastodon.org/methods/tags): public posts with them come home."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.words import Invalid, NotFound
from fedserver.text import clean_name, fold_tag, scan
from storage import AccountRow, Page, PostRow, TagRow, Tx, queries

MOST = 1_000
MAX_NAME = 100


class TagView(Struct, frozen=True):
    """A tag as its viewer sees it; None where nobody looks."""

    row: TagRow
    follows: bool | None = None
    features: bool | None = None


def written(name: str) -> str:
    """A tag's name without its sign. Raises NotFound for what cannot be one."""
    name = clean_name(name, MAX_NAME + 1).removeprefix("#")
    if not 0 < len(name) <= MAX_NAME or scan(f"#{name}").hashtags != (name,):
        raise NotFound
    return name


async def find(tx: Tx, name: str) -> TagRow:
    """A tag, also one that nobody has used yet: its id is then 0. Raises NotFound for what cannot be one."""
    name = written(name)
    found = await queries.tags.by_names(tx, [fold_tag(name)])
    return found[0] if found else TagRow(0, fold_tag(name), name)


async def ensure(tx: Tx, name: str) -> TagRow:
    """A tag, made if nobody has used it yet. Raises NotFound for what cannot be one."""
    row = await find(tx, name)
    if row.id:
        return row
    await queries.tags.ensure(tx, {row.name: row.display})
    return await find(tx, name)


async def views(tx: Tx, rows: Sequence[TagRow], viewer_id: int | None) -> list[TagView]:
    """Tags with how the viewer stands to them, in their order."""
    if viewer_id is None or not rows:
        return [TagView(row) for row in rows]
    found = await queries.featured_tags.standing(tx, viewer_id, [row.id for row in rows])
    return [TagView(row, row.id in found["follows"], row.id in found["features"]) for row in rows]


async def follow(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """Follow a tag: its latest posts appear at home. Raises NotFound, Invalid."""
    row = await ensure(tx, name)
    if await queries.tags.count_followed(tx, actor.id) >= MOST:
        raise Invalid("base", f"You may follow {MOST} hashtags")
    if await queries.tags.follow(tx, actor.id, row.id):
        await queries.home_entries.fill_tagged(tx, actor.id, row.id)
    return row


async def unfollow(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """End it: what only this tag brought home goes. Raises NotFound for what cannot be a tag."""
    row = await find(tx, name)
    if await queries.tags.unfollow(tx, actor.id, row.id):
        await queries.home_entries.clear_tagged(tx, actor.id, row.id)
    return row


async def page(tx: Tx, actor: AccountRow, page: Page) -> list[tuple[int, TagRow]]:
    """Cursors and tags that `actor` follows, newest first."""
    return await queries.tags.followed(tx, actor.id, page)


async def spread(tx: Tx, post: PostRow) -> None:
    """Show a public post at the homes of those who follow one of its tags."""
    if post.visibility == "public" and post.tags != "[]":
        await queries.home_entries.spread_tagged(tx, post.id, post.account_id)
