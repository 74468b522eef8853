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

from storage.engine import ReadTx, Tx
from storage.rows.timelines import CardRow, TrendRow
from storage.statements import columns_of, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.content import post_tags, tags
from storage.tables.posts import likes, posts
from storage.tables.timelines import cards, post_cards, trend_reviews, trends

MAX_ROWS = 100_000
_actor, _boost = accounts.alias(), posts.alias()
_is_discoverable: ColumnElement[bool] = and_(
    posts.c.state == "published",
    posts.c.visibility == "public",
    posts.c.boost_of_id.is_(None),
    accounts.c.discoverable,
    accounts.c.silenced_at.is_(None),
    accounts.c.suspended_at.is_(None),
    accounts.c.deleted_at.is_(None),
    accounts.c.moved_to_id.is_(None),
)
_can_trend = and_(_is_discoverable, posts.c.in_reply_to_uri.is_(None), ~posts.c.sensitive)
_by_others = and_(
    _actor.c.id != posts.c.account_id, _actor.c.suspended_at.is_(None), _actor.c.silenced_at.is_(None)
)
LIST_LIKES = (
    select(posts.c.id, posts.c.kind, likes.c.account_id, likes.c.created_at)
    .select_from(
        likes.join(posts, posts.c.id == likes.c.post_id)
        .join(accounts, accounts.c.id == posts.c.account_id)
        .join(_actor, _actor.c.id == likes.c.account_id)
    )
    .where(likes.c.id > bindparam("since_id"), _can_trend, _by_others)
    .limit(MAX_ROWS)
)
LIST_BOOSTS = (
    select(posts.c.id, posts.c.kind, _boost.c.account_id, _boost.c.published_at)
    .select_from(
        _boost.join(posts, posts.c.id == _boost.c.boost_of_id)
        .join(accounts, accounts.c.id == posts.c.account_id)
        .join(_actor, _actor.c.id == _boost.c.account_id)
    )
    .where(
        _boost.c.id > bindparam("since_id"),
        _boost.c.boost_of_id.is_not(None),
        _boost.c.visibility == "public",
        _can_trend,
        _by_others,
    )
    .limit(MAX_ROWS)
)
LIST_TAG_USES = (
    select(post_tags.c.tag_id, posts.c.account_id, posts.c.published_at)
    .select_from(
        posts.join(post_tags, post_tags.c.post_id == posts.c.id).join(
            accounts, accounts.c.id == posts.c.account_id
        )
    )
    .where(posts.c.id > bindparam("since_id"), _is_discoverable)
    .limit(MAX_ROWS)
)
LIST_LINK_USES = (
    select(post_cards.c.card_id, posts.c.account_id, posts.c.published_at)
    .select_from(
        posts.join(post_cards, post_cards.c.post_id == posts.c.id).join(
            accounts, accounts.c.id == posts.c.account_id
        )
    )
    .where(posts.c.id > bindparam("since_id"), _is_discoverable, ~posts.c.sensitive)
    .limit(MAX_ROWS)
)
DELETE_BY_KIND = delete(trends).where(trends.c.kind == bindparam("kind"))
INSERT = upsert(trends).on_conflict_do_nothing()


def _select_trending(
    kind: str, reviewed: FromClause, approved: ColumnElement[bool | None]
) -> Select[tuple[int]]:
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
LIST_SUBJECT_IDS = {
    "tag": _select_trending("tag", trends.join(tags, tags.c.id == trends.c.subject_id), tags.c.trendable),
    "post": _select_trending(
        "post",
        _posts.outerjoin(
            trend_reviews, and_(trend_reviews.c.kind == trends.c.kind, trend_reviews.c.subject == posts.c.uri)
        ),
        trend_reviews.c.approved,
    ),
}

# Decisions about links go by address and by host, which only the domain reads out of it.
LIST_LINKS = (
    select(*columns_of(cards, CardRow))
    .select_from(trends.join(cards, cards.c.id == trends.c.subject_id))
    .where(trends.c.kind == literal_column("'link'"), cards.c.kind != "")
    .order_by(trends.c.score.desc(), trends.c.subject_id.desc())
)


async def load_interactions(tx: ReadTx, since_id: int) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
    """Likes and boosts of worthy posts since an id: post, its kind, who, when (ms UTC)."""
    return list(await tx.all(LIST_LIKES, since_id=since_id)), list(
        await tx.all(LIST_BOOSTS, since_id=since_id)
    )


async def list_tag_uses(tx: ReadTx, since_id: int) -> list[Sequence[Any]]:
    """Return uses of tags since an id: tag, account, time (ms UTC)."""
    return list(await tx.all(LIST_TAG_USES, since_id=since_id))


async def list_link_uses(tx: ReadTx, since_id: int) -> list[Sequence[Any]]:
    """Return posts since an id that show a card: card, account, time (ms UTC)."""
    return list(await tx.all(LIST_LINK_USES, since_id=since_id))


async def replace(tx: Tx, kind: str, trend_rows: Iterable[TrendRow]) -> None:
    """Make these the trends of a kind."""
    await tx.run(DELETE_BY_KIND, kind=kind)
    await tx.run_many(INSERT, [structs.asdict(row) for row in trend_rows])


async def list_subject_ids(
    tx: ReadTx, kind: str, limit: int, offset: int, *, include_unreviewed: bool
) -> list[int]:
    """Subjects of a kind, the strongest first, without those that moderators refused."""
    return await tx.values(
        LIST_SUBJECT_IDS[kind], limit=limit, offset=offset, shows_unreviewed=include_unreviewed
    )


async def list_links(tx: ReadTx) -> list[CardRow]:
    """Cards of all links that trend, the strongest first, whatever moderators said of them."""
    return to_rows(CardRow, await tx.all(LIST_LINKS))
