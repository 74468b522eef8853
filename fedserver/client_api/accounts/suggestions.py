"""The profile directory and suggestions (docs.joinmastodon.org/methods/directory, …/methods/suggestions)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.accounts import Account, account
from fedserver.domain.accounts import account_views, suggestions
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
# What the sources were called before there were several (deprecated).
SOURCES = {"featured": "staff", "most_followed": "global", "friends_of_friends": "past_interactions"}


class DirectoryParams(Struct, frozen=True):
    order: str = "active"
    local: bool = False
    limit: int = 40
    offset: int = 0


class PageParams(Struct, frozen=True):
    limit: int = 40
    offset: int = 0


class Suggestion(Struct, frozen=True):
    source: str
    sources: tuple[str, ...]
    account: Account


@routes.get("/api/v1/directory", params=DirectoryParams)
async def directory(call: Call[DirectoryParams]) -> list[Account]:
    params = call.params
    ids = await suggestions.directory(
        call.tx,
        call.viewer_id,
        max(1, min(params.limit, 80)),
        max(0, min(params.offset, 10_000)),
        newest=params.order == "new",
        only_local=params.local,
    )
    return [account(call.site.links, view) for view in await account_views.load_page(call.tx, ids)]


@routes.get("/api/v2/suggestions", who=USER, scope="read|read:accounts", params=PageParams)
async def version_2(call: Call[PageParams]) -> list[Suggestion]:
    limit, offset = max(1, min(call.params.limit, 80)), max(0, min(call.params.offset, 1_000))
    found = await suggestions.page(call.tx, call.account, limit, offset)
    sources = {each.account_id: each.sources for each in found}
    views = await account_views.load_page(call.tx, list(sources))
    return [
        Suggestion(SOURCES[reasons[0]], reasons, account(call.site.links, view))
        for view in views
        for reasons in [sources[view.account.id]]
    ]


@routes.get("/api/v1/suggestions", who=USER, scope="read|read:accounts", params=PageParams)
async def version_1(call: Call[PageParams]) -> list[Account]:
    return [each.account for each in await version_2(call)]


@routes.delete("/api/v1/suggestions/{id}", who=USER, scope="read|read:accounts")
async def dismiss(call: Call[Nothing]) -> dict[str, str]:
    await suggestions.dismiss(call.tx, call.account, call.id())
    return {}
