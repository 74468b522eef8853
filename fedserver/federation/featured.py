"""What accounts of peers have on top of their profiles: the collections `featured` and `featuredTags`.

Read when a member looks at the profile, once a day at most, and soon after the account told of a change.
Posts count only from the account's own origin.
"""

from __future__ import annotations

from typing import Any

from activitypub.actors import read_actor
from activitypub.authority import same_origin
from activitypub.collections import item_uris, read_part
from activitypub.errors import ActivityPubError
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.posts import pins
from fedserver.federation.resolve import Resolver
from storage.engine import Database

MAX_PAGES = 3  # most peers have none: at most a few posts and tags are shown
MAX_ITEMS = pins.MAX_REMOTE_PINS
MAX_TAG_NAME = 200  # characters; hashtags that members see are far shorter


async def refresh_featured(db: Database, resolver: Resolver, account_id: int) -> None:
    """Read both collections of an account and store them; one that cannot be read changes nothing."""
    async with db.read() as tx:
        account = await accounts.get(tx, account_id)
    document = await resolver.find_document(account.uri)
    try:
        actor = read_actor(document) if document is not None else None
    except ActivityPubError:
        return
    if actor is None or actor.id != account.uri:
        return
    post_items = await _fetch_items(resolver, actor.featured)
    if post_items is not None:
        uris = item_uris({"items": post_items}, pins.MAX_REMOTE_PINS)
        posts = [await resolver.resolve_post(uri) for uri in uris if same_origin(uri, account.uri)]
        async with db.write() as tx:
            await pins.receive_all(tx, account, [post for post in posts if post is not None])
    tag_items = await _fetch_items(resolver, actor.featured_tags)
    if tag_items is not None:
        names = [str(item.get("name", ""))[:MAX_TAG_NAME] for item in tag_items if isinstance(item, dict)]
        async with db.write() as tx:
            await featured_tags.replace_remote(tx, account, names)


async def _fetch_items(resolver: Resolver, uri: str) -> list[Any] | None:
    """Return the items of a collection, from its pages. Returns None if one cannot be read."""
    listed: list[Any] = []
    page: str | None = uri or None
    if page is None:
        return None
    for _ in range(MAX_PAGES):
        document = await resolver.fetch_collection(page)
        if document is None:
            return None
        part = read_part(document, MAX_ITEMS)
        listed += part.items
        page = part.next
        if page is None or len(listed) >= MAX_ITEMS or not same_origin(uri, page):
            break
    return listed[:MAX_ITEMS]
