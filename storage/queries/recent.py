"""What was used most in the last days: hashtags, posts, and articles as links."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, desc, distinct, exists, func, literal, select

from storage.rows import TagRow
from storage.schema.tables import accounts, post_tags, posts, tags
from storage.statements import Tx, columns_of, one_of, rows

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
# An article has an address of its own that is shown as a card: it is the link that we know the uses of.
LINKS = (
    select(posts.c.id, posts.c.url, accounts.c.domain)
    .join(accounts, accounts.c.id == posts.c.account_id)
    .where(_shown, posts.c.kind == "Article")
    .order_by(desc(_marks), desc(posts.c.id))
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_boost = posts.alias("boost")
BOOSTS = (
    select(_boost.c.boost_of_id, _boost.c.published_at, _boost.c.account_id)
    .where(one_of(_boost.c.boost_of_id, "ids"), _boost.c.id > bindparam("since_id"))
    .limit(5_000)
)


async def used_tags(tx: Tx, since_id: int, limit: int, offset: int) -> list[TagRow]:
    """Hashtags of public posts since an id, those of most people first."""
    return rows(TagRow, await tx.all(TAGS, since_id=since_id, limit=limit, offset=offset))


async def posts_of_note(tx: Tx, since_id: int, limit: int, offset: int) -> list[int]:
    """Ids of public posts since an id with likes or boosts, most first."""
    return await tx.values(POSTS, since_id=since_id, limit=limit, offset=offset)


async def links(tx: Tx, since_id: int, limit: int, offset: int) -> list[tuple[int, str, str]]:
    """Articles since an id: post, address, domain of the author ('' for ours)."""
    found = await tx.all(LINKS, since_id=since_id, limit=limit, offset=offset)
    return [(row[0], row[1], row[2]) for row in found]


async def boosts(tx: Tx, ids: Sequence[int], since_id: int) -> list[tuple[int, int, int]]:
    """Post, moment and account of boosts since an id."""
    found = await tx.all(BOOSTS, ids=list(ids), since_id=since_id)
    return [(row[0], row[1], row[2]) for row in found]
