"""Documents as responses to peers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.web.endpoint import Call
from fedserver.web.json import json_response
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

CONTENT_TYPE = f"{ACTIVITY_JSON}; charset=utf-8"


def document_response(body: Any, *, status: int = 200, private: bool = False) -> web.Response:
    """Return a document as a response; caches may share it for a minute unless it is `private`."""
    response = json_response(body, status=status, kind=CONTENT_TYPE)
    response.headers["Vary"] = "Accept, Signature"
    response.headers["Cache-Control"] = "private, no-store" if private else "max-age=60"
    return response


def next_page_url(collection_uri: str, cursors: list[int], size: int) -> str | None:
    """Return the address of the page after one with these cursors. Returns None if it was the last."""
    return f"{collection_uri}?page=true&max_id={cursors[-1]}" if len(cursors) >= size else None


async def get_named_account(call: Call[Any], tx: ReadTx) -> AccountRow:
    """Return the local account that the path names, or the node's own actor. Raises NotFoundError."""
    if "name" in call.request.match_info:
        return await accounts.get_local(tx, call.text("name"))
    account = await accounts.find_instance_account(tx, call.site)
    if account is None:
        raise NotFoundError
    return account
