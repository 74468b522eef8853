"""Hashtags and who follows them (docs.joinmastodon.org/methods/tags): their public posts appear at home."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.locales import gettext
from fedserver.text.names import HASHES, fold_tag, is_hashtag
from fedserver.text.sanitize import clean_name
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import featured_tags as featured_tag_queries
from storage.queries.content import tags as tag_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import TagRow
from storage.rows.posts import PostRow

MAX_FOLLOWED = 1_000  # bounds the work of adding a post to home timelines
MAX_NAME = 100  # characters


class TagView(Struct, frozen=True):
    """A tag as its viewer sees it; the flags are None without a viewer."""

    row: TagRow
    follows: bool | None = None
    features: bool | None = None


def parse_name(name: str) -> str:
    """Return a tag's name without its `#`. Raises NotFoundError if it is not a valid name."""
    name = clean_name(name, MAX_NAME + 2)
    name = name[1:] if name.startswith(tuple(HASHES)) else name
    if not 0 < len(name) <= MAX_NAME or not is_hashtag(name):
        raise NotFoundError
    return name


async def get(tx: ReadTx, name: str) -> TagRow:
    """Return a tag; its id is 0 if nobody has used it yet.

    Raises NotFoundError if the name is not valid.
    """
    name = parse_name(name)
    rows = await tag_queries.load_by_names(tx, [fold_tag(name)])
    return rows[0] if rows else TagRow(0, fold_tag(name), name)


async def get_or_create(tx: Tx, name: str) -> TagRow:
    """Return a tag, created if nobody has used it yet. Raises NotFoundError if the name is not valid."""
    row = await get(tx, name)
    if row.id:
        return row
    await tag_queries.load_or_insert(tx, {row.name: row.display})
    return await get(tx, name)


async def load_views(tx: ReadTx, rows: Sequence[TagRow], viewer_id: int | None) -> list[TagView]:
    """Return views of tags, in their order."""
    if viewer_id is None or not rows:
        return [TagView(row) for row in rows]
    facts = await featured_tag_queries.load_viewer_facts(tx, viewer_id, [row.id for row in rows])
    return [TagView(row, row.id in facts["follows"], row.id in facts["features"]) for row in rows]


async def follow(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """Follow a tag and add its latest posts to the home timeline. Raises NotFoundError, InvalidError."""
    row = await get_or_create(tx, name)
    if await tag_queries.count_followed(tx, actor.id) >= MAX_FOLLOWED:
        message = gettext("You follow as many hashtags as you can. Please unfollow one first.")
        raise InvalidError("base", f"You may follow {MAX_FOLLOWED} hashtags", message=message)
    if await tag_queries.insert_follow(tx, actor.id, row.id):
        await home_entry_queries.backfill_tag(tx, actor.id, row.id)
    return row


async def unfollow(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """Unfollow a tag and remove from home what only this tag brought there. Raises NotFoundError."""
    row = await get(tx, name)
    if await tag_queries.delete_follow(tx, actor.id, row.id):
        await home_entry_queries.delete_by_tag(tx, actor.id, row.id)
    return row


async def list_followed(tx: ReadTx, actor: AccountRow, page: Page) -> list[tuple[int, TagRow]]:
    """Return cursors and the tags that `actor` follows, newest first."""
    return await tag_queries.list_followed(tx, actor.id, page)


async def fan_out_home(tx: Tx, post: PostRow) -> None:
    """Add a public post to the home timelines of those who follow one of its tags."""
    if post.visibility == "public" and post.tags != "[]":
        await home_entry_queries.fan_out_tagged(tx, post.id, post.account_id)
