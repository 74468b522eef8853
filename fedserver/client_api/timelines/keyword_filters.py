"""Filters, version 1 (docs.joinmastodon.org/methods/filters#v1), one keyword at a time.

They are stored as those of version 2: a filter of version 1 is a keyword there, and has its id.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.filters import KeywordFilter, render_keyword_filter
from fedserver.domain.timelines import filters
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")


class KeywordFilterParams(Struct, frozen=True):
    phrase: str = ""
    context: list[str] = []
    irreversible: bool = False
    whole_word: bool = True
    expires_in: int | None = None


@routes.get("/api/v1/filters", auth=USER, scope="read:filters")
async def list_all(call: Call[NoParams]) -> list[KeywordFilter]:
    views = await filters.list_by_account(call.tx, call.account)
    return [render_keyword_filter(view.filter, keyword) for view in views for keyword in view.keywords]


async def _render_keyword_filter(
    call: Call[NoParams] | Call[KeywordFilterParams], keyword_id: int
) -> KeywordFilter:
    row = await filters.get_keyword(call.tx, call.account, keyword_id)
    return render_keyword_filter((await filters.get(call.tx, call.account, row.filter_id)).filter, row)


@routes.get("/api/v1/filters/{id}", auth=USER, scope="read:filters")
async def show(call: Call[NoParams]) -> KeywordFilter:
    return await _render_keyword_filter(call, call.id())


@routes.post("/api/v1/filters", auth=USER, scope="write:filters", params=KeywordFilterParams)
async def create(call: Call[KeywordFilterParams]) -> KeywordFilter:
    params = call.params
    view = await filters.create(
        call.tx,
        call.account,
        params.phrase or " ",  # a title must not be empty; the empty keyword is refused
        params.context,
        action="hide" if params.irreversible else "warn",
        seconds=params.expires_in,
        keywords=[filters.KeywordChange(params.phrase, params.whole_word)],
    )
    return render_keyword_filter(view.filter, view.keywords[0])


@routes.put("/api/v1/filters/{id}", auth=USER, scope="write:filters", params=KeywordFilterParams)
async def update(call: Call[KeywordFilterParams]) -> KeywordFilter:
    params = call.params
    row = await filters.get_keyword(call.tx, call.account, call.id())
    await filters.update_keyword_and_filter(
        call.tx,
        call.account,
        row,
        contexts=params.context,
        action="hide" if params.irreversible else "warn",
        seconds=params.expires_in,
        keyword=filters.KeywordChange(params.phrase, params.whole_word, row.id),
    )
    return await _render_keyword_filter(call, row.id)


@routes.delete("/api/v1/filters/{id}", auth=USER, scope="write:filters")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await filters.remove_keyword_or_filter(call.tx, call.account, call.id())
    return {}
