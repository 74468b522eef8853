"""Keeps the JSON answers that nodes give in tests, to be compared with a published API description.

Nothing is kept unless FEDSERVER_TEST_ANSWERS names a file; each line is then one answer: method, route,
status, and the body as it left.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from aiohttp import web

VARIABLE = "FEDSERVER_TEST_ANSWERS"


def record_responses(application: web.Application) -> None:
    """Record every response of this application. Call it before the application starts."""
    if place := os.environ.get(VARIABLE):
        application.on_response_prepare.append(_ResponseRecorder(Path(place)).record)


class _ResponseRecorder:
    def __init__(self, place: Path) -> None:
        self._path = place

    async def record(self, request: web.Request, response: web.StreamResponse) -> None:
        body = getattr(response, "body", None)
        if response.content_type != "application/json" or not isinstance(body, bytes) or not body:
            return
        resource = request.match_info.route.resource
        line = {
            "method": request.method,
            "route": resource.canonical if resource is not None else request.path.rstrip("/"),
            "status": response.status,
            "body": json.loads(body),
        }
        # One write for a line: several processes of a run share the file.
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")
