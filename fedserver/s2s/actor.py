"""Actors: members' accounts and the node's own, which anybody may read unsigned (its key is needed)."""

from __future__ import annotations

from aiohttp import web

from activitypub.document import Document
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.kernel.errors import NotFound
from fedserver.federation.outbound.accounts import actor
from fedserver.s2s.requests import document, reader
from fedserver.web.endpoint import Call, Nothing, Routes
from fedserver.web.json import encode
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")


MOST = 500


async def _answer(call: Call[Nothing], tx: Tx, account: AccountRow) -> web.Response:
    """The document, written once for a version of the account."""
    room, key = tx.memory.room("actors", MOST), (account.id, account.version)
    known = room.get(key)
    if known is None:
        known = encode(await _write(call, tx, account))
        room.put(key, known)
    return document(known)


async def _write(call: Call[Nothing], tx: Tx, account: AccountRow) -> Document:
    found = await keys.of_account(tx, account.id)
    return actor(call.site, account, found, await accounts.new_uri(tx, account))


@routes.get("/users/{name}", activitypub=True, tx="own", limit="peers")
@routes.get("/@{name}", activitypub=True, tx="own", limit="peers")
async def show(call: Call[Nothing]) -> web.Response:
    await reader(call)
    async with call.services.db.read() as tx:
        account = await accounts.local(tx, call.text("name"), suspended=True)
        return await _answer(call, tx, account)


@routes.get("/actor", activitypub=True, tx="own", limit="peers")
async def instance(call: Call[Nothing]) -> web.Response:
    async with call.services.db.read() as tx:
        account = await accounts.instance_account(tx, call.site)
        if account is None:
            raise NotFound
        return await _answer(call, tx, account)
