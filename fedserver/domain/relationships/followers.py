"""Followers and followed accounts: pages of them, and their synchronization with peers (FEP-8fcf)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.relationships import follows
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow

Pairs = list[tuple[int, int]]
MAX_FAMILIAR = 20  # followers shown for each account
MAX_UNDONE = 1_000  # unknown follows undone in one synchronization: the list comes from a peer


def compute_digest(uris: Iterable[str]) -> str:
    """Return SHA-256 of each URI, joined by XOR, in hex: it does not depend on the order (FEP-8fcf)."""
    digest = 0
    for uri in uris:
        digest ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{digest:064x}"


async def list_partial_followers(tx: ReadTx, account: AccountRow, base: str) -> list[str]:
    """Return URIs of the followers at the node `base` (https://peer.example)."""
    return list(await follow_queries.load_followers_by_prefix(tx, account.id, f"{base}/"))


async def enqueue_synchronization(tx: Tx, account: AccountRow, url: str, digest: str) -> None:
    """Enqueue reading the followers of a remote account at `url`, as their digest differs from ours."""
    task = jobs.SynchronizeFollowers(account.id, url, digest)
    await jobs.enqueue(tx, task, dedupe=f"synchronize_followers:{account.id}")


async def synchronize(tx: Tx, site: NodeContext, account: AccountRow, uris: Sequence[str]) -> None:
    """Adopt the local followers that the peer of a remote account lists.

    Follows that it does not list end here; listed ones unknown here are undone there.
    """
    ours = await follow_queries.load_followers_by_prefix(tx, account.id, f"{site.links.base}/")
    for follower in await account_queries.load_by_ids(tx, [ours[uri] for uri in ours.keys() - set(uris)]):
        await follows.unfollow(tx, site, follower, account)
    for uri in [uri for uri in uris if uri not in ours][:MAX_UNDONE]:
        unknown = await account_queries.find_by_uri(tx, uri)
        if unknown is None or unknown.domain:
            continue
        # An Accept was lost: an account with a request is a follower.
        if not await follows.receive_answer(tx, account, unknown.id, None, accepted=True):
            act = site.links.activity(unknown.uri, "follows", tx.new_id())
            await jobs.enqueue(tx, jobs.UndoFollow(unknown.id, account.id, act))


async def list_followers(tx: ReadTx, account: AccountRow, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and ids of followers; none if the account hides them from the viewer, or blocks them.

    Accounts that are hidden from the viewer are left out, but not of the viewer's own followers.
    """
    if _hides_follows(account, viewer_id):
        return []
    return await follow_queries.list_followers(tx, account.id, _get_filtering_id(account, viewer_id), page)


async def list_following(tx: ReadTx, account: AccountRow, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and ids of followed accounts, as `list_followers` does with followers."""
    if _hides_follows(account, viewer_id):
        return []
    return await follow_queries.list_following(tx, account.id, _get_filtering_id(account, viewer_id), page)


def _hides_follows(account: AccountRow, viewer_id: int | None) -> bool:
    return (account.hides_collections and viewer_id != account.id) or account.suspended_at is not None


def _get_filtering_id(account: AccountRow, viewer_id: int | None) -> int | None:
    """Return the account whose blocks and mutes apply to a list of follows; None for one's own list."""
    return None if viewer_id == account.id else viewer_id


async def list_requests(tx: ReadTx, account: AccountRow, page: Page) -> Pairs:
    """Return cursors and ids of the accounts that ask to follow."""
    return await follow_queries.list_requests(tx, account.id, page)


async def count_requests(tx: ReadTx, account: AccountRow) -> int:
    """Return the number of follow requests."""
    return await follow_queries.count_requests(tx, account.id)


async def list_uris(tx: ReadTx, account: AccountRow, collection: str, page: Page) -> list[tuple[int, str]]:
    """Return cursors and URIs of `followers` or `following`, for peers."""
    if collection == "followers":
        return await follow_queries.list_follower_uris(tx, account.id, page)
    return await follow_queries.list_following_uris(tx, account.id, page)


async def load_familiar_followers(tx: ReadTx, viewer_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """Return for each account its followers whom the viewer follows, unless the account hides them."""
    return await follow_queries.load_familiar_followers(tx, viewer_id, ids, MAX_FAMILIAR)
