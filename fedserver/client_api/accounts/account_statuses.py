"""The statuses of an account (docs.joinmastodon.org/methods/accounts#statuses)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api import entity_cache
from fedserver.client_api.accounts.accounts import get_account
from fedserver.domain.posts import pins
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import Call, EntityPage, Routes, to_page
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


async def schedule_featured_fetch(call: Call[Any], row: AccountRow) -> None:
    """Enqueue the fetch of what a remote profile features, if a member looks at it and it is due."""
    if call.viewer_id is not None and pins.is_refresh_due(row, call.services.db.clock()):
        async with call.services.db.write() as tx:
            await pins.enqueue_refresh(tx, row)


class AccountStatusesParams(Struct, frozen=True):
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str = ""


@routes.get("/api/v1/accounts/{id}/statuses", scope="read:statuses", params=AccountStatusesParams, tx="own")
async def list_statuses(call: Call[AccountStatusesParams]) -> EntityPage:
    async with call.services.db.read() as tx:
        row = await get_account(call, tx)
        page = await _load_statuses(call, tx, row)
    if call.params.pinned:
        await schedule_featured_fetch(call, row)
    return page


async def _load_statuses(call: Call[AccountStatusesParams], tx: ReadTx, row: AccountRow) -> EntityPage:
    params = call.params
    if row.suspended_at is not None:
        return EntityPage([], None, None)
    if params.pinned:
        ids = await timelines.list_pinned(tx, row.id, call.viewer_id)
        views = await post_views.load(tx, ids, call.viewer_id, context="account")
        return EntityPage(entity_cache.encode_statuses(call, views), None, None)
    ids = await timelines.list_by_account(
        tx,
        row.id,
        call.viewer_id,
        call.page(),
        exclude_replies=params.exclude_replies,
        exclude_boosts=params.exclude_reblogs,
        only_media=params.only_media,
        tag_name=params.tagged or None,
    )
    views = await post_views.load(tx, ids, call.viewer_id, context="account")
    return to_page(entity_cache.encode_statuses(call, views), ids)
