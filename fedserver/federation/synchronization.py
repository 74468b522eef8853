"""Followers of a peer's account as its own node knows them (FEP-8fcf)."""

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
from storage.engine import Database, Tx

MAX_PAGES, MAX_ITEMS = 50, 100_000
SYNCHRONIZATION_PATH = "followers_synchronization"
COLLECTION_TYPES = ("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")


async def build_synchronization_header(tx: Tx, site: NodeContext, account_id: int, inbox: str) -> str:
    """The header that tells the node of an inbox which followers of an account of ours it has."""
    account = await accounts.get(tx, account_id)
    parts = urlsplit(inbox)
    found = await followers.list_partial_followers(tx, account, f"{parts.scheme}://{parts.netloc}")
    url = site.links.actor_endpoint(account.uri, SYNCHRONIZATION_PATH)
    return write_synchronization(account.followers_uri, url, followers.compute_digest(found))


async def synchronize_followers(
    db: Database, site: NodeContext, resolver: Resolver, job: jobs.SynchronizeFollowers
) -> None:
    """Read which followers the peer has here. What is not whole, or was not told of, changes nothing."""
    found = await _fetch_followers(resolver, job.url)
    ours = [uri for uri in dict.fromkeys(found or ()) if site.links.is_local(uri)]
    if found is None or followers.compute_digest(ours) != job.digest:
        return
    async with db.write() as tx:
        account = await accounts.get(tx, job.account_id)
        await followers.synchronize(tx, site, account, ours)


async def _fetch_followers(resolver: Resolver, url: str) -> list[str] | None:
    found: list[str] = []
    page: str | None = url
    for _ in range(MAX_PAGES):
        document = await resolver.fetch_collection(page) if page is not None else None
        if document is None or not type_of(document, COLLECTION_TYPES):
            return None
        found += item_uris(document, MAX_ITEMS)
        page = next_page(document)
        if page is None:
            return found if total(document) <= len(found) else None
        if not same_origin(url, page):
            return None
    return None
