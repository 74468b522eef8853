"""Figures about the whole node."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, bindparam, func, literal_column, select

from storage.engine import Tx
from storage.ids import first_at
from storage.tables.accounts import accounts
from storage.tables.auth import member_days, members
from storage.tables.peers import peers
from storage.tables.posts import posts

DAY = 86_400_000
FIRST_MONDAY, WEEK = 4 * DAY, 7 * DAY  # 1970-01-05

LOCAL_POSTS = select(func.coalesce(func.sum(accounts.c.posts_count), 0)).where(accounts.c.domain == "")
PEERS = select(func.count()).select_from(peers)
PEER_NAMES = select(peers.c.domain).where(peers.c.policy != "block").order_by(peers.c.domain)


def _week(moment: ColumnElement[int]) -> ColumnElement[int]:
    first, week = (literal_column(str(each), BigInteger()) for each in (FIRST_MONDAY, WEEK))
    return (moment - first) // week


def _by_week(moment: ColumnElement[int], *conditions: ColumnElement[bool]) -> Any:
    week = _week(moment)
    return select(week, func.count()).where(moment >= bindparam("since"), *conditions).group_by(week)


POSTS_BY_WEEK = _by_week(
    posts.c.published_at,
    posts.c.id > bindparam("since_id"),
    posts.c.local,
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
)
JOINED_BY_WEEK = _by_week(members.c.created_at)
_week_of_day = (member_days.c.day - literal_column(str(FIRST_MONDAY // DAY), Integer())) // literal_column(
    "7", Integer()
)
ACTIVE_BY_WEEK = (
    select(_week_of_day, func.count(member_days.c.member_id.distinct()))
    .where(member_days.c.day >= bindparam("first_day"))
    .group_by(_week_of_day)
)


def week_of(moment: int) -> int:
    """The number of a week, counted from the first Monday of 1970."""
    return (moment - FIRST_MONDAY) // WEEK


def week_begins(week: int) -> int:
    """Monday, midnight (ms UTC)."""
    return FIRST_MONDAY + week * WEEK


async def by_week(tx: Tx, first: int) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Posts of ours, members who were here, and new members, by week since the week `first`."""
    since = week_begins(first)
    written = await tx.all(POSTS_BY_WEEK, since=since, since_id=first_at(since) - 1)
    active = await tx.all(ACTIVE_BY_WEEK, first_day=since // DAY)
    joined = await tx.all(JOINED_BY_WEEK, since=since)
    made, here, new = ({row[0]: row[1] for row in found} for found in (written, active, joined))
    return made, here, new


async def local_posts(tx: Tx) -> int:
    return int(await tx.value(LOCAL_POSTS))


async def known_peers(tx: Tx) -> int:
    return int(await tx.value(PEERS))


async def peer_names(tx: Tx) -> list[str]:
    return await tx.values(PEER_NAMES)
