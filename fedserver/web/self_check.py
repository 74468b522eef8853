"""Answers to `fedserver check`: what arrived of its requests. Everyone else gets a 404."""

from __future__ import annotations

import asyncio
import os

from aiohttp import web

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.runtime.self_check import (
    HEADER,
    PATH,
    RETURNED_HEADERS,
    ReceivedRequest,
    probe_written_paths,
)
from fedserver.version import VERSION
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.json import json_response

routes = Routes("http")


def _check_token(call: Call[NoParams]) -> None:
    """Raise NotFoundError for a request that no command with the seal key of the node sent."""
    # guard: details for `fedserver check` only @true
    if not call.services.check_tokens.consume(call.request.headers.get(HEADER, "")):
        raise NotFoundError


@routes.get(PATH, tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_request(call: Call[NoParams]) -> web.Response:
    """Return the request as it arrived, and which folders the node can write."""
    _check_token(call)
    request, config = call.request, call.site.config
    received = ReceivedRequest(
        version=VERSION,
        uid=os.geteuid(),
        now=call.services.db.clock(),
        domain=config.node.domain,
        target=request.raw_path,
        remote=request.remote or "",
        client=call.services.proxies.resolve_client_address(request),
        headers={
            name: ",".join(request.headers.getall(name))
            for name in RETURNED_HEADERS
            if name in request.headers
        },
        folders=await asyncio.to_thread(probe_written_paths, config),
    )
    response = json_response(received)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.post(PATH, tx="own", limit="peers", audience=EVERYONE, raw=True)
async def measure_upload(call: Call[NoParams]) -> web.Response:
    """Read a body as large as the largest upload and return its length; nothing is stored."""
    _check_token(call)
    limits, received = call.site.config.limits, 0
    largest = max(limits.upload_bytes, limits.video_bytes)
    async for chunk in call.request.content.iter_any():
        received += len(chunk)
        if received > largest:
            raise web.HTTPRequestEntityTooLarge(largest, received)
    return json_response({"bytes": received})
