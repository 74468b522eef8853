"""The end of every follow of accounts that were just suspended, and what others lost by it.

The accounts are selected by the time of their suspension (`mark`), in the same few statements however many
they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from storage.engine import ReadTx, Tx
from storage.queries.timelines.home_entries import build_restoration, removed
from storage.rows.peers import SeveranceRow
from storage.rows.relationships import FollowRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.peers import severances
from storage.tables.relationships import follow_requests, follows, list_accounts
from storage.tables.timelines import home_entries

INSERT = upsert(severances)
LOAD_BY_IDS = select(*columns_of(severances, SeveranceRow)).where(one_of(severances.c.id, "ids"))
_suspended_ids = select(accounts.c.id).where(accounts.c.suspended_at == bindparam("mark", type_=BigInteger()))
_follower, _target = accounts.alias("follower"), accounts.alias("target")


def _select_cross_node(table: Table) -> Select[Any]:
    """Select follows, or requests, between a suspended account and one of another node."""
    return (
        select(*columns_of(table, FollowRow), _follower.c.domain.label("from_domain"))
        .join(_follower, _follower.c.id == table.c.account_id)
        .join(_target, _target.c.id == table.c.target_id)
        .where(
            or_(table.c.account_id.in_(_suspended_ids), table.c.target_id.in_(_suspended_ids)),
            or_(
                and_(_follower.c.domain == "", _target.c.domain != ""),
                and_(_follower.c.domain != "", _target.c.domain == ""),
            ),
        )
    )


LIST_CROSS_NODE_FOLLOWS = union_all(_select_cross_node(follows), _select_cross_node(follow_requests))
_local = accounts.alias("local")


def _select_lost(local: str, other: str, *, is_follower: bool) -> Select[Any]:
    """Select local accounts that lose a follow with a suspended account.

    `local` and `other` are columns of `follows`. If `is_follower`, the suspended account was the follower.
    """
    return (
        select(
            follows.c[local].label("id"),
            literal(int(is_follower)).label("followers"),
            literal(int(not is_follower)).label("following"),
        )
        .join(_local, _local.c.id == follows.c[local])
        .where(
            _local.c.domain == "",
            follows.c[other].in_(_suspended_ids),
            follows.c[local].not_in(_suspended_ids),
        )
    )


_losses = union_all(
    _select_lost("target_id", "account_id", is_follower=True),
    _select_lost("account_id", "target_id", is_follower=False),
).subquery()
COUNT_LOSSES = select(_losses.c.id, func.sum(_losses.c.followers), func.sum(_losses.c.following)).group_by(
    _losses.c.id
)


def _subtract(name: str) -> ColumnElement[int]:
    """Return a counter less what the parameter of its name takes away, but never below 0."""
    column, by = accounts.c[name], bindparam(f"b_{name}", type_=accounts.c[name].type)
    return case((column > by, column - by), else_=0)


DECREMENT_COUNTS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(
        followers_count=_subtract("followers_count"),
        following_count=_subtract("following_count"),
    )
)
RESET_COUNTS = (
    update(accounts)
    .where(accounts.c.suspended_at == bindparam("mark"), accounts.c.domain == "")
    .values(followers_count=0, following_count=0)
)
# With the follows go what they brought: places on lists, and entries in home timelines.
DELETE_RELATIONS = (
    delete(follows).where(
        or_(follows.c.account_id.in_(_suspended_ids), follows.c.target_id.in_(_suspended_ids))
    ),
    delete(follow_requests).where(
        or_(follow_requests.c.account_id.in_(_suspended_ids), follow_requests.c.target_id.in_(_suspended_ids))
    ),
    delete(list_accounts).where(list_accounts.c.account_id.in_(_suspended_ids)),
    build_restoration(removed.c.author_id.in_(_suspended_ids)),
    delete(home_entries).where(
        or_(home_entries.c.author_id.in_(_suspended_ids), home_entries.c.account_id.in_(_suspended_ids)),
        home_entries.c.account_id != home_entries.c.author_id,
    ),
)


async def list_cross_node_follows(tx: ReadTx, mark: int) -> list[tuple[FollowRow, bool]]:
    """Return the follows and requests between nodes that will end, with True if the follower is ours."""
    records = await tx.all(LIST_CROSS_NODE_FOLLOWS, mark=mark)
    return [(FollowRow(*tuple(record)[:-1]), record[-1] == "") for record in records]


async def count_losses(tx: ReadTx, mark: int) -> list[tuple[int, int, int]]:
    """Return our other accounts with how many followers and followed accounts each of them loses."""
    return [(row[0], int(row[1]), int(row[2])) for row in await tx.all(COUNT_LOSSES, mark=mark)]


async def sever(tx: Tx, mark: int, losses: Sequence[tuple[int, int, int]]) -> None:
    """End the follows, and subtract `losses`, from `count_losses`, from the counters."""
    for statement in (*DELETE_RELATIONS, RESET_COUNTS):
        await tx.run(statement, mark=mark, now=tx.now)
    names = ("b_id", "b_followers_count", "b_following_count")
    await tx.run_many(DECREMENT_COUNTS, [dict(zip(names, loss, strict=True)) for loss in losses])


async def insert(tx: Tx, rows: Iterable[SeveranceRow]) -> None:
    await tx.run_many(INSERT, [structs.asdict(row) for row in rows])


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> list[SeveranceRow]:
    return to_rows(SeveranceRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))
