"""Lists (docs.joinmastodon.org/methods/lists) and their timelines."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import render_account
from fedserver.client_api.timelines.timelines import render_page
from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import timelines
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page
from storage.rows.relationships import ListRow

routes = Routes("client_api")


class List(Struct, frozen=True):
    id: str
    title: str
    replies_policy: str
    exclusive: bool


class ListParams(Struct, frozen=True):
    title: str | UnsetType = UNSET
    replies_policy: str | UnsetType = UNSET
    exclusive: bool | UnsetType = UNSET


class ListAccountsParams(Struct, frozen=True):
    account_ids: list[int] = []


def _render_list(row: ListRow) -> List:
    return List(str(row.id), row.title, row.replies_policy, row.exclusive)


@routes.get("/api/v1/lists", auth=USER, scope="read:lists")
async def list_all(call: Call[NoParams]) -> list[List]:
    return [_render_list(row) for row in await lists.list_by_account(call.tx, call.account)]


@routes.get("/api/v1/lists/{id}", auth=USER, scope="read:lists")
async def show(call: Call[NoParams]) -> List:
    return _render_list(await lists.get(call.tx, call.account, call.id()))


@routes.post("/api/v1/lists", auth=USER, scope="write:lists", params=ListParams)
async def create(call: Call[ListParams]) -> List:
    params = call.params
    title = "" if isinstance(params.title, UnsetType) else params.title
    policy = "list" if isinstance(params.replies_policy, UnsetType) else params.replies_policy
    exclusive = False if isinstance(params.exclusive, UnsetType) else params.exclusive
    return _render_list(
        await lists.create(call.tx, call.account, title, replies_policy=policy, exclusive=exclusive)
    )


@routes.put("/api/v1/lists/{id}", auth=USER, scope="write:lists", params=ListParams)
async def update(call: Call[ListParams]) -> List:
    params = call.params
    row = await lists.update(
        call.tx,
        call.account,
        call.id(),
        title=params.title,
        replies_policy=params.replies_policy,
        exclusive=params.exclusive,
    )
    return _render_list(row)


@routes.delete("/api/v1/lists/{id}", auth=USER, scope="write:lists")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await lists.remove(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v1/lists/{id}/accounts", auth=USER, scope="read:lists")
async def list_accounts(call: Call[NoParams]) -> EntityPage:
    # A limit of 0 asks for all of them (docs.joinmastodon.org/methods/lists#accounts).
    page = None if call.request.query.get("limit") == "0" else call.page(40, 80)
    pairs = await lists.list_accounts(call.tx, call.account, call.id(), page)
    views = await account_views.load_page(call.tx, [account_id for _, account_id in pairs])
    shown = [render_account(call.site.links, view) for view in views]
    return to_page(shown, [cursor for cursor, _ in pairs] if page is not None else [])


@routes.post("/api/v1/lists/{id}/accounts", auth=USER, scope="write:lists", params=ListAccountsParams)
async def add_accounts(call: Call[ListAccountsParams]) -> dict[str, str]:
    await lists.add_accounts(call.tx, call.account, call.id(), call.params.account_ids)
    return {}


@routes.delete("/api/v1/lists/{id}/accounts", auth=USER, scope="write:lists", params=ListAccountsParams)
async def remove_accounts(call: Call[ListAccountsParams]) -> dict[str, str]:
    await lists.remove_accounts(call.tx, call.account, call.id(), call.params.account_ids)
    return {}


@routes.get("/api/v1/accounts/{id}/lists", auth=USER, scope="read:lists")
async def list_by_member(call: Call[NoParams]) -> list[List]:
    account = await accounts.get(call.tx, call.id())
    rows = await lists.list_containing(call.tx, call.account, account.id)
    return [_render_list(row) for row in rows]


@routes.get("/api/v1/timelines/list/{id}", auth=USER, scope="read:lists")
async def show_timeline(call: Call[NoParams]) -> EntityPage:
    row = await lists.get(call.tx, call.account, call.id())
    ids = await timelines.list_by_list(call.tx, row.id, call.account.id, row.replies_policy, call.page())
    return await render_page(call, ids, "home")
