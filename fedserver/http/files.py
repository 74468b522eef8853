"""Files and signs of life, which every node answers whatever its surfaces are."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.http.endpoint import Call, Nothing, Routes
from fedserver.http.json import json_response

routes = Routes("http")
TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
}


@routes.get("/livez", "/health", tx="own")
async def live(call: Call[Nothing]) -> web.Response:
    return json_response({"status": "OK"})


@routes.get("/readyz", tx="own")
async def ready(call: Call[Nothing]) -> web.Response:
    """200 when the database answers; Unavailable becomes 503."""
    async with call.services.db.read() as tx:
        await call.services.policies.load(tx)
    return json_response({"status": "OK"})


@routes.get("/media/{key:.+}", tx="own", limit="peers")
async def media(call: Call[Nothing]) -> web.StreamResponse:
    """A file of the store, served inert: its type is ours, and nothing in it may run."""
    key = call.text("key")
    path = call.services.store.path(key)
    kind = TYPES.get(key.rpartition(".")[2])
    if path is None or kind is None:
        raise domain.NotFound
    response = web.FileResponse(path)
    response.headers.update(
        {
            "Content-Type": kind,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "public, max-age=31536000, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    )
    return response
