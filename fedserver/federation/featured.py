"""What peers' accounts have on top of their profiles: the collections `featured` and `featuredTags`.

Read when a member looks, once a day at most; posts count from the account's own origin only.
"""

from __future__ import annotations

from typing import Any

from activitypub.actors import read_actor
from activitypub.authority import same_origin
from activitypub.collections import item_uris, items, next_page
from activitypub.errors import ActivityPubError
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.posts import pins
from fedserver.federation.resolve import Resolver
from storage.engine import Database


async def refresh_featured(db: Database, resolver: Resolver, account_id: int) -> None:
    """Read both collections of an account; one that cannot be read changes nothing."""
    async with db.read() as tx:
        row = await accounts.get(tx, account_id)
    document = await resolver.fetch_collection(row.uri)
    try:
        actor = read_actor(document) if document is not None else None
    except ActivityPubError:
        return
    if actor is None or actor.id != row.uri:
        return
    posts = await _fetch_items(resolver, actor.featured)
    if posts is not None:
        uris = item_uris({"items": posts}, pins.MAX_REMOTE_PINS)
        found = [await resolver.resolve_post(uri) for uri in uris if same_origin(uri, row.uri)]
        async with db.write() as tx:
            await pins.receive_all(tx, row, [each for each in found if each is not None])
    tags = await _fetch_items(resolver, actor.featured_tags)
    if tags is not None:
        names = [str(each.get("name", ""))[:200] for each in tags if isinstance(each, dict)]
        async with db.write() as tx:
            await featured_tags.replace_remote(tx, row, names)


async def _fetch_items(resolver: Resolver, uri: str) -> list[Any] | None:
    """What is in a collection, or on its first page."""
    document = await resolver.fetch_collection(uri) if uri else None
    if document is None:
        return None
    found, page = items(document, pins.MAX_REMOTE_PINS), next_page(document)
    if found or page is None or not same_origin(uri, page):
        return found
    document = await resolver.fetch_collection(page)
    return None if document is None else items(document, pins.MAX_REMOTE_PINS)
