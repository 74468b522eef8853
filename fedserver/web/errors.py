"""Errors in the shape that the caller expects: JSON for programs, a page for people.

Bodies as Mastodon's (docs.joinmastodon.org/entities/Error). What went wrong inside is logged with
an id and never shown.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.kernel.errors import (
    BadPeer,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    Later,
    NotFound,
    TooMany,
    Unauthorized,
)
from fedserver.web.json import json_response
from storage.errors import Unavailable

STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    Gone: 410,
    Forbidden: 403,
    Unauthorized: 401,
    Invalid: 422,
    TooMany: 429,
    BadPeer: 502,
    Later: 503,
    Unavailable: 503,
}


def status_of(error: Exception) -> int:
    """The HTTP status that tells of `error`; 500 if it was not expected."""
    if isinstance(error, web.HTTPException):
        return error.status
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def text_of(error: Exception) -> str:
    """What to tell a person; nothing from inside."""
    if isinstance(error, DomainError):
        return error.text
    if isinstance(error, Unavailable):
        return "The server cannot do this right now. Please try again in a moment."
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return "The request is too large"
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"Method {error.method} is not allowed here"
    if isinstance(error, web.HTTPNotFound):
        return "Not Found"
    if isinstance(error, web.HTTPException):
        return error.reason
    return "Something went wrong on our side. It was written to the server's log."


def headers_of(error: Exception, now: int) -> dict[str, str]:
    """Headers that belong to an error: when to come again, how to authenticate."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(max(1, (error.retry_at - now) // 1000))}
    if isinstance(error, Later | Unavailable):
        return {"Retry-After": "10"}
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="fedserver", error="invalid_token"'}
    if isinstance(error, web.HTTPMethodNotAllowed):
        return {"Allow": ", ".join(sorted(error.allowed_methods))}
    return {}


def error_json(error: Exception, now: int, *, nested: bool = False) -> web.Response:
    """The JSON answer to `error`; `nested`: what is wrong with values is told in one object."""
    body: dict[str, Any] = {"error": text_of(error)}
    if isinstance(error, Invalid):
        details: dict[str, list[dict[str, str]]] = {}
        for each in (error, *error.also):
            details.setdefault(each.field, []).append({"error": each.code, "description": each.why})
        body["details"] = details
        if nested:
            body = {"error": body}
    return json_response(body, status=status_of(error), headers=headers_of(error, now))
