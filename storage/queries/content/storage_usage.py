"""How many bytes files take: of members, and of peers in the cache."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from storage.engine import ReadTx
from storage.statements import one_of
from storage.tables.accounts import accounts
from storage.tables.content import media, remote_files
from storage.tables.posts import posts

_bytes = func.coalesce(func.sum(media.c.bytes), 0)
_is_stored = media.c.file_key != ""
LOAD_BY_ACCOUNTS = (
    select(media.c.account_id, _bytes, func.count())
    .where(one_of(media.c.account_id, "ids"), _is_stored)
    .group_by(media.c.account_id)
)
LIST_LARGEST_ACCOUNTS = (
    select(media.c.account_id, _bytes, func.count())
    .join(accounts, accounts.c.id == media.c.account_id)
    .where(accounts.c.domain == "", _is_stored)
    .group_by(media.c.account_id)
    .order_by(_bytes.desc(), media.c.account_id)
    .limit(bindparam("limit"))
)
SUM_MEDIA = (
    select(_bytes, func.count())
    .select_from(media.join(accounts, accounts.c.id == media.c.account_id))
    .where(accounts.c.domain == "", _is_stored)
)
# A cached file belongs to the attachment, account, post, card or emoji with its id; ids are unique in the
# database. Cards and emoji have no account: they count for the domain ''.
_owner = func.coalesce(media.c.account_id, posts.c.account_id, remote_files.c.subject_id)
_cached = func.coalesce(func.sum(remote_files.c.bytes), 0)
_domain = func.coalesce(accounts.c.domain, "")
LIST_LARGEST_PEERS = (
    select(_domain, _cached, func.count())
    .select_from(
        remote_files.outerjoin(media, media.c.id == remote_files.c.subject_id)
        .outerjoin(posts, posts.c.id == remote_files.c.subject_id)
        .outerjoin(accounts, accounts.c.id == _owner)
    )
    .group_by(_domain)
    .order_by(_cached.desc(), _domain)
    .limit(bindparam("limit"))
)
SUM_CACHE = select(_cached, func.count()).select_from(remote_files)


async def load_by_accounts(tx: ReadTx, ids: Sequence[int]) -> dict[int, int]:
    """Return the bytes of the stored files of accounts; those without files are missing."""
    return {int(row[0]): int(row[1]) for row in await tx.all(LOAD_BY_ACCOUNTS, ids=list(ids))}


async def list_largest_accounts(tx: ReadTx, limit: int) -> list[tuple[int, int, int]]:
    """Return the local accounts with most bytes: id, bytes, files."""
    return [
        (int(row[0]), int(row[1]), int(row[2])) for row in await tx.all(LIST_LARGEST_ACCOUNTS, limit=limit)
    ]


async def list_largest_peers(tx: ReadTx, limit: int) -> list[tuple[str, int, int]]:
    """Return the domains with most bytes in the cache: domain ('' for cards and emoji), bytes, files."""
    return [(str(row[0]), int(row[1]), int(row[2])) for row in await tx.all(LIST_LARGEST_PEERS, limit=limit)]


async def sum_all(tx: ReadTx) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return bytes and number of the files of members, and of the cached files of peers."""
    own, cached = await tx.one(SUM_MEDIA), await tx.one(SUM_CACHE)
    assert own is not None
    assert cached is not None
    return (int(own[0]), int(own[1])), (int(cached[0]), int(cached[1]))
