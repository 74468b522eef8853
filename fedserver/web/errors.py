"""Errors in the shape that the caller expects: JSON for programs, a page for people.

Bodies as Mastodon's (docs.joinmastodon.org/entities/Error). What went wrong inside is logged with
an id and never shown.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from fedserver.domain.kernel.errors import (
    DomainError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    PeerError,
    RetryLaterError,
    TooManyRequestsError,
    UnauthorizedError,
)
from fedserver.text.locales import gettext
from fedserver.web.json import json_response
from storage.errors import DatabaseUnavailableError

STATUS_BY_ERROR: dict[type[Exception], int] = {
    NotFoundError: 404,
    GoneError: 410,
    ForbiddenError: 403,
    UnauthorizedError: 401,
    InvalidError: 422,
    TooManyRequestsError: 429,
    PeerError: 502,
    RetryLaterError: 503,
    DatabaseUnavailableError: 503,
}


def to_status(error: Exception) -> int:
    """The HTTP status that tells of `error`; 500 if it was not expected."""
    if isinstance(error, web.HTTPException):
        return error.status
    return next((STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR), 500)


def to_message(error: Exception) -> str:
    """What to tell a person; nothing from inside."""
    if isinstance(error, DomainError):
        return error.text
    if isinstance(error, DatabaseUnavailableError):
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


def to_page_message(error: Exception) -> str:
    """Return what a page tells people about an error, in the current locale; nothing internal."""
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return gettext("The file or text is too large. Please choose a smaller one.")
    if isinstance(error, web.HTTPNotFound):
        return gettext("There is no page at this address. Please check it and try again.")
    if isinstance(error, web.HTTPException):
        return gettext("Your browser sent a request that is not possible here. Please go back and try again.")
    if isinstance(error, DatabaseUnavailableError):
        return gettext("The server cannot do this right now. Please try again in a moment.")
    return gettext("Something went wrong on our side. It was written to the server's log.")


def to_headers(error: Exception, now: int) -> dict[str, str]:
    """Headers that belong to an error: when to come again, how to authenticate."""
    if isinstance(error, TooManyRequestsError):
        return {"Retry-After": str(max(1, (error.retry_at - now) // 1000))}
    if isinstance(error, RetryLaterError | DatabaseUnavailableError):
        return {"Retry-After": "10"}
    if isinstance(error, UnauthorizedError):
        return {"WWW-Authenticate": 'Bearer realm="fedserver", error="invalid_token"'}
    if isinstance(error, web.HTTPMethodNotAllowed):
        return {"Allow": ", ".join(sorted(error.allowed_methods))}
    return {}


def render_error_json(error: Exception, now: int, *, nested: bool = False) -> web.Response:
    """The JSON answer to `error`; `nested`: what is wrong with values is told in one object."""
    body: dict[str, Any] = {"error": to_message(error)}
    if isinstance(error, InvalidError):
        details: dict[str, list[dict[str, str]]] = {}
        for each in (error, *error.other_errors):
            details.setdefault(each.field, []).append({"error": each.code, "description": each.reason})
        body["details"] = details
        if nested:
            body = {"error": body}
    return json_response(body, status=to_status(error), headers=to_headers(error, now))
