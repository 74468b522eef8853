"""Trends: posts that help many at the moment, and tags and links that rise. The formula: docs/trends.md.

They are computed every few minutes from the likes, boosts and uses of a week, and kept until the next time.
What moderators decided about them is in `trend_reviews` and `admin_tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

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
    """What admins decide about trends."""

    shows_unreviewed: bool = True
    least_accounts: int = 3  # how many must make a trend


_decode = msgspec.json.Decoder(TrendPolicy).decode
_encode = msgspec.json.Encoder().encode


async def get_policy(tx: ReadTx) -> TrendPolicy:
    """Return the current policy."""
    found = await setting_queries.find(tx, SETTING)
    return _decode(found) if found is not None else TrendPolicy()


async def set_policy(tx: Tx, member: MemberRow | None, new_policy: TrendPolicy) -> None:
    """Set the policy and record that in the audit log. Raises InvalidError."""
    if not 1 <= new_policy.least_accounts <= 1_000:
        raise InvalidError("least_accounts", "must be between 1 and 1000")
    await setting_queries.set_value(tx, SETTING, _encode(new_policy).decode())
    said = _encode(new_policy).decode()
    await audit_log.record(tx, member, "trends.policy", target=SETTING, reason=said, shows_reason=True)


async def list_posts(tx: ReadTx, limit: int, offset: int) -> list[int]:
    """Ids of trending posts, the most helpful first; who may see them is decided on loading."""
    return await _list_subject_ids(tx, "post", limit, offset)


async def list_tags(tx: ReadTx, limit: int, offset: int) -> list[TagRow]:
    """Trending tags, the strongest first."""
    ids = await _list_subject_ids(tx, "tag", limit, offset)
    found = {row.id: row for row in await tag_queries.load_by_ids(tx, ids)}
    return [found[each] for each in ids if each in found]


async def list_links(tx: ReadTx, limit: int, offset: int) -> list[trend_reviews.LinkTrend]:
    """Trending links, the strongest first; where nothing is decided about one, its publisher counts."""
    decided = await get_policy(tx)
    rows = await trend_queries.list_links(tx)
    approved = await trend_reviews.load_link_approvals(tx, rows)
    shown = [row for row in rows if approved.get(row.id, decided.shows_unreviewed)]
    return await trend_reviews.load_link_trends(tx, shown[offset : offset + limit])


async def _list_subject_ids(tx: ReadTx, kind: TrendKind, limit: int, offset: int) -> list[int]:
    decided = await get_policy(tx)
    return await trend_queries.list_subject_ids(
        tx, kind, limit, offset, include_unreviewed=decided.shows_unreviewed
    )


async def compute(tx: ReadTx) -> dict[TrendKind, list[TrendRow]]:
    """Compute the trends of this moment; only reads, so that no writer waits for it."""
    decided = await get_policy(tx)
    since = first_id_at(tx.now - WINDOW_MS)
    likes, boosts = await trend_queries.load_interactions(tx, since)
    uses = await trend_queries.list_tag_uses(tx, since)
    shared = await trend_queries.list_link_uses(tx, since)
    scores: dict[TrendKind, dict[int, tuple[float, int]]] = {
        "post": _score_posts(tx.now, likes, boosts),
        "tag": _score_uses(tx.now, uses),
        "link": _score_uses(tx.now, shared),
    }
    return {kind: _rank(kind, found, decided.least_accounts, tx.now) for kind, found in scores.items()}


async def save(tx: Tx, rows_by_kind: dict[TrendKind, list[TrendRow]]) -> None:
    """Make these the trends."""
    for kind, rows in rows_by_kind.items():
        await trend_queries.replace(tx, kind, rows)


def _rank(
    kind: TrendKind, found: dict[int, tuple[float, int]], least_accounts: int, now: int
) -> list[TrendRow]:
    rows = [
        TrendRow(kind, subject_id, score, accounts, now)
        for subject_id, (score, accounts) in found.items()
        if accounts >= least_accounts
    ]
    return sorted(rows, key=lambda row: (-row.score, -row.subject_id))[:MAX_TRENDS]


def decay(age: int) -> float:
    """Return the weight of something of an age (ms): half after a day, a quarter after two."""
    return float(0.5 ** (max(0, age) / HALF_LIFE_MS))


def _score_posts(
    now: int, likes: Iterable[Sequence[Any]], boosts: Iterable[Sequence[Any]]
) -> dict[int, tuple[float, int]]:
    """Score and number of accounts by post: each account counts once, with what weighs most."""
    weights: dict[int, dict[int, float]] = {}
    articles: set[int] = set()
    for acted, value in ((likes, LIKE_WEIGHT), (boosts, BOOST_WEIGHT)):
        for post_id, kind, account_id, at in acted:
            of_post = weights.setdefault(post_id, {})
            of_post[account_id] = max(of_post.get(account_id, 0.0), value * decay(now - at))
            if kind == "Article":
                articles.add(post_id)
    return {
        post_id: ((ARTICLE_FACTOR if post_id in articles else 1.0) * sum(each.values()), len(each))
        for post_id, each in weights.items()
    }


def _score_uses(now: int, uses: Iterable[Sequence[Any]]) -> dict[int, tuple[float, int]]:
    """Score and number of accounts by tag or link: how much more it is used now than on the days before."""
    latest: dict[int, dict[int, int]] = {}
    before: dict[int, set[tuple[int, int]]] = {}
    for subject_id, account_id, at in uses:
        of_one = latest.setdefault(subject_id, {})
        of_one[account_id] = max(of_one.get(account_id, 0), at)
        if now - at > DAY_MS:
            before.setdefault(subject_id, set()).add((account_id, at // DAY_MS))
    found = {}
    for subject_id, of_one in latest.items():
        recent = sum(decay(now - at) for at in of_one.values())
        usual = len(before.get(subject_id, ())) / 6
        found[subject_id] = (recent * recent / (recent + usual), len(of_one))
    return found
