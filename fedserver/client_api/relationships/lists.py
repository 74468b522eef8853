"""Lists (docs.joinmastodon.org/methods/lists) and their timelines."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import account
from fedserver.client_api.timelines.timelines import page_of
from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import timelines
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
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


class AccountsParams(Struct, frozen=True):
    account_ids: list[int] = []


def _entity(row: ListRow) -> List:
    return List(str(row.id), row.title, row.replies_policy, row.exclusive)


@routes.get("/api/v1/lists", who=USER, scope="read:lists")
async def show_all(call: Call[Nothing]) -> list[List]:
    return [_entity(row) for row in await lists.page(call.tx, call.account)]


@routes.get("/api/v1/lists/{id}", who=USER, scope="read:lists")
async def show(call: Call[Nothing]) -> List:
    return _entity(await lists.get(call.tx, call.account, call.id()))


@routes.post("/api/v1/lists", who=USER, scope="write:lists", params=ListParams)
async def create(call: Call[ListParams]) -> List:
    params = call.params
    title = "" if isinstance(params.title, UnsetType) else params.title
    policy = "list" if isinstance(params.replies_policy, UnsetType) else params.replies_policy
    exclusive = False if isinstance(params.exclusive, UnsetType) else params.exclusive
    return _entity(
        await lists.create(call.tx, call.account, title, replies_policy=policy, exclusive=exclusive)
    )


@routes.put("/api/v1/lists/{id}", who=USER, scope="write:lists", params=ListParams)
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
    return _entity(row)


@routes.delete("/api/v1/lists/{id}", who=USER, scope="write:lists")
async def delete(call: Call[Nothing]) -> dict[str, str]:
    await lists.remove(call.tx, call.account, call.id())
    return {}


@routes.get("/api/v1/lists/{id}/accounts", who=USER, scope="read:lists")
async def list_accounts(call: Call[Nothing]) -> Listed:
    page = None if call.request.query.get("limit") == "0" else call.page(40, 80)
    pairs = await lists.accounts(call.tx, call.account, call.id(), page)
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    shown = [account(call.site.links, view) for view in views]
    return listed(shown, [cursor for cursor, _ in pairs] if page is not None else [])


@routes.post("/api/v1/lists/{id}/accounts", who=USER, scope="write:lists", params=AccountsParams)
async def add_accounts(call: Call[AccountsParams]) -> dict[str, str]:
    await lists.add_accounts(call.tx, call.account, call.id(), call.params.account_ids)
    return {}


@routes.delete("/api/v1/lists/{id}/accounts", who=USER, scope="write:lists", params=AccountsParams)
async def remove_accounts(call: Call[AccountsParams]) -> dict[str, str]:
    await lists.remove_accounts(call.tx, call.account, call.id(), call.params.account_ids)
    return {}


@routes.get("/api/v1/accounts/{id}/lists", who=USER, scope="read:lists")
async def containing(call: Call[Nothing]) -> list[List]:
    row = await accounts.by_id(call.tx, call.id())
    return [_entity(each) for each in await lists.containing(call.tx, call.account, row.id)]


@routes.get("/api/v1/timelines/list/{id}", who=USER, scope="read:lists")
async def timeline(call: Call[Nothing]) -> Listed:
    row = await lists.get(call.tx, call.account, call.id())
    ids = await timelines.of_list(call.tx, row.id, call.account.id, row.replies_policy, call.page())
    return await page_of(call, ids, "home")
