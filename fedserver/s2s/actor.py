"""Actors: members and the node's own, which anyone may read unsigned, as its key verifies signatures."""

from __future__ import annotations

from aiohttp import web

from activitypub.document import Document
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.federation.outbound.actors import render_actor
from fedserver.s2s.requests import document_response
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.json import encode
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")
MAX_CACHED_ACTORS = 500


async def _render_response(call: Call[NoParams], tx: ReadTx, account: AccountRow) -> web.Response:
    """Return the actor document, which is encoded once for each version of the account."""
    cache = tx.caches.get_cache("actors", MAX_CACHED_ACTORS)
    key = (account.id, account.version, call.site.links.grant_period)
    body = cache.get(key)
    if body is None:
        body = encode(await _render_document(call, tx, account))
        cache.store(key, body)
    return document_response(body)


async def _render_document(call: Call[NoParams], tx: ReadTx, account: AccountRow) -> Document:
    key_rows = await keys.list_by_account(tx, account.id)
    return render_actor(call.site, account, key_rows, await accounts.find_moved_to_uri(tx, account))


@routes.get("/users/{name}", activitypub=True, limit="peers")
@routes.get("/@{name}", activitypub=True, limit="peers")
async def show(call: Call[NoParams]) -> web.Response:
    """Show a member, also a suspended one: the document says so."""
    async with call.services.db.read() as tx:
        account = await accounts.get_local(tx, call.text("name"), allow_suspended=True)
        return await _render_response(call, tx, account)


@routes.get("/actor", activitypub=True, audience=EVERYONE, limit="peers")
async def show_instance(call: Call[NoParams]) -> web.Response:
    """Show the node's own actor, unsigned too: two nodes could else not read each other's first key."""
    async with call.services.db.read() as tx:
        account = await accounts.find_instance_account(tx, call.site)
        if account is None:
            raise NotFoundError
        return await _render_response(call, tx, account)
