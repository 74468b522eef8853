"""What was used most in the last days: hashtags, posts, links."""

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

from storage.engine import Tx
from storage.rows.content import TagRow
from storage.rows.timelines import CardRow
from storage.statements import columns_of, one_of, rows
from storage.tables.accounts import accounts
from storage.tables.content import post_tags, tags
from storage.tables.posts import posts
from storage.tables.timelines import cards, post_cards

_author = accounts.alias("author")
_shown = and_(
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
TAGS = (
    select(*columns_of(tags, TagRow))
    .join(post_tags, post_tags.c.tag_id == tags.c.id)
    .join(posts, posts.c.id == post_tags.c.post_id)
    .where(_shown)
    .group_by(*columns_of(tags, TagRow))
    .order_by(desc(func.count(distinct(posts.c.account_id))), desc(func.count()), tags.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_marks = posts.c.likes_count + posts.c.boosts_count
_pick = select(posts.c.id).where(_shown).limit(bindparam("limit")).offset(bindparam("offset"))
POSTS = _pick.where(_marks > 0).order_by(desc(_marks), desc(posts.c.id))
LINKS = (
    select(*columns_of(cards, CardRow))
    .join(post_cards, post_cards.c.card_id == cards.c.id)
    .join(posts, posts.c.id == post_cards.c.post_id)
    .where(_shown, cards.c.kind != "")
    .group_by(cards.c.id)
    .order_by(desc(func.count(distinct(posts.c.account_id))), desc(func.count()), cards.c.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_day: ColumnElement[int] = posts.c.published_at // literal_column("86400000", BigInteger())
LINK_USES = (
    select(post_cards.c.card_id, _day, func.count(), func.count(distinct(posts.c.account_id)))
    .join(posts, posts.c.id == post_cards.c.post_id)
    .where(one_of(post_cards.c.card_id, "ids"), _shown)
    .group_by(post_cards.c.card_id, _day)
)


async def used_tags(tx: Tx, since_id: int, limit: int, offset: int) -> list[TagRow]:
    """Hashtags of public posts since an id, those of most people first."""
    return rows(TagRow, await tx.all(TAGS, since_id=since_id, limit=limit, offset=offset))


async def posts_of_note(tx: Tx, since_id: int, limit: int, offset: int) -> list[int]:
    """Ids of public posts since an id with likes or boosts, most first."""
    return await tx.values(POSTS, since_id=since_id, limit=limit, offset=offset)


async def links(tx: Tx, since_id: int, limit: int, offset: int) -> list[CardRow]:
    """Cards that public posts since an id show, those of most people first."""
    return rows(CardRow, await tx.all(LINKS, since_id=since_id, limit=limit, offset=offset))


async def link_uses(tx: Tx, ids: Sequence[int], since_id: int) -> list[tuple[int, int, int, int]]:
    """Card, day (since 1970), number of public posts and of accounts, since an id."""
    found = await tx.all(LINK_USES, ids=list(ids), since_id=since_id)
    return [(row[0], row[1], row[2], row[3]) for row in found]
