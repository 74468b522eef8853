"""Accounts to discover: the directory, and suggestions.

All of them are discoverable, have not moved, and are neither limited, suspended nor hidden from the viewer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)

from storage.engine import ReadTx, Tx
from storage.queries.accounts.hidden import is_not_hidden
from storage.statements import one_of, upsert
from storage.tables.accounts import accounts, suggestion_dismissals
from storage.tables.relationships import follow_requests, follows

_viewer: ColumnElement[int] = bindparam("viewer_id", type_=BigInteger())
_listed = and_(
    accounts.c.discoverable,
    accounts.c.kind != "Application",
    accounts.c.suspended_at.is_(None),
    accounts.c.silenced_at.is_(None),
    accounts.c.deleted_at.is_(None),
    accounts.c.moved_to_id.is_(None),
    is_not_hidden(accounts.c.id),
)
_directory = (
    select(accounts.c.id)
    .where(_listed, or_(~bindparam("only_local", type_=Boolean()), accounts.c.domain == ""))
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
LIST_ACTIVE = _directory.order_by(func.coalesce(accounts.c.last_post_at, 0).desc(), accounts.c.id.desc())
LIST_NEWEST = _directory.order_by(accounts.c.created_at.desc(), accounts.c.id.desc())

_words = bindparam("words", type_=Text())
# Members only: there are few of them, and no index helps to find words inside a text.
SEARCH_BIOS = (
    select(accounts.c.id)
    .where(
        _listed,
        accounts.c.domain == "",
        or_(
            func.lower(accounts.c.note_source).like(_words, escape="\\"),
            func.lower(accounts.c.fields).like(_words, escape="\\"),
        ),
    )
    .order_by(accounts.c.followers_count.desc(), accounts.c.id)
    .limit(bindparam("limit"))
)

_followed, _friend, _ours = follows.alias(), follows.alias(), accounts.alias()
_suggestable = and_(
    _listed,
    accounts.c.id != _viewer,
    ~exists(
        select(literal(1)).where(_followed.c.account_id == _viewer, _followed.c.target_id == accounts.c.id)
    ),
    ~exists(
        select(literal(1)).where(
            follow_requests.c.account_id == _viewer, follow_requests.c.target_id == accounts.c.id
        )
    ),
    ~exists(
        select(literal(1)).where(
            suggestion_dismissals.c.account_id == _viewer,
            suggestion_dismissals.c.target_id == accounts.c.id,
        )
    ),
)
# Accounts on some hosts, last active first.
LIST_BY_DOMAINS = (
    select(accounts.c.id)
    .where(one_of(accounts.c.domain, "domains"), _suggestable)
    .order_by(func.coalesce(accounts.c.last_post_at, 0).desc(), accounts.c.id.desc())
    .limit(bindparam("limit"))
)
LOAD_SUGGESTABLE = select(accounts.c.id).where(one_of(accounts.c.id, "ids"), _suggestable)


def _rank_by_followers(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    """Return a query of accounts, ranked by their followers among those the conditions select."""
    return (
        select(accounts.c.id)
        .select_from(
            follows.join(accounts, accounts.c.id == follows.c.target_id).join(
                _ours, _ours.c.id == follows.c.account_id
            )
        )
        .where(_suggestable, *conditions)
        .group_by(accounts.c.id)
        .order_by(func.count().desc(), accounts.c.id)
        .limit(bindparam("limit"))
    )


# Accounts followed by those whom the viewer follows, unless these hide whom they follow.
LIST_FRIENDS_OF_FRIENDS = _rank_by_followers(
    ~_ours.c.hides_collections,
    follows.c.account_id.in_(select(_friend.c.target_id).where(_friend.c.account_id == _viewer)),
)
LIST_MOST_FOLLOWED = _rank_by_followers(_ours.c.domain == "")
INSERT_DISMISSAL = upsert(suggestion_dismissals).on_conflict_do_nothing()


async def search_bios(tx: ReadTx, viewer_id: int, words: str, limit: int) -> list[int]:
    """Return ids of members whose bio or fields are like `words`, a pattern in lower case."""
    return await tx.values(SEARCH_BIOS, viewer_id=viewer_id, words=words, limit=limit, now=tx.now)


async def list_directory(
    tx: ReadTx, viewer_id: int, limit: int, offset: int, *, newest: bool, only_local: bool
) -> list[int]:
    """Return ids of discoverable accounts, last active first, or newest first."""
    params = {"viewer_id": viewer_id, "now": tx.now, "limit": limit, "offset": offset}
    return await tx.values(LIST_NEWEST if newest else LIST_ACTIVE, only_local=only_local, **params)


async def load_suggestable(tx: ReadTx, viewer_id: int, ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that may be suggested to the viewer."""
    return set(await tx.values(LOAD_SUGGESTABLE, viewer_id=viewer_id, now=tx.now, ids=list(ids)))


async def list_by_domains(tx: ReadTx, viewer_id: int, domains: Sequence[str], limit: int) -> list[int]:
    """Return accounts on these hosts that may be suggested to the viewer; '' is this node."""
    return await tx.values(
        LIST_BY_DOMAINS, viewer_id=viewer_id, now=tx.now, domains=list(domains), limit=limit
    )


async def list_friends_of_friends(tx: ReadTx, viewer_id: int, limit: int) -> list[int]:
    return await tx.values(LIST_FRIENDS_OF_FRIENDS, viewer_id=viewer_id, now=tx.now, limit=limit)


async def list_most_followed(tx: ReadTx, viewer_id: int, limit: int) -> list[int]:
    """Return the accounts that members follow most."""
    return await tx.values(LIST_MOST_FOLLOWED, viewer_id=viewer_id, now=tx.now, limit=limit)


async def insert_dismissal(tx: Tx, account_id: int, target_id: int) -> None:
    await tx.run(INSERT_DISMISSAL, account_id=account_id, target_id=target_id, at=tx.now)
