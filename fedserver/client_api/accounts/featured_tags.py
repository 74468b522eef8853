"""Hashtags on profiles (docs.joinmastodon.org/methods/featured_tags, /tags#feature)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.accounts.account_statuses import schedule_featured_fetch
from fedserver.client_api.content.tags import render_tags
from fedserver.client_api.entities.tags import FeaturedTag, Tag, render_featured_tag
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class FeaturedTagParams(Struct, frozen=True):
    name: str = ""


async def _list_featured_tags(call: Call[NoParams], tx: ReadTx, account: AccountRow) -> list[FeaturedTag]:
    rows = await featured_tags.list_by_account(tx, account)
    name = f"{account.username}@{account.domain}" if account.domain else account.username
    return [render_featured_tag(call.site.links, name, row) for row in rows]


@routes.get("/api/v1/featured_tags", auth=USER, scope="read:accounts")
async def list_own(call: Call[NoParams]) -> list[FeaturedTag]:
    return await _list_featured_tags(call, call.tx, call.account)


@routes.get("/api/v1/accounts/{id}/featured_tags", scope="read:accounts", tx="own")
async def list_by_account(call: Call[NoParams]) -> list[FeaturedTag]:
    async with call.services.db.read() as tx:
        row = await accounts.get(tx, call.id())
        tags = await _list_featured_tags(call, tx, row)
    await schedule_featured_fetch(call, row)
    return tags


@routes.post("/api/v1/featured_tags", auth=USER, scope="write:accounts", params=FeaturedTagParams)
async def create(call: Call[FeaturedTagParams]) -> FeaturedTag:
    row = await featured_tags.add(call.tx, call.account, call.params.name)
    return render_featured_tag(call.site.links, call.account.username, row)


@routes.delete("/api/v1/featured_tags/{id}", auth=USER, scope="write:accounts")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await featured_tags.remove(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v1/featured_tags/suggestions", auth=USER, scope="read:accounts")
async def list_suggestions(call: Call[NoParams]) -> list[Tag]:
    return await render_tags(call, call.tx, await featured_tags.list_suggestions(call.tx, call.account))


@routes.post("/api/v1/tags/{name}/feature", auth=USER, scope="write:accounts")
async def feature(call: Call[NoParams]) -> Tag:
    row = await featured_tags.feature(call.tx, call.account, call.text("name"))
    return (await render_tags(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/unfeature", auth=USER, scope="write:accounts")
async def unfeature(call: Call[NoParams]) -> Tag:
    row = await featured_tags.unfeature(call.tx, call.account, call.text("name"))
    return (await render_tags(call, call.tx, [row]))[0]
