"""Compare the followers that two nodes store of an account (FEP-8fcf)."""

from __future__ import annotations

from urllib.parse import urlsplit

from activitypub.authority import same_origin
from activitypub.collections import item_uris, next_page, total, write_synchronization
from activitypub.document import type_of
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.relationships import followers
from fedserver.federation.resolve import Resolver
from storage.engine import Database, ReadTx

# Bounds of a collection that a peer serves; more local followers than that no account has.
MAX_PAGES, MAX_ITEMS = 50, 100_000
SYNCHRONIZATION_PATH = "followers_synchronization"
COLLECTION_TYPES = ("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")


async def build_synchronization_header(tx: ReadTx, site: NodeContext, account_id: int, inbox: str) -> str:
    """Return the `Collection-Synchronization` header for an inbox: which followers its node should store."""
    account = await accounts.get(tx, account_id)
    parts = urlsplit(inbox)
    uris = await followers.list_partial_followers(tx, account, f"{parts.scheme}://{parts.netloc}")
    url = site.links.actor_endpoint(account.uri, SYNCHRONIZATION_PATH)
    return write_synchronization(account.followers_uri, url, followers.compute_digest(uris))


async def synchronize_followers(
    db: Database, site: NodeContext, resolver: Resolver, job: jobs.SynchronizeFollowers
) -> None:
    """Read which of our members the peer stores as followers, and correct ours.

    A list that is incomplete, or is not the one its header announced, changes nothing.
    """
    uris = await _fetch_followers(resolver, job.url)
    local_uris = [uri for uri in dict.fromkeys(uris or ()) if site.links.is_local(uri)]
    if uris is None or followers.compute_digest(local_uris) != job.digest:
        return
    async with db.write() as tx:
        account = await accounts.get(tx, job.account_id)
        await followers.synchronize(tx, site, account, local_uris)


async def _fetch_followers(resolver: Resolver, url: str) -> list[str] | None:
    """Return all items of a collection. Returns None if a page cannot be read or is of another origin."""
    uris: list[str] = []
    page: str | None = url
    for _ in range(MAX_PAGES):
        document = await resolver.fetch_collection(page) if page is not None else None
        if document is None or not type_of(document, COLLECTION_TYPES):
            return None
        uris += item_uris(document, MAX_ITEMS)
        page = next_page(document)
        if page is None:
            return uris if total(document) <= len(uris) else None
        if not same_origin(url, page):
            return None
    return None
