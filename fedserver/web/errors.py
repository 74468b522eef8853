"""Errors as responses: JSON for programs, a page for people.

Bodies are those of Mastodon (docs.joinmastodon.org/entities/Error). Unexpected errors are logged with an id;
their details are never shown.
"""

from __future__ import annotations

from collections.abc import Collection
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

WHOLE_FORM = "base"  # of a problem that no single field has
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


class RateLimitError(TooManyRequestsError):
    """A limit on requests was exceeded; `headers` say which."""

    def __init__(self, retry_at: int, headers: dict[str, str]) -> None:
        super().__init__(retry_at)
        self.headers = headers


def group_problems(error: DomainError, fields: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return what a form says about an error: a sentence for the whole, and those at its `fields`."""
    errors = (error, *error.other_errors) if isinstance(error, InvalidError) else (error,)
    problems = {
        one.field: one.message for one in errors if isinstance(one, InvalidError) and one.field in fields
    }
    others = [one.message for one in errors if getattr(one, "field", None) not in problems]
    return " ".join(others), problems


def to_status(error: Exception) -> int:
    """Return the HTTP status for `error`, 500 for an unexpected one."""
    if isinstance(error, web.HTTPException):
        return error.status
    return next((STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR), 500)


def to_message(error: Exception) -> str:
    """Return the text for a person, without internal details."""
    if isinstance(error, DomainError):
        return error.text
    if isinstance(error, DatabaseUnavailableError):
        return gettext("The server cannot do this right now. Please try again in a moment.")
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return gettext("The request is too large.")
    if isinstance(error, web.HTTPUnsupportedMediaType):
        return gettext("The request is compressed. Please send it without a Content-Encoding.")
    if isinstance(error, web.HTTPMethodNotAllowed):
        return gettext("The method %(method)s is not allowed here.", method=error.method)
    if isinstance(error, web.HTTPNotFound):
        return "Not Found"
    if isinstance(error, web.HTTPException):
        return error.reason
    return gettext("Something went wrong on our side. The details are in the log of the server.")


def list_problems(error: DomainError) -> dict[str, str]:
    """Return what a form tells people about an error: a sentence for each field.

    WHOLE_FORM is the field of what is about no field alone.
    """
    if not isinstance(error, InvalidError):
        return {WHOLE_FORM: error.message}
    return {problem.field: problem.message for problem in reversed((error, *error.other_errors))}


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
    return to_message(error)


def to_headers(error: Exception, now: int) -> dict[str, str]:
    """Return the headers for an error: when to retry, how to authenticate, which methods are allowed."""
    if isinstance(error, TooManyRequestsError):
        limits = error.headers if isinstance(error, RateLimitError) else {}
        return {"Retry-After": str(max(1, (error.retry_at - now) // 1000)), **limits}
    if isinstance(error, RetryLaterError | DatabaseUnavailableError):
        return {"Retry-After": "10"}
    if isinstance(error, UnauthorizedError):
        return {"WWW-Authenticate": 'Bearer realm="fedserver", error="invalid_token"'}
    if isinstance(error, web.HTTPMethodNotAllowed):
        return {"Allow": ", ".join(sorted(error.allowed_methods))}
    if isinstance(error, web.HTTPUnsupportedMediaType):
        return {"Accept-Encoding": "identity"}  # RFC 7694 §3: it is the coding that was wrong, not the type
    return {}


def render_error_json(error: Exception, now: int, *, nested: bool = False) -> web.Response:
    """Return the JSON response to `error`; if `nested`, details of invalid values are inside `error`."""
    body: dict[str, Any] = {"error": to_message(error)}
    if isinstance(error, InvalidError):
        details: dict[str, list[dict[str, str]]] = {}
        for invalid in (error, *error.other_errors):
            details.setdefault(invalid.field, []).append(
                {"error": invalid.code, "description": invalid.reason}
            )
        body["details"] = details
        if nested:
            body = {"error": body}
    return json_response(body, status=to_status(error), headers=to_headers(error, now))
