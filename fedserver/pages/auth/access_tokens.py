"""Settings: personal access tokens, for scripts and programs of a member's own."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import tokens
from fedserver.domain.kernel import scopes
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")
PATH = "/settings/tokens"
OFFERED = ("profile", "read", "write", "follow", "push", "admin:read", "admin:write")


class TokenFormParams(Struct, frozen=True):
    csrf: str = ""
    scopes: list[str] = []


async def _render_page(call: Call[Any], problem: DomainError | None = None, secret: str = "") -> web.Response:
    async with call.services.db.read() as tx:
        apps = await tokens.list_authorized_apps(tx, call.member)
    chosen = call.params.scopes if isinstance(call.params, TokenFormParams) else ["read"]
    response = call.render(
        "settings_tokens.html",
        status=422 if problem else 200,
        secret=secret,
        chosen=chosen,
        offered=[
            (name, scopes.DESCRIPTIONS[name]) for name in scopes.filter_by_role(OFFERED, call.member.role)
        ],
        issued=next((app for app in apps if app.app is None), None),
        words=scopes.describe,
        problems=list_problems(problem) if problem else {},
    )
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(PATH, html=True, auth=USER, requires_recent_auth=True, tx="own")
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_page(call)


@routes.post(PATH, html=True, auth=USER, requires_recent_auth=True, params=TokenFormParams, tx="own")
async def create(call: Call[TokenFormParams]) -> web.StreamResponse:
    """Create a token, and show it this once."""
    wanted = [name for name in call.params.scopes if name in OFFERED]
    try:
        async with call.services.db.write() as tx:
            token = await tokens.create_personal(tx, call.member, call.account, wanted)
    except InvalidError as error:
        return await _render_page(call, error)
    return await _render_page(call, secret=token.secret)
