"""Decisions of moderators about posts, links, publishers of links and tags that may trend.

A decision is stored by kind and subject (a URI, an address, a host), also if the subject is deleted here.
Lists are sorted by the uses of the last week. docs.joinmastodon.org/methods/admin/trends
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.content import admin_tags
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import cards, post_views
from fedserver.domain.timelines.cards import CardView
from fedserver.domain.timelines.post_views import PostView
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import recent as recent_queries
from storage.queries.timelines import trend_reviews as trend_review_queries
from storage.rows.auth import MemberRow
from storage.rows.content import TagRow
from storage.rows.timelines import CardRow, TrendReviewRow

POST, LINK, PUBLISHER = "post", "link", "publisher"
WEEK_MS = 7 * 86_400_000
MAX_PUBLISHERS = 500


class PostTrend(Struct, frozen=True):
    """A post that may trend."""

    view: PostView
    review: TrendReviewRow | None


class LinkTrend(Struct, frozen=True):
    """A link that may trend; `approved` is None if nobody has decided about it or its publisher.

    `uses` are days since 1970, public posts and accounts of each.
    """

    card: CardView
    approved: bool | None
    uses: list[tuple[int, int, int]]


class TrendPublisher(Struct, frozen=True):
    """A host to which links lead, with the decision about it."""

    host: str
    review: TrendReviewRow | None


async def list_tags(tx: ReadTx, limit: int, offset: int) -> list[TagRow]:
    """Return hashtags of the last week, those that most people used first."""
    return await recent_queries.list_tags(tx, first_id_at(tx.now - WEEK_MS), limit, offset)


async def decide_tag(tx: Tx, member: MemberRow, tag_id: int, *, approved: bool) -> TagRow:
    """Record a decision about a hashtag. Raises NotFoundError."""
    return await admin_tags.review(tx, member, tag_id, admin_tags.TagReview(trendable=approved))


async def list_posts(tx: ReadTx, viewer_id: int, limit: int, offset: int) -> list[PostTrend]:
    """Return posts of the last week with likes or boosts, most first."""
    ids = await recent_queries.list_post_ids(tx, first_id_at(tx.now - WEEK_MS), limit, offset)
    return await _build_post_trends(tx, await post_views.load(tx, ids, viewer_id))


async def _build_post_trends(tx: ReadTx, views: Sequence[PostView]) -> list[PostTrend]:
    reviews = await trend_review_queries.load_by_subjects(tx, POST, [view.post.uri for view in views])
    return [PostTrend(view, reviews.get(view.post.uri)) for view in views]


async def decide_post(
    tx: Tx, member: MemberRow, viewer_id: int, post_id: int, *, approved: bool
) -> PostTrend:
    """Decide about a public post. Raises NotFoundError."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views or views[0].post.visibility != "public" or views[0].boost_of is not None:
        raise NotFoundError
    await decide(tx, member, POST, views[0].post.uri, approved=approved)
    return (await _build_post_trends(tx, views))[0]


async def list_links(tx: ReadTx, limit: int, offset: int) -> list[LinkTrend]:
    """Return links in public posts of the last week, those that most people shared first."""
    return await load_link_trends(
        tx, await recent_queries.list_links(tx, first_id_at(tx.now - WEEK_MS), limit, offset)
    )


async def load_link_trends(
    tx: ReadTx, rows: Sequence[CardRow], viewer_id: int | None = None
) -> list[LinkTrend]:
    """Return links with their authors, uses and decisions, in their order; at most six statements.

    Authors that are hidden from the viewer are left out; moderators (None) see all.
    """
    decided = await load_link_approvals(tx, rows)
    uses: dict[int, list[tuple[int, int, int]]] = {}
    since = first_id_at(tx.now - WEEK_MS)
    for card_id, *of_day in await recent_queries.list_link_uses(tx, [row.id for row in rows], since):
        uses.setdefault(card_id, []).append((of_day[0], of_day[1], of_day[2]))
    views = await cards.load_views(tx, rows, viewer_id)
    return [LinkTrend(view, decided.get(view.row.id), uses.get(view.row.id, [])) for view in views]


async def load_link_approvals(tx: ReadTx, rows: Sequence[CardRow]) -> dict[int, bool]:
    """Return decisions by card: about the link, else about its publisher. Takes two statements."""
    hosts = {row.id: cards.parse_host(row.url) for row in rows}
    of_links = await load_approvals(tx, LINK, [row.url for row in rows])
    of_hosts = await load_approvals(tx, PUBLISHER, list(set(hosts.values())))
    decided = ((row.id, of_links.get(row.url, of_hosts.get(hosts[row.id]))) for row in rows)
    return {card_id: value for card_id, value in decided if value is not None}


async def decide_link(tx: Tx, member: MemberRow, card_id: int, *, approved: bool) -> LinkTrend:
    """Record a decision about a link. Raises NotFoundError."""
    row = await card_queries.find(tx, card_id)
    if row is None:
        raise NotFoundError
    await decide(tx, member, LINK, row.url, approved=approved)
    return (await load_link_trends(tx, [row]))[0]


async def list_publishers(tx: ReadTx) -> list[TrendPublisher]:
    """Return the hosts of the links of the last week, and those with a decision, by name."""
    rows = await recent_queries.list_links(tx, first_id_at(tx.now - WEEK_MS), MAX_PUBLISHERS, 0)
    hosts = {cards.parse_host(row.url) for row in rows}
    decided = {
        row.subject: row for row in await trend_review_queries.list_by_kind(tx, PUBLISHER, MAX_PUBLISHERS)
    }
    return [TrendPublisher(host, decided.get(host)) for host in sorted(hosts | decided.keys()) if host]


async def decide_publisher(tx: Tx, member: MemberRow, host: str, *, approved: bool) -> TrendPublisher:
    """Record a decision about a publisher. Raises NotFoundError for a host without links."""
    if host not in {publisher.host for publisher in await list_publishers(tx)}:
        raise NotFoundError
    return TrendPublisher(host, await decide(tx, member, PUBLISHER, host, approved=approved))


async def decide(tx: Tx, member: MemberRow, kind: str, subject: str, *, approved: bool) -> TrendReviewRow:
    """Store a decision, which replaces an earlier one, and record it in the audit log."""
    row = TrendReviewRow(tx.new_id(), kind, subject, approved, tx.now, member.id)
    await trend_review_queries.upsert_review(tx, row)
    await audit_log.record(tx, member, f"trend.{'approve' if approved else 'reject'}", target=subject)
    reviews = await trend_review_queries.load_by_subjects(tx, kind, [subject])
    return reviews[subject]


async def load_approvals(tx: ReadTx, kind: str, subjects: Sequence[str]) -> dict[str, bool]:
    """Return decisions by subject; subjects without a decision are missing."""
    reviews = await trend_review_queries.load_by_subjects(tx, kind, subjects)
    return {subject: row.approved for subject, row in reviews.items()}
