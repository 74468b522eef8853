"""Run an endpoint: authentication, authorization, parameters, transaction and response."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import (
    DomainError,
    NotFoundError,
    ReauthenticationRequiredError,
    UnauthorizedError,
)
from fedserver.web import session
from fedserver.web.access import readers
from fedserver.web.endpoint import (
    ANYONE,
    PEERS,
    Call,
    Endpoint,
    EntityPage,
    JsonResponse,
    NoParams,
    ask_first,
    authorize,
)
from fedserver.web.errors import render_error_json, to_headers, to_page_message, to_status
from fedserver.web.fields import read_params
from fedserver.web.forms.resumed_forms import find_written, render_kept
from fedserver.web.html import compress_page, revalidate_page, see_other
from fedserver.web.json import json_response
from fedserver.web.rate_limits import LOGIN_LIMIT, list_buckets
from fedserver.web.services import WebServices
from fedserver.web.session import OutdatedFormError
from fedserver.web.uploads import Uploads
from storage.engine import ReadTx, Tx
from storage.errors import DatabaseUnavailableError

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
        "Mastodon-Async-Refresh"
    ),
}
CURSORS = ("max_id", "since_id", "min_id")
NO_PARAMS: Struct = NoParams()
RATE_LIMIT_HEADERS: web.RequestKey[dict[str, str]] = web.RequestKey("rate_limit_headers", dict)
SEE_OTHER = 303  # what a form answers that got what it asked for; others are shown again
# Not the challenge of bearer tokens, which do not count for documents (draft-cavage-12 §3.1).
SIGNATURE_CHALLENGE = 'Signature realm="fedserver",headers="(request-target) host date"'
FEED_ENDINGS = (".atom", ".rss")


class Dispatcher:
    """The part of one node that runs endpoints."""

    def __init__(self, services: WebServices) -> None:
        self.services = services

    def check_ip_allowed(self, request: web.Request) -> None:
        """Raise ForbiddenError for a request from a blocked IP address."""
        self.services.ip_blocklist.check_allowed(self.services.proxies.record_client_address(request))

    async def serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        """Return the response of an endpoint, or the refusal."""
        try:
            return await self._serve(endpoint, request)
        except (DomainError, DatabaseUnavailableError, web.HTTPException) as error:
            if isinstance(error, web.HTTPException) and error.status < 400:
                raise
            if isinstance(error, UnauthorizedError | OutdatedFormError):
                page = await self._keep_form(endpoint, request, error)
                if page is not None:
                    return page
            return self.render_refusal(endpoint, request, error)

    async def _keep_form(
        self, endpoint: Endpoint, request: web.Request, error: DomainError
    ) -> web.Response | None:
        """Return a page with what a person wrote in a form that came too late, None if that is nothing."""
        is_form = endpoint.html and request.method == "POST" and "HX-Request" not in request.headers
        if not is_form or isinstance(error, ReauthenticationRequiredError):
            return None
        # guard: only a page of this node can have such a form sent again
        if not session.is_from_own_page(request, self.services.site):
            return None
        fields = await find_written(request)
        return render_kept(self.services.pages, endpoint, request, error, fields) if fields else None

    async def _serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        database = self.services.db
        if endpoint.tx == "read":
            async with database.read() as tx:
                caller = await self._find_principal(endpoint, request, tx)
                session.use_member_locale(caller)
                # A handler gets the kind of transaction that its declaration names.
                response = await self._run(endpoint, request, caller, cast(Tx, tx))
        else:
            caller = None
            if endpoint.requires_auth:
                async with database.read() as tx:
                    caller = await self._find_principal(endpoint, request, tx)
            session.use_member_locale(caller)
            response = await self._run(endpoint, request, caller, None)
        await session.record_use(database, caller)
        return response

    async def _find_principal(self, endpoint: Endpoint, request: web.Request, tx: ReadTx) -> Principal | None:
        if endpoint.html:
            return await session.find_by_cookie(
                tx, request, self.services.site, allow_suspended=endpoint.allow_suspended
            )
        if not endpoint.requires_auth:
            return None
        if endpoint.auth == ANYONE:
            return await session.find_by_optional_token(tx, request, refuses_revoked=bool(endpoint.scope))
        return await session.find_by_token(tx, request, allow_pending=endpoint.allow_pending)

    async def _run(
        self, endpoint: Endpoint, request: web.Request, caller: Principal | None, tx: Tx | None
    ) -> web.StreamResponse:
        buckets = list_buckets(endpoint.limit, caller, self.services.proxies.resolve_client_address(request))
        rate_limit_headers = self.services.rate_limiter.consume(buckets)
        request[RATE_LIMIT_HEADERS] = rate_limit_headers
        access = self.services.site.access
        peer = await readers.admit(self.services, access, endpoint, request, caller)
        authorize(endpoint, caller)
        if endpoint.requires_recent_auth:
            session.check_recent_auth(caller, self.services.db.clock())
        reads_params = not endpoint.raw and not (
            endpoint.params is NoParams and request.method in ("GET", "HEAD")
        )
        try:
            if reads_params:
                response = await self._read_and_answer(endpoint, request, caller, peer, tx)
            else:
                response = await self._answer(endpoint, request, caller, peer, NO_PARAMS, tx)
        except NotFoundError:
            readers.check_signature(peer)
            raise
        if endpoint.limit == LOGIN_LIMIT and response.status == SEE_OTHER:
            # They gave what was asked for. An office behind one address may log in as often as it likes.
            self.services.rate_limiter.take_back(buckets)
        cache_control = readers.find_cache_control(endpoint, access)
        if cache_control and not response.prepared:
            response.headers["Cache-Control"] = cache_control
        if not access.admits_visitors and endpoint.html and not response.prepared:
            response.headers["X-Robots-Tag"] = "noindex"
        if endpoint.html:
            if caller is None:
                response = revalidate_page(request, response)
            compress_page(request, response, has_secrets=_has_secrets(endpoint, request, caller))
        elif not response.prepared:
            response.headers.update(CORS | rate_limit_headers)
            if caller is not None:
                response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    async def _read_and_answer(
        self,
        endpoint: Endpoint,
        request: web.Request,
        caller: Principal | None,
        peer: readers.PeerIdentity,
        tx: Tx | None,
    ) -> web.StreamResponse:
        """Return the response to a request with parameters; files that it brought are there until then."""
        limits = self.services.site.config.limits
        max_bytes = getattr(limits, endpoint.max_upload) if endpoint.max_upload else 0
        uploads = Uploads(self.services.store.incoming_dir, max_bytes)
        try:
            params = await read_params(request, endpoint.params, uploads)
            return await self._answer(endpoint, request, caller, peer, params, tx)
        finally:
            uploads.close()

    async def _answer(
        self,
        endpoint: Endpoint,
        request: web.Request,
        caller: Principal | None,
        peer: readers.PeerIdentity,
        params: Any,
        tx: Tx | None,
    ) -> web.StreamResponse:
        if endpoint.html and request.method == "POST":
            session.check_origin(request, self.services.site)
            if caller is not None and not endpoint.no_csrf:
                session.check_csrf(caller, getattr(params, "csrf", "") or "")
            page = await ask_first(Call(request, self.services, caller, params, None), endpoint)
            if page is not None:
                return page
        if endpoint.tx == "write":
            async with self.services.db.write() as write_tx:
                result = await endpoint.handler(Call(request, self.services, caller, params, write_tx))
        else:
            result = await endpoint.handler(Call(request, self.services, caller, params, tx, peer.account))
        return self._to_response(request, result)

    def _to_response(self, request: web.Request, result: Any) -> web.StreamResponse:
        match result:
            case web.StreamResponse():
                return result
            case EntityPage(items=items):
                response = json_response(items)
                link = _build_link_header(request, self.services.site.config.node.base_url, result)
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
        """Return the response to `error`: a page for people, JSON for programs."""
        if not endpoint.html:
            response = render_error_json(error, self.services.db.clock(), nested=endpoint.nested_errors)
            response.headers.update(CORS)
            for name, value in request.get(RATE_LIMIT_HEADERS, {}).items():
                response.headers.setdefault(name, value)
            if endpoint.audience == PEERS and response.status == 401:
                response.headers["WWW-Authenticate"] = SIGNATURE_CHALLENGE
            return response
        if isinstance(error, ReauthenticationRequiredError):
            return see_other(session.build_reauthentication_url(request, self.services.site))
        is_feed = request.path.endswith(FEED_ENDINGS)  # feed readers would take a log-in page for the feed
        if isinstance(error, UnauthorizedError) and request.method in ("GET", "HEAD") and not is_feed:
            return see_other(f"/login?next={quote(request.path_qs, safe='')}")
        if "HX-Request" in request.headers:
            # A script shows it beside the form, which keeps what was written.
            headers = to_headers(error, self.services.db.clock())
            return web.Response(text=to_page_message(error), status=to_status(error), headers=headers)
        back = session.find_way_back(request, self.services.site)
        return self.render_error_page(request, error, back)

    def render_error_page(self, request: web.Request, error: Exception, back: str = "") -> web.Response:
        """Return a page that says what went wrong; `back` is the page to go on from, '' for none."""
        status = to_status(error)
        # Who reads is not looked up: the error may be one of the database.
        has_session = session.cookie_name(self.services.site) in request.cookies
        is_for_guest = isinstance(error, NotFoundError) and not has_session and request.method == "GET"
        if is_for_guest:
            back = request.path_qs
        values = {"me": None, "csrf": "", "here": "", "htmx": False, "status": status, "back": back}
        shown = {
            "text": to_page_message(error),
            "has_session": has_session,
            "may_need_login": is_for_guest,
            "looks": session.find_looks(request, self.services.site, None),
        }
        page = self.services.pages.render_response("error.html", {**values, **shown}, status=status)
        page.headers.update(to_headers(error, self.services.db.clock()))
        return page


def _has_secrets(endpoint: Endpoint, request: web.Request, caller: Principal | None) -> bool:
    """Return True if a page may hold what only its reader may know next to what an attacker chose.

    The CSRF token is masked. Answers to forms, pages for which one proves who one is, and those that repeat
    a text of the address may hold other secrets.
    """
    if caller is None and request.method != "POST":
        return False
    repeats = bool(request.query_string) or "{tag}" in endpoint.path
    return request.method == "POST" or endpoint.requires_recent_auth or repeats


def _build_link_header(request: web.Request, base_url: str, page: EntityPage) -> str | None:
    """Return the `Link` header of a page (RFC 8288), None if it is empty.

    The next page comes first, as some clients read only the beginning; addresses are absolute and keep the
    other parameters (docs.joinmastodon.org/api/guidelines#pagination).
    """
    cursors = CURSORS if page.offsets == (None, None) else ("offset",)
    others = urlencode([(name, value) for name, value in request.query.items() if name not in cursors])
    address = f"{base_url}{request.rel_url.raw_path}?{others}{'&' if others else ''}"

    def link(cursor: str, value: int, rel: str) -> str:
        return f'<{address}{cursor}={value}>; rel="{rel}"'

    if page.first is not None and page.last is not None:
        return f"{link('max_id', page.last, 'next')}, {link('min_id', page.first, 'prev')}"
    relations = zip(page.offsets, ("next", "prev"), strict=True)
    return ", ".join(link("offset", value, rel) for value, rel in relations if value is not None) or None
