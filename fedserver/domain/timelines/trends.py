"""Trends: posts that help many at the moment, and tags and links that rise. The formula: docs/trends.md.

They are computed every few minutes from the likes, boosts and uses of a week, and stored until the next time.
The decisions of moderators about them are in `trend_reviews` and `admin_tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines import trend_reviews
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.content import tags as tag_queries
from storage.queries.kernel import settings as setting_queries
from storage.queries.timelines import trends as trend_queries
from storage.rows.auth import MemberRow
from storage.rows.content import TagRow
from storage.rows.timelines import TrendRow

DAY_MS = 86_400_000
WINDOW_MS = 7 * DAY_MS
HALF_LIFE_MS = DAY_MS
LIKE_WEIGHT, BOOST_WEIGHT = 1.0, 0.5
ARTICLE_FACTOR = 3.0
MAX_TRENDS = 200
SETTING = "trends"
TrendKind = Literal["tag", "post", "link"]


class TrendPolicy(Struct, frozen=True):
    """The settings of admins for trends."""

    shows_unreviewed: bool = True
    # How many accounts must use a subject; the stored setting keeps its former name.
    min_accounts: int = field(default=3, name="least_accounts")


_decode = msgspec.json.Decoder(TrendPolicy).decode
_encode = msgspec.json.Encoder().encode


async def get_policy(tx: ReadTx) -> TrendPolicy:
    """Return the current policy."""
    stored = await setting_queries.find(tx, SETTING)
    return _decode(stored) if stored is not None else TrendPolicy()


async def set_policy(tx: Tx, member: MemberRow | None, new_policy: TrendPolicy) -> None:
    """Set the policy and record that in the audit log. Raises InvalidError."""
    if not 1 <= new_policy.min_accounts <= 1_000:
        raise InvalidError("min_accounts", "must be between 1 and 1000")
    value = _encode(new_policy).decode()
    await setting_queries.set_value(tx, SETTING, value)
    await audit_log.record(tx, member, "trends.policy", target=SETTING, reason=value, shows_reason=True)


async def list_posts(tx: ReadTx, limit: int, offset: int) -> list[int]:
    """Return ids of trending posts, the strongest first; loading their views checks who may see them."""
    return await _list_subject_ids(tx, "post", limit, offset)


async def list_tags(tx: ReadTx, limit: int, offset: int) -> list[TagRow]:
    """Return trending tags, the strongest first."""
    ids = await _list_subject_ids(tx, "tag", limit, offset)
    tags = {row.id: row for row in await tag_queries.load_by_ids(tx, ids)}
    return [tags[tag_id] for tag_id in ids if tag_id in tags]


async def list_links(
    tx: ReadTx, limit: int, offset: int, viewer_id: int | None = None
) -> list[trend_reviews.LinkTrend]:
    """Return trending links, the strongest first; without a decision, that about its publisher counts."""
    policy = await get_policy(tx)
    rows = await trend_queries.list_links(tx)
    approved = await trend_reviews.load_link_approvals(tx, rows)
    shown = [row for row in rows if approved.get(row.id, policy.shows_unreviewed)]
    return await trend_reviews.load_link_trends(tx, shown[offset : offset + limit], viewer_id)


async def _list_subject_ids(tx: ReadTx, kind: TrendKind, limit: int, offset: int) -> list[int]:
    policy = await get_policy(tx)
    return await trend_queries.list_subject_ids(
        tx, kind, limit, offset, include_unreviewed=policy.shows_unreviewed
    )


async def compute(tx: ReadTx) -> dict[TrendKind, list[TrendRow]]:
    """Compute the current trends; reads only, so that no writer waits for it."""
    policy = await get_policy(tx)
    since = first_id_at(tx.now - WINDOW_MS)
    likes, boosts = await trend_queries.load_interactions(tx, since)
    uses = await trend_queries.list_tag_uses(tx, since)
    shared = await trend_queries.list_link_uses(tx, since)
    scores_by_kind: dict[TrendKind, dict[int, tuple[float, int]]] = {
        "post": _score_posts(tx.now, likes, boosts),
        "tag": _score_uses(tx.now, uses),
        "link": _score_uses(tx.now, shared),
    }
    return {kind: _rank(kind, scores, policy.min_accounts, tx.now) for kind, scores in scores_by_kind.items()}


async def save(tx: Tx, rows_by_kind: dict[TrendKind, list[TrendRow]]) -> None:
    """Replace the stored trends by these."""
    for kind, rows in rows_by_kind.items():
        await trend_queries.replace(tx, kind, rows)


def _rank(
    kind: TrendKind, scores: dict[int, tuple[float, int]], min_accounts: int, now: int
) -> list[TrendRow]:
    rows = [
        TrendRow(kind, subject_id, score, accounts, now)
        for subject_id, (score, accounts) in scores.items()
        if accounts >= min_accounts
    ]
    return sorted(rows, key=lambda row: (-row.score, -row.subject_id))[:MAX_TRENDS]


def decay(age: int) -> float:
    """Return the weight of an interaction by its age (ms): half after a day, a quarter after two."""
    return float(0.5 ** (max(0, age) / HALF_LIFE_MS))


def _score_posts(
    now: int, likes: Iterable[Sequence[Any]], boosts: Iterable[Sequence[Any]]
) -> dict[int, tuple[float, int]]:
    """Return score and number of accounts by post.

    Each account counts once, with its interaction of the greatest weight.
    """
    weights: dict[int, dict[int, float]] = {}
    articles: set[int] = set()
    for interactions, weight in ((likes, LIKE_WEIGHT), (boosts, BOOST_WEIGHT)):
        for post_id, kind, account_id, at in interactions:
            of_post = weights.setdefault(post_id, {})
            of_post[account_id] = max(of_post.get(account_id, 0.0), weight * decay(now - at))
            if kind == "Article":
                articles.add(post_id)
    return {
        post_id: ((ARTICLE_FACTOR if post_id in articles else 1.0) * sum(of_post.values()), len(of_post))
        for post_id, of_post in weights.items()
    }


def _score_uses(now: int, uses: Iterable[Sequence[Any]]) -> dict[int, tuple[float, int]]:
    """Return score and number of accounts by tag or link.

    The score compares the uses of the last day with those of the six days before.
    """
    latest: dict[int, dict[int, int]] = {}
    before: dict[int, set[tuple[int, int]]] = {}
    for subject_id, account_id, at in uses:
        of_one = latest.setdefault(subject_id, {})
        of_one[account_id] = max(of_one.get(account_id, 0), at)
        if now - at > DAY_MS:
            before.setdefault(subject_id, set()).add((account_id, at // DAY_MS))
    scores = {}
    for subject_id, of_one in latest.items():
        recent = sum(decay(now - at) for at in of_one.values())
        usual = len(before.get(subject_id, ())) / 6
        scores[subject_id] = (recent * recent / (recent + usual), len(of_one))
    return scores
