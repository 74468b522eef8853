"""Collections (docs.joinmastodon.org/methods/collections)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.collections import (
    Collection,
    CollectionItem,
    render_collection,
    render_collection_item,
)
from fedserver.domain.accounts import account_views, accounts, collections
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_offset_page

routes = Routes("client_api")


class CollectionParams(Struct, frozen=True):
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    tag_name: str | UnsetType = UNSET
    account_ids: list[int] = []


class CollectionItemParams(Struct, frozen=True):
    account_id: int


class CollectionsPageParams(Struct, frozen=True):
    limit: int = 40
    offset: int = 0


class CollectionWithAccounts(Struct, frozen=True):
    accounts: list[Account]
    collection: Collection


class WrappedCollection(Struct, frozen=True):
    collection: Collection


class WrappedCollectionItem(Struct, frozen=True):
    collection_item: CollectionItem


class Collections(Struct, frozen=True):
    collections: list[Collection]


def _to_change(params: CollectionParams) -> collections.CollectionChange:
    return collections.CollectionChange(
        name=params.name,
        description=params.description,
        language=params.language,
        sensitive=params.sensitive,
        discoverable=params.discoverable,
        tag=params.tag_name,
    )


@routes.post(
    "/api/v1/collections", auth=USER, scope="write:collections", params=CollectionParams, nested_errors=True
)
async def create(call: Call[CollectionParams]) -> WrappedCollection:
    view = await collections.create(
        call.tx, call.site, call.account, _to_change(call.params), call.params.account_ids
    )
    return WrappedCollection(render_collection(call.site.links, view))


@routes.get("/api/v1/collections/{id}", scope="read:collections")
async def show(call: Call[NoParams]) -> CollectionWithAccounts:
    view = await collections.get(call.tx, call.id(), call.viewer_id)
    ids = list(dict.fromkeys([view.row.account_id, *(item.account_id for item in view.items)]))
    members = await account_views.load_page(call.tx, ids)
    links = call.site.links
    return CollectionWithAccounts(
        [render_account(links, member) for member in members], render_collection(links, view)
    )


# masto.js sends PUT where Mastodon's documentation says PATCH.
@routes.patch(
    "/api/v1/collections/{id}",
    auth=USER,
    scope="write:collections",
    params=CollectionParams,
    nested_errors=True,
)
@routes.put(
    "/api/v1/collections/{id}",
    auth=USER,
    scope="write:collections",
    params=CollectionParams,
    nested_errors=True,
)
async def update(call: Call[CollectionParams]) -> WrappedCollection:
    view = await collections.update(call.tx, call.account, call.id(), _to_change(call.params))
    return WrappedCollection(render_collection(call.site.links, view))


@routes.delete("/api/v1/collections/{id}", auth=USER, scope="write:collections")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await collections.delete(call.tx, call.account, call.id())
    return {}


@routes.post(
    "/api/v1/collections/{id}/items", auth=USER, scope="write:collections", params=CollectionItemParams
)
async def add_item(call: Call[CollectionItemParams]) -> WrappedCollectionItem:
    row = await collections.add_account(call.tx, call.account, call.id(), call.params.account_id)
    return WrappedCollectionItem(render_collection_item(row))


@routes.delete("/api/v1/collections/{id}/items/{item_id}", auth=USER, scope="write:collections")
async def remove_item(call: Call[NoParams]) -> dict[str, str]:
    await collections.remove_item(call.tx, call.account, call.id(), call.id("item_id"))
    return {}


@routes.post("/api/v1/collections/{id}/items/{item_id}/revoke", auth=USER, scope="write:collections")
async def revoke_item(call: Call[NoParams]) -> dict[str, str]:
    await collections.revoke(call.tx, call.account, call.id(), call.id("item_id"))
    return {}


@routes.get("/api/v1/accounts/{id}/collections", scope="read:collections", params=CollectionsPageParams)
async def list_by_account(call: Call[CollectionsPageParams]) -> EntityPage:
    return await _render_page(call, collections.list_by_account)


@routes.get(
    "/api/v1/accounts/{id}/in_collections", auth=USER, scope="read:collections", params=CollectionsPageParams
)
async def list_with_account(call: Call[CollectionsPageParams]) -> EntityPage:
    return await _render_page(call, collections.list_containing)


async def _render_page(
    call: Call[CollectionsPageParams], list_page: Callable[..., Awaitable[Any]]
) -> EntityPage:
    limit, offset = max(1, min(call.params.limit, 80)), max(0, min(call.params.offset, 1_000))
    row = await accounts.get(call.tx, call.id())
    views = await list_page(call.tx, row.id, call.viewer_id, limit, offset)
    body = Collections([render_collection(call.site.links, view) for view in views])
    return to_offset_page(body, limit, offset, has_more=len(views) == limit)
