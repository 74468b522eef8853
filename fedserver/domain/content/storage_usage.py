"""The space that files take, of each member and of the cached files of each peer."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from storage.engine import ReadTx
from storage.queries.content import storage_usage as storage_usage_queries

MAX_LISTED = 50


class Share(Struct, frozen=True):
    """The bytes and number of files of one account (`owner` is its id) or of one peer (its domain).

    The domain is '' for pictures of links and for emoji, which belong to no peer.
    """

    owner: int | str
    bytes: int
    files: int


class StorageUsage(Struct, frozen=True):
    """The files of members and the cached files of peers: sums, and those with most, largest first."""

    own_bytes: int
    own_files: int
    cached_bytes: int
    cached_files: int
    accounts: tuple[Share, ...]
    peers: tuple[Share, ...]


async def load(tx: ReadTx) -> StorageUsage:
    """Return what takes space; four statements."""
    own, cached = await storage_usage_queries.sum_all(tx)
    largest = await storage_usage_queries.list_largest_accounts(tx, MAX_LISTED)
    peers = await storage_usage_queries.list_largest_peers(tx, MAX_LISTED)
    return StorageUsage(
        *own, *cached, tuple(Share(*row) for row in largest), tuple(Share(*row) for row in peers)
    )


async def load_by_accounts(tx: ReadTx, account_ids: Sequence[int]) -> dict[int, int]:
    """Return the bytes of the files of accounts; those without files are missing."""
    return await storage_usage_queries.load_by_accounts(tx, account_ids) if account_ids else {}
