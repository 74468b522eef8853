"""What members take along: everything of a kind that an account has, in slices by a cursor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, bindparam, or_, select

from storage.engine import ReadTx
from storage.tables.accounts import accounts
from storage.tables.posts import posts
from storage.tables.relationships import blocks, domain_mutes, follows, list_accounts, lists, mutes
from storage.tables.timelines import bookmarks

Record = tuple[Any, ...]


def _select_others(table: Table, other: str, *more: Any) -> Select[Any]:
    """Select a cursor, id, username and domain of the other account of each pair, and further columns."""
    owner = table.c.target_id if other == "account_id" else table.c.account_id
    return (
        select(table.c.id, accounts.c.id, accounts.c.username, accounts.c.domain, *more)
        .join(accounts, accounts.c.id == table.c[other])
        .where(owner == bindparam("account_id"), table.c.id > bindparam("after_id"))
        .order_by(table.c.id)
        .limit(bindparam("limit"))
    )


LIST_RELATED_ACCOUNTS = {
    "following": _select_others(
        follows, "target_id", follows.c.shows_boosts, follows.c.notifies, follows.c.languages
    ),
    "followers": _select_others(follows, "account_id"),
    "blocking": _select_others(blocks, "target_id"),
    "muting": _select_others(mutes, "target_id", mutes.c.hides_notifications).where(
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now"))
    ),
}
LIST_MUTED_DOMAINS = (
    select(domain_mutes.c.domain)
    .where(domain_mutes.c.account_id == bindparam("account_id"))
    .order_by(domain_mutes.c.domain)
)
LIST_BOOKMARKED_URIS = (
    select(posts.c.uri)
    .join(bookmarks, bookmarks.c.post_id == posts.c.id)
    .where(bookmarks.c.account_id == bindparam("account_id"))
    .order_by(bookmarks.c.id.desc())
)
LIST_LIST_MEMBERS = (
    select(lists.c.id, lists.c.title, accounts.c.id, accounts.c.username, accounts.c.domain)
    .join(list_accounts, list_accounts.c.list_id == lists.c.id)
    .join(accounts, accounts.c.id == list_accounts.c.account_id)
    .where(lists.c.account_id == bindparam("account_id"))
    .order_by(lists.c.id, list_accounts.c.added_id)
)


async def list_related_accounts(
    tx: ReadTx, kind: str, account_id: int, after_id: int, limit: int
) -> list[Record]:
    """Return cursor, id, username and domain of other accounts and the columns of the kind, oldest first."""
    now = {"now": tx.now} if kind == "muting" else {}
    return [
        tuple(record)
        for record in await tx.all(
            LIST_RELATED_ACCOUNTS[kind], account_id=account_id, after_id=after_id, limit=limit, **now
        )
    ]


async def list_muted_domains(tx: ReadTx, account_id: int) -> list[str]:
    """Return the domains that the account blocks for itself."""
    return list(await tx.values(LIST_MUTED_DOMAINS, account_id=account_id))


async def list_bookmarked_uris(tx: ReadTx, account_id: int) -> list[str]:
    """Return the URIs of bookmarked posts, the newest bookmark first."""
    return list(await tx.values(LIST_BOOKMARKED_URIS, account_id=account_id))


async def list_list_members(tx: ReadTx, account_id: int) -> list[Record]:
    """Return id and title of each list with id, username and domain of each account on it."""
    return [tuple(record) for record in await tx.all(LIST_LIST_MEMBERS, account_id=account_id)]
