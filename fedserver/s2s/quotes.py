"""Quote authorizations (FEP-044f): documents that let a post of a peer quote one of ours."""

from __future__ import annotations

from aiohttp import web

from activitypub.interactions import QuoteAuthorization
from fedserver.domain.posts import quotes
from fedserver.s2s.requests import document_response, get_named_account
from fedserver.web.endpoint import Call, NoParams, Routes

routes = Routes("s2s")


@routes.get("/users/{name}/quote_authorizations/{id}", activitypub=True, limit="peers")
async def show_quote_authorization(call: Call[NoParams]) -> web.Response:
    """Show an authorization, which is gone when the author of the quoted post has revoked it."""
    async with call.services.db.read() as tx:
        author = await get_named_account(call, tx)
        quote, quoting_uri = await quotes.get_authorization(tx, author, call.id())
    uri = call.site.links.quote_authorization(author.username, quote.post_id)
    authorization = QuoteAuthorization(uri, author.uri, quoting_uri, quote.quoted_uri)
    return document_response(authorization.write())
