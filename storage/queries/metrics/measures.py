"""Measures by day: one statement each, with its totals.

A measure is made of facts: a time, what is counted once, and a weight. Days come from integer division of
the moment; rows with day -1 are the total of the span, those with -2 the total of the span before it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, bindparam, distinct, func, literal, select, union_all
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from storage.engine import ReadTx
from storage.tables.accounts import accounts
from storage.tables.auth import member_days, members
from storage.tables.content import media, post_tags
from storage.tables.moderation import reports
from storage.tables.posts import likes, posts
from storage.tables.relationships import follows

DAY_MS = 86_400_000
IDS_PER_MS = 65_536
TOTAL, PREVIOUS_TOTAL = -1, -2
_start = bindparam("start", type_=BigInteger())
_first = bindparam("first", type_=BigInteger())
_end = bindparam("end", type_=BigInteger())
Fact = Select[tuple[Any, ...]]


def _select_facts(moment: Any, unit: Any, weight: Any = None) -> Fact:
    return select(
        moment.label("moment"), unit.label("unit"), (literal(1) if weight is None else weight).label("weight")
    )


def _select_amounts(facts: Any, *, sums: bool = False) -> Any:
    source = facts.subquery()
    within = (source.c.moment >= _first, source.c.moment < _end)
    amount: ColumnElement[Any] = func.count(distinct(source.c.unit))
    if sums:
        amount = func.coalesce(func.sum(source.c.weight), 0)
    day = (source.c.moment // DAY_MS).label("day")
    return union_all(
        select(day, amount.label("amount")).where(*within, source.c.moment >= _start).group_by(day),
        select(literal(TOTAL), amount).where(*within, source.c.moment >= _start),
        select(literal(PREVIOUS_TOTAL), amount).where(*within, source.c.moment < _start),
    )


_local_posts = posts.alias("ours")
_is_on_domain = accounts.c.domain == bindparam("domain")
_tagged_posts = (
    _select_facts(posts.c.published_at, posts.c.id)
    .join(post_tags, post_tags.c.post_id == posts.c.id)
    .join(accounts, accounts.c.id == posts.c.account_id)
    .where(post_tags.c.tag_id == bindparam("tag_id"), posts.c.state == "published")
)
_follower, _target = accounts.alias("follower"), accounts.alias("target")
_follow_facts = (
    _select_facts(follows.c.created_at, follows.c.id)
    .join(_follower, _follower.c.id == follows.c.account_id)
    .join(_target, _target.c.id == follows.c.target_id)
)


def _tag_facts(unit: Any) -> Fact:
    return _tagged_posts.with_only_columns(
        posts.c.published_at.label("moment"), unit.label("unit"), literal(1).label("weight")
    )


STATEMENTS: dict[str, Any] = {
    "active_users": _select_amounts(
        _select_facts(member_days.c.day.cast(BigInteger()) * DAY_MS, member_days.c.member_id)
    ),
    "new_users": _select_amounts(_select_facts(members.c.created_at, members.c.id)),
    "interactions": _select_amounts(
        union_all(
            _select_facts(likes.c.created_at, likes.c.id)
            .join(_local_posts, _local_posts.c.id == likes.c.post_id)
            .where(_local_posts.c.local),
            _select_facts(posts.c.published_at, posts.c.id)
            .join(_local_posts, _local_posts.c.id == posts.c.boost_of_id)
            .where(_local_posts.c.local),
            _select_facts(posts.c.published_at, posts.c.id)
            .join(_local_posts, _local_posts.c.id == posts.c.in_reply_to_id)
            .where(
                _local_posts.c.local,
                posts.c.account_id != _local_posts.c.account_id,
                posts.c.state == "published",
            ),
        )
    ),
    "opened_reports": _select_amounts(_select_facts(reports.c.created_at, reports.c.id)),
    "resolved_reports": _select_amounts(
        _select_facts(reports.c.resolved_at, reports.c.id).where(reports.c.resolved_at.is_not(None))
    ),
    "tag_accounts": _select_amounts(_tag_facts(posts.c.account_id)),
    "tag_uses": _select_amounts(_tag_facts(posts.c.id)),
    "tag_servers": _select_amounts(_tag_facts(accounts.c.domain).where(accounts.c.domain != "")),
    # The id of an account contains when it was first seen; `created_at` comes from its peer.
    "instance_accounts": _select_amounts(
        _select_facts(accounts.c.id // IDS_PER_MS, accounts.c.id).where(_is_on_domain)
    ),
    "instance_media_attachments": _select_amounts(
        _select_facts(media.c.created_at, media.c.id, media.c.bytes)
        .join(accounts, accounts.c.id == media.c.account_id)
        .where(_is_on_domain),
        sums=True,
    ),
    "instance_reports": _select_amounts(
        _select_facts(reports.c.created_at, reports.c.id)
        .join(accounts, accounts.c.id == reports.c.target_id)
        .where(_is_on_domain)
    ),
    "instance_statuses": _select_amounts(
        _select_facts(posts.c.published_at, posts.c.id)
        .join(accounts, accounts.c.id == posts.c.account_id)
        .where(_is_on_domain, posts.c.state == "published")
    ),
    "instance_follows": _select_amounts(
        _follow_facts.where(_follower.c.domain == "", _target.c.domain == bindparam("domain"))
    ),
    "instance_followers": _select_amounts(
        _follow_facts.where(_target.c.domain == "", _follower.c.domain == bindparam("domain"))
    ),
}


async def load(tx: ReadTx, name: str, *, first: int, start: int, end: int, **subject: Any) -> dict[int, int]:
    """Return amounts by day since 1970, and the totals of the span and the one before.

    They are under the keys TOTAL (from start to end) and PREVIOUS_TOTAL (from first to start); moments are ms
    UTC.
    """
    rows = await tx.all(STATEMENTS[name], first=first, start=start, end=end, **subject)
    return {int(row[0]): int(row[1]) for row in rows}
