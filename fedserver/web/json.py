"""JSON responses, encoded by msgspec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

encode = msgspec.json.Encoder().encode
JSON_TYPE = "application/json; charset=utf-8"


def json_response(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None, kind: str = JSON_TYPE
) -> web.Response:
    """Return `body` as JSON; bytes are JSON already."""
    data = body if isinstance(body, bytes) else encode(body)
    response = web.Response(body=data, status=status, headers=headers)
    response.headers["Content-Type"] = kind
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
