"""The profile directory and suggestions (docs.joinmastodon.org/methods/directory, …/methods/suggestions)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.domain.accounts import account_views, suggestions
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
# Clients of older versions read a single source, under these names.
LEGACY_SOURCES = {"featured": "staff", "most_followed": "global", "friends_of_friends": "past_interactions"}


class DirectoryParams(Struct, frozen=True):
    order: str = "active"
    local: bool = False
    limit: int = 40
    offset: int = 0


class SuggestionsPageParams(Struct, frozen=True):
    limit: int = 40
    offset: int = 0


class Suggestion(Struct, frozen=True):
    source: str
    sources: tuple[str, ...]
    account: Account


@routes.get("/api/v1/directory", params=DirectoryParams)
async def list_directory(call: Call[DirectoryParams]) -> list[Account]:
    params = call.params
    ids = await suggestions.list_directory(
        call.tx,
        call.viewer_id,
        max(1, min(params.limit, 80)),
        max(0, min(params.offset, 10_000)),
        newest=params.order == "new",
        only_local=params.local,
    )
    return [render_account(call.site.links, view) for view in await account_views.load_page(call.tx, ids)]


@routes.get("/api/v2/suggestions", auth=USER, scope="read|read:accounts", params=SuggestionsPageParams)
async def list_v2(call: Call[SuggestionsPageParams]) -> list[Suggestion]:
    limit, offset = max(1, min(call.params.limit, 80)), max(0, min(call.params.offset, 1_000))
    suggested = await suggestions.list_for_account(call.tx, call.account, limit, offset)
    sources = {suggestion.account_id: suggestion.sources for suggestion in suggested}
    views = await account_views.load_page(call.tx, list(sources))
    return [
        Suggestion(LEGACY_SOURCES[reasons[0]], reasons, render_account(call.site.links, view))
        for view in views
        for reasons in [sources[view.account.id]]
    ]


@routes.get("/api/v1/suggestions", auth=USER, scope="read|read:accounts", params=SuggestionsPageParams)
async def list_v1(call: Call[SuggestionsPageParams]) -> list[Account]:
    return [suggestion.account for suggestion in await list_v2(call)]


@routes.delete("/api/v1/suggestions/{id}", auth=USER, scope="read|read:accounts")
async def dismiss(call: Call[NoParams]) -> dict[str, str]:
    await suggestions.dismiss(call.tx, call.account, call.id())
    return {}
