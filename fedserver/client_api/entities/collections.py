"""Collection and CollectionItem (docs.joinmastodon.org/entities/Collection)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.accounts import collections
from fedserver.links import Links
from fedserver.text.names import fold_tag
from storage.rows.accounts import CollectionItemRow


class ShallowTag(Struct, frozen=True):
    name: str
    url: str


class CollectionItem(Struct, frozen=True):
    id: str
    account_id: str
    state: str
    created_at: str


class Collection(Struct, frozen=True):
    id: str
    account_id: str
    uri: str
    url: str | None
    name: str
    description: str
    language: str | None
    local: bool
    sensitive: bool
    discoverable: bool
    tag: ShallowTag | None
    item_count: int
    items: list[CollectionItem]
    created_at: str
    updated_at: str


def render_collection(links: Links, view: collections.CollectionView) -> Collection:
    """Return a collection as its viewer sees it; its `url` is null, as there is no page of it yet."""
    row = view.row
    return Collection(
        id=str(row.id),
        account_id=str(row.account_id),
        uri=row.uri,
        url=None,
        name=row.name,
        description=row.description,
        language=row.language,
        local=True,
        sensitive=row.sensitive,
        discoverable=row.discoverable,
        tag=ShallowTag(row.tag, links.tag(fold_tag(row.tag))) if row.tag else None,
        item_count=len(view.items),
        items=[render_collection_item(item) for item in view.items],
        created_at=to_iso(row.created_at),
        updated_at=to_iso(row.updated_at),
    )


def render_collection_item(row: CollectionItemRow) -> CollectionItem:
    """Return an account's place in a collection."""
    return CollectionItem(str(row.id), str(row.account_id), row.state, to_iso(row.created_at))
