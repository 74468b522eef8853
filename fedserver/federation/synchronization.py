"""Followers of a peer's account as its own node knows them (FEP-8fcf)."""

from __future__ import annotations

from urllib.parse import urlsplit

from activitypub.authority import same_origin
from activitypub.collections import item_uris, next_page, total, write_synchronization
from activitypub.document import type_of
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.relationships import follows
from fedserver.federation.resolve import Resolver
from storage.engine import Database, Tx

MOST_PAGES, MOST_ITEMS = 50, 100_000
SYNCHRONIZATION = "followers_synchronization"
COLLECTIONS = ("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")


async def followers_at(tx: Tx, site: Site, account_id: int, inbox: str) -> str:
    """The header that tells the node of an inbox which followers of an account of ours it has."""
    account = await accounts.by_id(tx, account_id)
    parts = urlsplit(inbox)
    found = await follows.partial(tx, account, f"{parts.scheme}://{parts.netloc}")
    url = site.links.part(account.uri, SYNCHRONIZATION)
    return write_synchronization(account.followers_uri, url, follows.digest(found))


async def synchronize(db: Database, site: Site, resolver: Resolver, task: jobs.SynchronizeFollowers) -> None:
    """Read which followers the peer has here. What is not whole, or was not told of, changes nothing."""
    found = await _followers(resolver, task.url)
    ours = [uri for uri in dict.fromkeys(found or ()) if site.links.is_local(uri)]
    if found is None or follows.digest(ours) != task.digest:
        return
    async with db.write() as tx:
        account = await accounts.by_id(tx, task.account_id)
        await follows.synchronize(tx, site, account, ours)


async def _followers(resolver: Resolver, url: str) -> list[str] | None:
    found: list[str] = []
    page: str | None = url
    for _ in range(MOST_PAGES):
        document = await resolver.collection(page) if page is not None else None
        if document is None or not type_of(document, COLLECTIONS):
            return None
        found += item_uris(document, MOST_ITEMS)
        page = next_page(document)
        if page is None:
            return found if total(document) <= len(found) else None
        if not same_origin(url, page):
            return None
    return None
