"""Actors: members' accounts and the node's own, which anybody may read unsigned (its key is needed)."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.federation.outgoing.accounts import actor
from fedserver.http import Call, Nothing, Routes
from fedserver.s2s.requests import document, reader
from storage import AccountRow

routes = Routes("s2s")


async def _answer(call: Call[Nothing], account: AccountRow) -> web.Response:
    async with call.services.db.read() as tx:
        found = await domain.keys.of_account(tx, account.id)
        moved = await domain.accounts.by_ids(tx, [account.moved_to_id]) if account.moved_to_id else {}
    target = moved[account.moved_to_id].uri if account.moved_to_id in moved else None
    return document(actor(call.site, account, found, target))


@routes.get("/users/{name}", activitypub=True, tx="own", limit="peers")
@routes.get("/@{name}", activitypub=True, tx="own", limit="peers")
async def show(call: Call[Nothing]) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await domain.accounts.local(tx, call.text("name"), suspended=True)
    return await _answer(call, account)


@routes.get("/actor", activitypub=True, tx="own", limit="peers")
async def instance(call: Call[Nothing]) -> web.Response:
    async with call.services.db.read() as tx:
        account = await domain.accounts.instance_account(tx, call.site)
    if account is None:
        raise domain.NotFound
    return await _answer(call, account)
