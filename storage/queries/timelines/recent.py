"""Hashtags, posts and links that were used most in the last days."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    desc,
    distinct,
    exists,
    func,
    literal,
    literal_column,
    select,
)

from storage.engine import ReadTx
from storage.rows.content import TagRow
from storage.rows.timelines import CardRow
from storage.statements import columns_of, one_of, to_rows
from storage.tables.accounts import accounts
from storage.tables.content import post_tags, tags
from storage.tables.posts import posts
from storage.tables.timelines import cards, post_cards

_author = accounts.alias("author")
_is_public = and_(
    posts.c.id > bindparam("since_id"),
    posts.c.visibility == "public",
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
    exists(
        select(literal(1)).where(
            _author.c.id == posts.c.account_id,
            _author.c.suspended_at.is_(None),
            _author.c.deleted_at.is_(None),
        )
    ),
)
LIST_TAGS = (
    select(*columns_of(tags, TagRow))
    .join(post_tags, post_tags.c.tag_id == tags.c.id)
    .join(posts, posts.c.id == post_tags.c.post_id)
    .where(_is_public)
    .group_by(*columns_of(tags, TagRow))
    .order_by(desc(func.count(distinct(posts.c.account_id))), desc(func.count()), tags.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_engagement = posts.c.likes_count + posts.c.boosts_count
_select_public_ids = (
    select(posts.c.id).where(_is_public).limit(bindparam("limit")).offset(bindparam("offset"))
)
LIST_POST_IDS = _select_public_ids.where(_engagement > 0).order_by(desc(_engagement), desc(posts.c.id))
LIST_LINKS = (
    select(*columns_of(cards, CardRow))
    .join(post_cards, post_cards.c.card_id == cards.c.id)
    .join(posts, posts.c.id == post_cards.c.post_id)
    .where(_is_public, cards.c.kind != "")
    .group_by(cards.c.id)
    .order_by(desc(func.count(distinct(posts.c.account_id))), desc(func.count()), cards.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_day: ColumnElement[int] = posts.c.published_at // literal_column("86400000", BigInteger())
LIST_LINK_USES = (
    select(post_cards.c.card_id, _day, func.count(), func.count(distinct(posts.c.account_id)))
    .join(posts, posts.c.id == post_cards.c.post_id)
    .where(one_of(post_cards.c.card_id, "ids"), _is_public)
    .group_by(post_cards.c.card_id, _day)
)


async def list_tags(tx: ReadTx, since_id: int, limit: int, offset: int) -> list[TagRow]:
    """Return hashtags of public posts since an id, those used by most accounts first."""
    return to_rows(TagRow, await tx.all(LIST_TAGS, since_id=since_id, limit=limit, offset=offset))


async def list_post_ids(tx: ReadTx, since_id: int, limit: int, offset: int) -> list[int]:
    """Return ids of public posts since an id with likes or boosts, most first."""
    return await tx.values(LIST_POST_IDS, since_id=since_id, limit=limit, offset=offset)


async def list_links(tx: ReadTx, since_id: int, limit: int, offset: int) -> list[CardRow]:
    """Return cards that public posts since an id show, those shared by most accounts first."""
    return to_rows(CardRow, await tx.all(LIST_LINKS, since_id=since_id, limit=limit, offset=offset))


async def list_link_uses(tx: ReadTx, ids: Sequence[int], since_id: int) -> list[tuple[int, int, int, int]]:
    """Return card, day (since 1970), number of public posts and of accounts, since an id."""
    rows = await tx.all(LIST_LINK_USES, ids=list(ids), since_id=since_id)
    return [(row[0], row[1], row[2], row[3]) for row in rows]
