"""Filters, version 2 (docs.joinmastodon.org/methods/filters)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field

from fedserver.client_api.entities.filters import (
    Filter,
    FilterKeyword,
    FilterStatus,
    render_filter,
    render_filter_status,
    render_keyword,
)
from fedserver.domain.timelines import filters, visibility
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")


class KeywordParams(Struct, frozen=True):
    keyword: str | None = None
    whole_word: bool | None = None
    id: int | None = None
    destroy: bool = field(default=False, name="_destroy")


class FilterParams(Struct, frozen=True):
    title: str | UnsetType = UNSET
    context: list[str] | UnsetType = UNSET
    filter_action: str | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET
    keywords_attributes: list[KeywordParams] = []


class FilterStatusParams(Struct, frozen=True):
    status_id: int


def _render_filter(view: filters.FilterView) -> Filter:
    return render_filter(view.filter, view.keywords, view.posts)


def _to_keyword_changes(params: list[KeywordParams]) -> list[filters.KeywordChange]:
    return [
        filters.KeywordChange(keyword.keyword, keyword.whole_word, keyword.id, keyword.destroy)
        for keyword in params
    ]


@routes.get("/api/v2/filters", auth=USER, scope="read:filters")
async def list_all(call: Call[NoParams]) -> list[Filter]:
    return [_render_filter(view) for view in await filters.list_by_account(call.tx, call.account)]


@routes.get("/api/v2/filters/{id}", auth=USER, scope="read:filters")
async def show(call: Call[NoParams]) -> Filter:
    return _render_filter(await filters.get(call.tx, call.account, call.id()))


@routes.post("/api/v2/filters", auth=USER, scope="write:filters", params=FilterParams)
async def create(call: Call[FilterParams]) -> Filter:
    params = call.params
    view = await filters.create(
        call.tx,
        call.account,
        "" if isinstance(params.title, UnsetType) else params.title,
        [] if isinstance(params.context, UnsetType) else params.context,
        action="warn" if isinstance(params.filter_action, UnsetType) else params.filter_action,
        seconds=None if isinstance(params.expires_in, UnsetType) else params.expires_in,
        keywords=_to_keyword_changes(params.keywords_attributes),
    )
    return _render_filter(view)


@routes.put("/api/v2/filters/{id}", auth=USER, scope="write:filters", params=FilterParams)
async def update(call: Call[FilterParams]) -> Filter:
    params = call.params
    view = await filters.update(
        call.tx,
        call.account,
        call.id(),
        title=params.title,
        contexts=params.context,
        action=params.filter_action,
        seconds=params.expires_in,
        keywords=_to_keyword_changes(params.keywords_attributes),
    )
    return _render_filter(view)


@routes.delete("/api/v2/filters/{id}", auth=USER, scope="write:filters")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await filters.remove(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v2/filters/{id}/keywords", auth=USER, scope="read:filters")
async def list_keywords(call: Call[NoParams]) -> list[FilterKeyword]:
    view = await filters.get(call.tx, call.account, call.id())
    return [render_keyword(row) for row in view.keywords]


@routes.post("/api/v2/filters/{id}/keywords", auth=USER, scope="write:filters", params=KeywordParams)
async def add_keyword(call: Call[KeywordParams]) -> FilterKeyword:
    whole = True if call.params.whole_word is None else call.params.whole_word
    text = call.params.keyword or ""
    return render_keyword(await filters.add_keyword(call.tx, call.account, call.id(), text, whole_word=whole))


@routes.get("/api/v2/filters/keywords/{id}", auth=USER, scope="read:filters")
async def show_keyword(call: Call[NoParams]) -> FilterKeyword:
    return render_keyword(await filters.get_keyword(call.tx, call.account, call.id()))


@routes.put("/api/v2/filters/keywords/{id}", auth=USER, scope="write:filters", params=KeywordParams)
async def update_keyword(call: Call[KeywordParams]) -> FilterKeyword:
    params = call.params
    row = await filters.update_keyword(
        call.tx, call.account, call.id(), text=params.keyword, whole_word=params.whole_word
    )
    return render_keyword(row)


@routes.delete("/api/v2/filters/keywords/{id}", auth=USER, scope="write:filters")
async def delete_keyword(call: Call[NoParams]) -> dict[str, str]:
    await filters.remove_keyword(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v2/filters/{id}/statuses", auth=USER, scope="read:filters")
async def list_statuses(call: Call[NoParams]) -> list[FilterStatus]:
    view = await filters.get(call.tx, call.account, call.id())
    return [render_filter_status(row) for row in view.posts]


@routes.post("/api/v2/filters/{id}/statuses", auth=USER, scope="write:filters", params=FilterStatusParams)
async def add_status(call: Call[FilterStatusParams]) -> FilterStatus:
    post = await visibility.get(call.tx, call.params.status_id, call.account.id)
    return render_filter_status(await filters.add_post(call.tx, call.account, call.id(), post))


@routes.get("/api/v2/filters/statuses/{id}", auth=USER, scope="read:filters")
async def show_status(call: Call[NoParams]) -> FilterStatus:
    return render_filter_status(await filters.get_post(call.tx, call.account, call.id()))


@routes.delete("/api/v2/filters/statuses/{id}", auth=USER, scope="write:filters")
async def delete_status(call: Call[NoParams]) -> FilterStatus:
    return render_filter_status(await filters.remove_post(call.tx, call.account, call.id()))
