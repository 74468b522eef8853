"""Counts of the whole node."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, bindparam, func, literal_column, select

from storage.engine import ReadTx, first_id_at
from storage.tables.accounts import accounts
from storage.tables.auth import member_days, members
from storage.tables.peers import peers
from storage.tables.posts import posts

DAY_MS = 86_400_000
FIRST_MONDAY_MS, WEEK_MS = 4 * DAY_MS, 7 * DAY_MS  # 1970-01-05

COUNT_LOCAL_POSTS = select(func.coalesce(func.sum(accounts.c.posts_count), 0)).where(accounts.c.domain == "")
COUNT_PEERS = select(func.count()).select_from(peers)
LIST_PEER_DOMAINS = select(peers.c.domain).where(peers.c.policy != "block").order_by(peers.c.domain)


def _week(moment: ColumnElement[int]) -> ColumnElement[int]:
    first_monday_ms, week_ms = (
        literal_column(str(number), BigInteger()) for number in (FIRST_MONDAY_MS, WEEK_MS)
    )
    return (moment - first_monday_ms) // week_ms


def _select_by_week(moment: ColumnElement[int], *conditions: ColumnElement[bool]) -> Any:
    week = _week(moment)
    return select(week, func.count()).where(moment >= bindparam("since"), *conditions).group_by(week)


COUNT_POSTS_BY_WEEK = _select_by_week(
    posts.c.published_at,
    posts.c.id > bindparam("since_id"),
    posts.c.local,
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
)
COUNT_NEW_MEMBERS_BY_WEEK = _select_by_week(members.c.created_at)
_week_of_day = (
    member_days.c.day - literal_column(str(FIRST_MONDAY_MS // DAY_MS), Integer())
) // literal_column("7", Integer())
COUNT_ACTIVE_MEMBERS_BY_WEEK = (
    select(_week_of_day, func.count(member_days.c.member_id.distinct()))
    .where(member_days.c.day >= bindparam("first_day"))
    .group_by(_week_of_day)
)


def week_number(moment: int) -> int:
    """Return the number of a week, counted from the first Monday of 1970."""
    return (moment - FIRST_MONDAY_MS) // WEEK_MS


def week_start(week: int) -> int:
    """Return the start of a week: Monday, midnight (ms UTC)."""
    return FIRST_MONDAY_MS + week * WEEK_MS


async def count_by_week(tx: ReadTx, first_week: int) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Return posts, active members and new members by week, since a week."""
    since = week_start(first_week)
    written = await tx.all(COUNT_POSTS_BY_WEEK, since=since, since_id=first_id_at(since) - 1)
    active = await tx.all(COUNT_ACTIVE_MEMBERS_BY_WEEK, first_day=since // DAY_MS)
    joined = await tx.all(COUNT_NEW_MEMBERS_BY_WEEK, since=since)
    post_counts, active_counts, joined_counts = (
        {row[0]: row[1] for row in rows} for rows in (written, active, joined)
    )
    return post_counts, active_counts, joined_counts


async def count_local_posts(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_LOCAL_POSTS))


async def count_peers(tx: ReadTx) -> int:
    return int(await tx.value(COUNT_PEERS))


async def list_peer_domains(tx: ReadTx) -> list[str]:
    return await tx.values(LIST_PEER_DOMAINS)
