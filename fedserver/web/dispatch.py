"""Runs an endpoint: who asks, may they, what do they want, inside which transaction, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel import scopes
from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import (
    DomainError,
    ForbiddenError,
    ReauthenticationRequiredError,
    UnauthorizedError,
)
from fedserver.web import session
from fedserver.web.endpoint import ANYONE, APP, USER, Call, Endpoint, JsonResponse, NoParams
from fedserver.web.errors import render_error_json, to_headers, to_page_message, to_status
from fedserver.web.fields import read_params
from fedserver.web.html import see_other
from fedserver.web.json import json_response
from fedserver.web.paging import EntityPage, build_link_header
from fedserver.web.proxies import Proxies
from fedserver.web.services import Services
from fedserver.web.uploads import Uploads
from storage.engine import Tx
from storage.errors import DatabaseUnavailableError

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
        "Mastodon-Async-Refresh"
    ),
}
RANKS = {"member": 0, "moderator": 1, "admin": 2, "owner": 3}
NO_PARAMS: Struct = NoParams()


class Dispatcher:
    """Answers the requests of one node by the endpoints."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.proxies = Proxies(tuple(services.site.config.node.trusted_proxies))

    def check_ip_allowed(self, request: web.Request) -> None:
        """Raises Forbidden for a request from an address that nobody may come from."""
        if self.services.ip_blocklist.is_blocked(self.proxies.resolve_client_address(request)):
            raise ForbiddenError("This node takes no requests from your address")

    async def serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        """The answer of an endpoint, or why there is none."""
        try:
            return await self._serve(endpoint, request)
        except (DomainError, DatabaseUnavailableError, web.HTTPException) as error:
            if isinstance(error, web.HTTPException) and error.status < 400:
                raise
            return self.render_refusal(endpoint, request, error)

    async def _serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        database = self.services.db
        if endpoint.tx == "read":
            async with database.read() as tx:
                caller = await self._find_principal(endpoint, request, tx)
                session.use_member_locale(caller)
                response = await self._run(endpoint, request, caller, tx)
        else:
            caller = None
            if endpoint.requires_auth:
                async with database.read() as tx:
                    caller = await self._find_principal(endpoint, request, tx)
            session.use_member_locale(caller)
            response = await self._run(endpoint, request, caller, None)
        await session.record_use(database, caller)
        return response

    async def _find_principal(self, endpoint: Endpoint, request: web.Request, tx: Tx) -> Principal | None:
        if endpoint.html:
            return await session.find_by_cookie(
                tx, request, self.services.site, allow_suspended=endpoint.allow_suspended
            )
        if not endpoint.requires_auth:
            return None
        return await session.find_by_token(tx, request, allow_pending=endpoint.allow_pending)

    async def _run(
        self, endpoint: Endpoint, request: web.Request, caller: Principal | None, tx: Tx | None
    ) -> web.StreamResponse:
        left = self.services.rate_limiter.consume(endpoint.limit, self._rate_limit_key(request, caller))
        authorize(endpoint, caller)
        if endpoint.requires_recent_auth:
            session.check_recent_auth(caller, self.services.db.clock())
        limits = self.services.site.config.limits
        most = getattr(limits, endpoint.max_upload) if endpoint.max_upload else 0
        uploads = Uploads(self.services.store.incoming_dir, most)
        try:
            params = NO_PARAMS
            if not endpoint.raw and not (endpoint.params is NoParams and request.method in ("GET", "HEAD")):
                params = await read_params(request, endpoint.params, uploads)
            response = await self._answer(endpoint, request, caller, params, tx)
        finally:
            uploads.close()
        if not endpoint.html and not response.prepared:
            response.headers.update(CORS | left)
            if caller is not None:
                response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    async def _answer(
        self,
        endpoint: Endpoint,
        request: web.Request,
        caller: Principal | None,
        params: Any,
        tx: Tx | None,
    ) -> web.StreamResponse:
        if endpoint.html and request.method == "POST":
            session.check_origin(request, self.services.site)
            if caller is not None and not endpoint.no_csrf:
                session.check_csrf(caller, getattr(params, "csrf", "") or "")
        if endpoint.tx == "write":
            async with self.services.db.write() as write:
                result = await endpoint.handler(Call(request, self.services, caller, params, write))
        else:
            result = await endpoint.handler(Call(request, self.services, caller, params, tx))
        return self._to_response(request, result)

    def _rate_limit_key(self, request: web.Request, caller: Principal | None) -> str:
        if caller is not None and caller.account is not None:
            return f"account:{caller.account.id}"
        return f"address:{self.proxies.resolve_client_address(request)}"

    def _to_response(self, request: web.Request, result: Any) -> web.StreamResponse:
        match result:
            case web.StreamResponse():
                return result
            case EntityPage(items=items):
                response = json_response(items)
                link = build_link_header(request, self.services.site.config.node.base_url, result)
                if link:
                    response.headers["Link"] = link
                return response
            case JsonResponse(body=body, status=status, headers=headers):
                return json_response(body, status=status, headers=headers)
            case _:
                return json_response(result)

    def render_refusal(
        self, endpoint: Endpoint, request: web.Request, error: Exception
    ) -> web.StreamResponse:
        """The answer to `error`: a page for people, JSON for programs."""
        if not endpoint.html:
            response = render_error_json(error, self.services.db.clock(), nested=endpoint.nested_errors)
            response.headers.update(CORS)
            return response
        if isinstance(error, ReauthenticationRequiredError):
            return see_other(session.build_reauthentication_url(request, self.services.site))
        if isinstance(error, UnauthorizedError) and request.method == "GET":
            return see_other(f"/login?next={quote(request.path_qs, safe='')}")
        return self.render_error_page(error)

    def render_error_page(self, error: Exception) -> web.Response:
        """A page that says what went wrong and where to go on."""
        status = to_status(error)
        values = {"me": None, "csrf": "", "here": "", "htmx": False, "status": status}
        page = self.services.pages.render_response(
            "error.html", {**values, "text": to_page_message(error)}, status=status
        )
        page.headers.update(to_headers(error, self.services.db.clock()))
        return page


def authorize(endpoint: Endpoint, principal: Principal | None) -> None:
    """Raises Unauthorized without a token where one is needed, Forbidden without its scope or role."""
    if endpoint.auth == ANYONE and principal is None:
        return
    if principal is None:
        raise UnauthorizedError("The access token is invalid" if not endpoint.html else "Please log in first")
    # guard: scopes
    if (
        endpoint.scope
        and not endpoint.html
        and not _is_scope_granted(principal.scopes, endpoint.scope.split("|"))
    ):
        raise ForbiddenError("This action is outside the authorized scopes")
    if endpoint.auth in (ANYONE, APP):
        return
    if principal.account is None or principal.member is None:
        raise UnauthorizedError("This method requires an authenticated user")
    if endpoint.auth != USER and RANKS[principal.member.role] < RANKS[endpoint.auth]:
        raise ForbiddenError("This action is not allowed")


def _is_scope_granted(granted: frozenset[str], wanted: Sequence[str]) -> bool:
    return any(scopes.covers(granted, each) for each in wanted)
