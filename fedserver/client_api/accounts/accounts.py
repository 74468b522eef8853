"""Accounts (docs.joinmastodon.org/methods/accounts): find and show them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api import entity_cache
from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import search
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")
# One request may cost no more than a page does.
MAX_IDS = 40


async def get_account(call: Call[Any], tx: ReadTx) -> AccountRow:
    """Return the account that the path names. Raises NotFoundError, also for one that was deleted."""
    row = await accounts.get(tx, call.id())
    if row.deleted_at is not None:
        raise NotFoundError
    return row


async def get_decided_account(call: Call[Any], tx: ReadTx) -> AccountRow:
    """Return the account that the path names, also if a deleted one is kept for what was decided about it.

    Raises NotFoundError.
    """
    row = await accounts.get(tx, call.id())
    if row.deleted_at is not None and not row.domain:
        raise NotFoundError
    return row


class LookupParams(Struct, frozen=True):
    acct: str = ""


@routes.get("/api/v1/accounts/lookup", params=LookupParams, scope="read:accounts")
async def lookup(call: Call[LookupParams]) -> Account:
    username, _, host = call.params.acct.strip().lstrip("@").partition("@")
    domain = call.site.links.find_account_domain(host)
    view = await account_views.find_by_handle(call.tx, username, domain) if domain is not None else None
    if view is None or view.account.suspended_at is not None or view.account.deleted_at is not None:
        raise NotFoundError
    return entity_cache.encode_account(call, view)


class AccountIdsParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


@routes.get("/api/v1/accounts", params=AccountIdsParams, scope="read:accounts")
async def list_by_ids(call: Call[AccountIdsParams]) -> list[Account]:
    views = await account_views.load_page(call.tx, call.params.id[:MAX_IDS])
    return [render_account(call.site.links, view) for view in views]


class SearchAccountsParams(Struct, frozen=True):
    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


@routes.get(
    "/api/v1/accounts/search", auth=USER, scope="read:accounts", params=SearchAccountsParams, tx="own"
)
async def search_accounts(call: Call[SearchAccountsParams]) -> list[Account]:
    params = call.params
    if params.resolve and "@" in params.q.strip().lstrip("@"):
        await call.services.resolver.resolve_account(params.q)
    async with call.services.db.read() as tx:
        limit = max(1, min(params.limit, 80))
        ids = await search.search_accounts(
            tx,
            call.site,
            call.viewer_id,
            params.q,
            limit,
            call.offset(),
            following=params.following,
        )
        views = await account_views.load_page(tx, ids)
    return [render_account(call.site.links, view) for view in views]


@routes.get("/api/v1/accounts/{id}", scope="read:accounts")
async def show(call: Call[NoParams]) -> Account:
    view = await account_views.find(call.tx, call.id())
    if view is None or view.account.deleted_at is not None:
        raise NotFoundError
    return entity_cache.encode_account(call, view)
