"""Admin::Tag, and posts, links and publishers as moderators review them.

docs.joinmastodon.org/entities/Tag#admin, docs.joinmastodon.org/entities/PreviewCard#trends-link
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.cards import Card, render_trend_link
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entities.tags import Tag, render_tag
from fedserver.client_api.entities.times import to_iso_or_none
from fedserver.domain.content import tags
from fedserver.domain.timelines import trend_reviews
from fedserver.links import Links
from storage.rows.content import TagRow

TagUses = list[tuple[int, int, int]]


class AdminTag(Tag, frozen=True, kw_only=True):
    usable: bool
    trendable: bool
    listable: bool
    requires_review: bool


class AdminStatus(Status, frozen=True, kw_only=True):
    requires_review: bool


class AdminLink(Card, frozen=True, kw_only=True):
    id: str
    requires_review: bool


class AdminPublisher(Struct, frozen=True):
    """A site that links lead to; its host is its id."""

    id: str
    domain: str
    trendable: bool | None
    reviewed_at: str | None
    requested_review_at: str | None
    requires_review: bool


def render_admin_tag(links: Links, row: TagRow, uses: TagUses, now: int) -> AdminTag:
    """Return a hashtag with what moderators decided about it."""
    return AdminTag(
        **_struct_to_dict(render_tag(links, tags.TagView(row), uses, now)),
        usable=row.usable is not False,
        trendable=row.trendable is True,
        listable=row.listable is not False,
        requires_review=row.reviewed_at is None,
    )


def _struct_to_dict(entity: Struct) -> dict[str, Any]:
    """Return the fields of an entity, to build one with more of them."""
    return {name: getattr(entity, name) for name in entity.__struct_fields__}


def render_admin_status(links: Links, trend: trend_reviews.PostTrend) -> AdminStatus:
    """Return a post that may trend."""
    return AdminStatus(
        **_struct_to_dict(render_status(links, trend.view)), requires_review=trend.review is None
    )


def render_admin_link(links: Links, trend: trend_reviews.LinkTrend, now: int) -> AdminLink:
    """Return a link that may trend."""
    fields = _struct_to_dict(render_trend_link(links, trend, now))
    return AdminLink(**fields, id=str(trend.card.row.id), requires_review=trend.approved is None)


def render_admin_publisher(publisher: trend_reviews.TrendPublisher) -> AdminPublisher:
    """Return a site that trending links lead to."""
    review = publisher.review
    return AdminPublisher(
        publisher.host,
        publisher.host,
        review.approved if review else None,
        to_iso_or_none(review.reviewed_at) if review else None,
        None,
        review is None,
    )
