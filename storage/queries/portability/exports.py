"""What members take along: everything of a kind that an account has, in slices by a cursor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, bindparam, or_, select

from storage.engine import Tx
from storage.tables.accounts import accounts
from storage.tables.posts import posts
from storage.tables.relationships import blocks, domain_mutes, follows, list_accounts, lists, mutes
from storage.tables.timelines import bookmarks

Record = tuple[Any, ...]


def _others(table: Table, other: str, *more: Any) -> Select[Any]:
    """The cursor, and the other account of each pair: id, name, domain, and what more there is."""
    mine = table.c.target_id if other == "account_id" else table.c.account_id
    return (
        select(table.c.id, accounts.c.id, accounts.c.username, accounts.c.domain, *more)
        .join(accounts, accounts.c.id == table.c[other])
        .where(mine == bindparam("account_id"), table.c.id > bindparam("after_id"))
        .order_by(table.c.id)
        .limit(bindparam("limit"))
    )


PEOPLE = {
    "following": _others(
        follows, "target_id", follows.c.shows_boosts, follows.c.notifies, follows.c.languages
    ),
    "followers": _others(follows, "account_id"),
    "blocking": _others(blocks, "target_id"),
    "muting": _others(mutes, "target_id", mutes.c.hides_notifications).where(
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now"))
    ),
}
DOMAINS = (
    select(domain_mutes.c.domain)
    .where(domain_mutes.c.account_id == bindparam("account_id"))
    .order_by(domain_mutes.c.domain)
)
BOOKMARKS = (
    select(posts.c.uri)
    .join(bookmarks, bookmarks.c.post_id == posts.c.id)
    .where(bookmarks.c.account_id == bindparam("account_id"))
    .order_by(bookmarks.c.id.desc())
)
LISTS = (
    select(lists.c.id, lists.c.title, accounts.c.id, accounts.c.username, accounts.c.domain)
    .join(list_accounts, list_accounts.c.list_id == lists.c.id)
    .join(accounts, accounts.c.id == list_accounts.c.account_id)
    .where(lists.c.account_id == bindparam("account_id"))
    .order_by(lists.c.id, list_accounts.c.added_id)
)


async def people(tx: Tx, kind: str, account_id: int, after_id: int, limit: int) -> list[Record]:
    """Cursor, id, name and domain of others, and what more belongs to the kind; oldest first."""
    now = {"now": tx.now} if kind == "muting" else {}
    return [
        tuple(each)
        for each in await tx.all(PEOPLE[kind], account_id=account_id, after_id=after_id, limit=limit, **now)
    ]


async def domains(tx: Tx, account_id: int) -> list[str]:
    """Domains that the account keeps away."""
    return list(await tx.values(DOMAINS, account_id=account_id))


async def bookmarked(tx: Tx, account_id: int) -> list[str]:
    """URIs of the posts, the newest bookmark first."""
    return list(await tx.values(BOOKMARKS, account_id=account_id))


async def listed(tx: Tx, account_id: int) -> list[Record]:
    """Id and title of each list with id, name and domain of each account on it."""
    return [tuple(each) for each in await tx.all(LISTS, account_id=account_id)]
