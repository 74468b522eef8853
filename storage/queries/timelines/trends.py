"""Trends: what they are computed from, what was computed, and which of it is shown.

Only public posts count whose authors want to be discovered and are not limited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    literal_column,
    or_,
    select,
)

from storage.engine import Tx
from storage.rows.timelines import CardRow, TrendRow
from storage.statements import columns_of, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.content import post_tags, tags
from storage.tables.posts import likes, posts
from storage.tables.timelines import cards, post_cards, trend_reviews, trends

MOST_READ = 100_000
_doer, _boost = accounts.alias(), posts.alias()
_open: ColumnElement[bool] = and_(
    posts.c.state == "published",
    posts.c.visibility == "public",
    posts.c.boost_of_id.is_(None),
    accounts.c.discoverable,
    accounts.c.silenced_at.is_(None),
    accounts.c.suspended_at.is_(None),
    accounts.c.deleted_at.is_(None),
    accounts.c.moved_to_id.is_(None),
)
_worthy = and_(_open, posts.c.in_reply_to_uri.is_(None), ~posts.c.sensitive)
_by_others = and_(
    _doer.c.id != posts.c.account_id, _doer.c.suspended_at.is_(None), _doer.c.silenced_at.is_(None)
)
LIKES = (
    select(posts.c.id, posts.c.kind, likes.c.account_id, likes.c.created_at)
    .select_from(
        likes.join(posts, posts.c.id == likes.c.post_id)
        .join(accounts, accounts.c.id == posts.c.account_id)
        .join(_doer, _doer.c.id == likes.c.account_id)
    )
    .where(likes.c.id > bindparam("since_id"), _worthy, _by_others)
    .limit(MOST_READ)
)
BOOSTS = (
    select(posts.c.id, posts.c.kind, _boost.c.account_id, _boost.c.published_at)
    .select_from(
        _boost.join(posts, posts.c.id == _boost.c.boost_of_id)
        .join(accounts, accounts.c.id == posts.c.account_id)
        .join(_doer, _doer.c.id == _boost.c.account_id)
    )
    .where(
        _boost.c.id > bindparam("since_id"),
        _boost.c.boost_of_id.is_not(None),
        _boost.c.visibility == "public",
        _worthy,
        _by_others,
    )
    .limit(MOST_READ)
)
TAG_USES = (
    select(post_tags.c.tag_id, posts.c.account_id, posts.c.published_at)
    .select_from(
        posts.join(post_tags, post_tags.c.post_id == posts.c.id).join(
            accounts, accounts.c.id == posts.c.account_id
        )
    )
    .where(posts.c.id > bindparam("since_id"), _open)
    .limit(MOST_READ)
)
LINK_USES = (
    select(post_cards.c.card_id, posts.c.account_id, posts.c.published_at)
    .select_from(
        posts.join(post_cards, post_cards.c.post_id == posts.c.id).join(
            accounts, accounts.c.id == posts.c.account_id
        )
    )
    .where(posts.c.id > bindparam("since_id"), _open, ~posts.c.sensitive)
    .limit(MOST_READ)
)
CLEAR = delete(trends).where(trends.c.kind == bindparam("kind"))
ADD = upsert(trends).on_conflict_do_nothing()


def _shown(kind: str, reviewed: FromClause, approved: ColumnElement[bool | None]) -> Select[tuple[int]]:
    """Trends of a kind, joined to where it is kept whether they are approved: yes, no or not decided."""
    return (
        select(trends.c.subject_id)
        .select_from(reviewed)
        .where(
            trends.c.kind == literal_column(f"'{kind}'"),
            or_(approved, and_(approved.is_(None), bindparam("shows_unreviewed", type_=Boolean()))),
        )
        .order_by(trends.c.score.desc(), trends.c.subject_id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


# Moderators decide about hashtags in their own rows, about posts by their URI (`trend_reviews`).
_posts = trends.join(posts, posts.c.id == trends.c.subject_id)
SHOWN = {
    "tag": _shown("tag", trends.join(tags, tags.c.id == trends.c.subject_id), tags.c.trendable),
    "post": _shown(
        "post",
        _posts.outerjoin(
            trend_reviews, and_(trend_reviews.c.kind == trends.c.kind, trend_reviews.c.subject == posts.c.uri)
        ),
        trend_reviews.c.approved,
    ),
}

# Decisions about links go by address and by host, which only the domain reads out of it.
LINKS = (
    select(*columns_of(cards, CardRow))
    .select_from(trends.join(cards, cards.c.id == trends.c.subject_id))
    .where(trends.c.kind == literal_column("'link'"), cards.c.kind != "")
    .order_by(trends.c.score.desc(), trends.c.subject_id.desc())
)


async def acts_on_posts(tx: Tx, since_id: int) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """Likes and boosts of worthy posts since an id: post, its kind, who, when (ms UTC)."""
    return list(await tx.all(LIKES, since_id=since_id)), list(await tx.all(BOOSTS, since_id=since_id))


async def tag_uses(tx: Tx, since_id: int) -> list[Sequence[Any]]:
    """Uses of tags since an id: tag, who, when (ms UTC)."""
    return list(await tx.all(TAG_USES, since_id=since_id))


async def link_uses(tx: Tx, since_id: int) -> list[Sequence[Any]]:
    """Posts since an id that show a card: card, who, when (ms UTC)."""
    return list(await tx.all(LINK_USES, since_id=since_id))


async def replace(tx: Tx, kind: str, found: Iterable[TrendRow]) -> None:
    """Make these the trends of a kind."""
    await tx.run(CLEAR, kind=kind)
    await tx.run_many(ADD, [structs.asdict(row) for row in found])


async def shown(tx: Tx, kind: str, limit: int, offset: int, *, shows_unreviewed: bool) -> list[int]:
    """Subjects of a kind, the strongest first, without those that moderators refused."""
    return await tx.values(SHOWN[kind], limit=limit, offset=offset, shows_unreviewed=shows_unreviewed)


async def links(tx: Tx) -> list[CardRow]:
    """Cards of all links that trend, the strongest first, whatever moderators said of them."""
    return rows(CardRow, await tx.all(LINKS))
