"""Actors: members' accounts and the node's own, which anybody may read unsigned (its key is needed)."""

from __future__ import annotations

from aiohttp import web

from activitypub.document import Document
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.federation.outbound.accounts import render_actor
from fedserver.s2s.requests import authenticate_reader, document_response
from fedserver.web.endpoint import Call, NoParams, Routes
from fedserver.web.json import encode
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")


MAX_CACHED_ACTORS = 500


async def _render_response(call: Call[NoParams], tx: Tx, account: AccountRow) -> web.Response:
    """The document, written once for a version of the account."""
    room, key = tx.caches.get_cache("actors", MAX_CACHED_ACTORS), (account.id, account.version)
    known = room.get(key)
    if known is None:
        known = encode(await _render_document(call, tx, account))
        room.put(key, known)
    return document_response(known)


async def _render_document(call: Call[NoParams], tx: Tx, account: AccountRow) -> Document:
    found = await keys.list_by_account(tx, account.id)
    return render_actor(call.site, account, found, await accounts.find_moved_to_uri(tx, account))


@routes.get("/users/{name}", activitypub=True, tx="own", limit="peers")
@routes.get("/@{name}", activitypub=True, tx="own", limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    await authenticate_reader(call)
    async with call.services.db.read() as tx:
        account = await accounts.get_local(tx, call.text("name"), allow_suspended=True)
        return await _render_response(call, tx, account)


@routes.get("/actor", activitypub=True, tx="own", limit="peers")
async def show_instance(call: Call[NoParams]) -> web.Response:
    async with call.services.db.read() as tx:
        account = await accounts.find_instance_account(tx, call.site)
        if account is None:
            raise NotFoundError
        return await _render_response(call, tx, account)
