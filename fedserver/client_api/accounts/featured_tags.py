"""Hashtags on profiles (docs.joinmastodon.org/methods/featured_tags, /tags#feature)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.accounts.accounts import read_featured
from fedserver.client_api.content.tags import tags_of
from fedserver.client_api.entities.tags import FeaturedTag, Tag, featured_tag
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class NameParams(Struct, frozen=True):
    name: str = ""


async def _of(call: Call[Nothing], tx: Tx, account: AccountRow) -> list[FeaturedTag]:
    found = await featured_tags.of_account(tx, account)
    name = f"{account.username}@{account.domain}" if account.domain else account.username
    return [featured_tag(call.site.links, name, row) for row in found]


@routes.get("/api/v1/featured_tags", who=USER, scope="read:accounts")
async def show_own(call: Call[Nothing]) -> list[FeaturedTag]:
    return await _of(call, call.tx, call.account)


@routes.get("/api/v1/accounts/{id}/featured_tags", scope="read:accounts", tx="own")
async def show(call: Call[Nothing]) -> list[FeaturedTag]:
    async with call.services.db.read() as tx:
        row = await accounts.by_id(tx, call.id())
        found = await _of(call, tx, row)
    await read_featured(call, row)
    return found


@routes.post("/api/v1/featured_tags", who=USER, scope="write:accounts", params=NameParams)
async def add(call: Call[NameParams]) -> FeaturedTag:
    row = await featured_tags.add(call.tx, call.account, call.params.name)
    return featured_tag(call.site.links, call.account.username, row)


@routes.delete("/api/v1/featured_tags/{id}", who=USER, scope="write:accounts")
async def remove(call: Call[Nothing]) -> dict[str, str]:
    await featured_tags.remove(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v1/featured_tags/suggestions", who=USER, scope="read:accounts")
async def suggestions(call: Call[Nothing]) -> list[Tag]:
    return await tags_of(call, call.tx, await featured_tags.suggestions(call.tx, call.account))


@routes.post("/api/v1/tags/{name}/feature", who=USER, scope="write:accounts")
async def feature(call: Call[Nothing]) -> Tag:
    row = await featured_tags.feature(call.tx, call.account, call.text("name"))
    return (await tags_of(call, call.tx, [row]))[0]


@routes.post("/api/v1/tags/{name}/unfeature", who=USER, scope="write:accounts")
async def unfeature(call: Call[Nothing]) -> Tag:
    row = await featured_tags.unfeature(call.tx, call.account, call.text("name"))
    return (await tags_of(call, call.tx, [row]))[0]
