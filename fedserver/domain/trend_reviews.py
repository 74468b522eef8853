"""What moderators decide about things that may trend: posts, links, publishers of links; tags too.

A decision is kept by kind and subject (a URI, an address, a host), whatever else becomes of the thing. What
is used most is counted over the last week. docs.joinmastodon.org/methods/admin/trends
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from fedserver.domain import acts, admin_tags, post_views
from fedserver.domain.errors import NotFound
from fedserver.domain.post_views import PostView
from storage import MemberRow, TagRow, TrendReviewRow, Tx, first_at, queries

POST, LINK, PUBLISHER = "post", "link", "publisher"
WEEK = 7 * 86_400_000
MOST_PUBLISHERS = 500


class PostTrend(Struct, frozen=True):
    """A post that may trend, or an article as a link; `uses` are moments and accounts that shared it."""

    view: PostView
    review: TrendReviewRow | None
    uses: tuple[tuple[int, int], ...] = ()


class Publisher(Struct, frozen=True):
    """Where links lead."""

    host: str
    review: TrendReviewRow | None


async def tags(tx: Tx, limit: int, offset: int) -> list[TagRow]:
    """Hashtags of the last week, those that most people used first."""
    return await queries.recent.used_tags(tx, first_at(tx.now - WEEK), limit, offset)


async def decide_tag(tx: Tx, member: MemberRow, tag_id: int, *, approved: bool) -> TagRow:
    """Raises NotFound."""
    return await admin_tags.decide(tx, member, tag_id, admin_tags.Decision(trendable=approved))


async def posts(tx: Tx, viewer_id: int, limit: int, offset: int) -> list[PostTrend]:
    """Posts of the last week with likes or boosts, most first."""
    ids = await queries.recent.posts_of_note(tx, first_at(tx.now - WEEK), limit, offset)
    return await _trends(tx, viewer_id, ids, POST)


async def links(tx: Tx, viewer_id: int, limit: int, offset: int) -> list[PostTrend]:
    """Articles of the last week, which have pages of their own to link to; most helpful first."""
    found = await queries.recent.links(tx, first_at(tx.now - WEEK), limit, offset)
    return await _trends(tx, viewer_id, [post_id for post_id, _, _ in found], LINK)


async def _trends(tx: Tx, viewer_id: int, ids: Sequence[int], kind: str) -> list[PostTrend]:
    views = await post_views.load(tx, ids, viewer_id)
    subjects = {view.post.id: _subject(view, kind) for view in views}
    reviews = await queries.trend_reviews.of_subjects(tx, kind, list(subjects.values()))
    shared: dict[int, list[tuple[int, int]]] = {}
    if kind == LINK and views:
        since = first_at(tx.now - WEEK)
        for post_id, moment, account_id in await queries.recent.boosts(tx, list(subjects), since):
            shared.setdefault(post_id, []).append((moment, account_id))
    return [
        PostTrend(
            view,
            reviews.get(subjects[view.post.id]),
            ((view.post.published_at, view.post.account_id), *shared.get(view.post.id, ())),
        )
        for view in views
    ]


def _subject(view: PostView, kind: str) -> str:
    return view.post.uri if kind == POST else view.post.url


async def decide_post(
    tx: Tx, member: MemberRow, viewer_id: int, post_id: int, kind: str, *, approved: bool
) -> PostTrend:
    """Decide about a public post, or about an article as a link. Raises NotFound."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views or views[0].post.visibility != "public" or views[0].boost_of is not None:
        raise NotFound
    if kind == LINK and views[0].post.kind != "Article":
        raise NotFound
    await decide(tx, member, kind, _subject(views[0], kind), approved=approved)
    return (await _trends(tx, viewer_id, [post_id], kind))[0]


async def publishers(tx: Tx, base_host: str) -> list[Publisher]:
    """Hosts of the links of the last week, and those that were decided about before, by name."""
    found = await queries.recent.links(tx, first_at(tx.now - WEEK), MOST_PUBLISHERS, 0)
    hosts = {urlsplit(url).netloc or base_host for _, url, _ in found}
    decided = {
        row.subject: row for row in await queries.trend_reviews.of_kind(tx, PUBLISHER, MOST_PUBLISHERS)
    }
    return [Publisher(host, decided.get(host)) for host in sorted(hosts | decided.keys())]


async def decide_publisher(
    tx: Tx, member: MemberRow, base_host: str, host: str, *, approved: bool
) -> Publisher:
    """Raises NotFound for a host that no link leads to."""
    if host not in {each.host for each in await publishers(tx, base_host)}:
        raise NotFound
    return Publisher(host, await decide(tx, member, PUBLISHER, host, approved=approved))


async def decide(tx: Tx, member: MemberRow, kind: str, subject: str, *, approved: bool) -> TrendReviewRow:
    """Keep a decision; a newer one takes its place."""
    row = TrendReviewRow(tx.new_id(), kind, subject, approved, tx.now, member.id)
    await queries.trend_reviews.put(tx, row)
    await acts.add(tx, member, f"trend.{'approve' if approved else 'reject'}", target=subject)
    found = await queries.trend_reviews.of_subjects(tx, kind, [subject])
    return found[subject]


async def approved(tx: Tx, kind: str, subjects: Sequence[str]) -> dict[str, bool]:
    """Decisions by subject; what nobody has decided about is missing."""
    found = await queries.trend_reviews.of_subjects(tx, kind, subjects)
    return {subject: row.approved for subject, row in found.items()}
