"""The aiohttp application: endpoints of all surfaces on one router.

Documents and pages may share an address; `Accept` decides (ActivityPub §3.2). A request that no endpoint
answers gets a 404 as a page or as JSON, and no traceback is ever shown.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import cache

import structlog
from aiohttp import hdrs, web, web_response
from aiohttp.typedefs import Middleware

from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.text import accept_headers
from fedserver.text.locales import set_locale
from fedserver.web.dispatch import CORS, Dispatcher
from fedserver.web.endpoint import Endpoint
from fedserver.web.errors import render_error_json
from fedserver.web.files import serve_static
from fedserver.web.html import add_vary
from fedserver.web.locale_cookie import negotiate_request_locale
from fedserver.web.metrics import build_middleware
from fedserver.web.services import SERVICES, WebServices

PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
API_PREFIXES = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo", "/media/")
MAX_BODY_BYTES = 2_097_152
# As in nginx and Apache by default. The parser takes more, so that a request that exceeds it gets an answer
# of ours, and is logged with the address of the client and not with that of the proxy.
MAX_LINE_BYTES = 8_190
MAX_PARSED_LINE_BYTES = 65_536
DISPATCHER = web.AppKey("dispatcher", Dispatcher)
# The library tells its version and that of Python on every response, also to a request that it cannot read,
# which no middleware sees: its constant is the one place for all of them.
vars(web_response)["SERVER_SOFTWARE"] = "fedserver"
JSON_ENDING = ".json"
# Refusals of what a request is like, before anything of it is read.
REFUSED_UNREAD = (
    web.HTTPRequestHeaderFieldsTooLarge,
    web.HTTPRequestURITooLong,
    web.HTTPUnsupportedMediaType,
)
ServeHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ACTIVITY_TYPES = ("application/activity+json", "application/ld+json")
HTML_TYPES, JSON_TYPES = ("text/html", "application/xhtml+xml"), ("application/json",)


def build(services: WebServices, endpoints: Sequence[Endpoint]) -> web.Application:
    """Return the application with every endpoint, static files, metrics and errors."""
    dispatcher = Dispatcher(services)
    middlewares = [_build_error_middleware(dispatcher)]
    if services.site.config.metrics.listen:
        middlewares.insert(0, build_middleware(services.metrics))
    application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=middlewares)
    application[SERVICES], application[DISPATCHER] = services, dispatcher
    for resource in _build_resources(tuple(endpoints)):
        application.router.register_resource(resource)
    application.router.add_get("/static/{name:.+}", serve_static)
    return application


@cache
def _build_resources(endpoints: tuple[Endpoint, ...]) -> list[web.Resource]:
    """Return the resources of a router, made once for all nodes of a process: there are a thousand routes."""
    shared: defaultdict[tuple[str, str], list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        shared[endpoint.route_key].append(endpoint)
    resources: dict[str, web.Resource] = {}
    for (method, path), variants in shared.items():
        serve = _negotiate(variants)
        for spelling in _list_spellings(path):
            if spelling not in resources:
                resources[spelling] = _create_resource(spelling)
            resources[spelling].add_route(method, serve)
        if method == "GET":
            resources[path].add_route("HEAD", serve)
    # aiohttp tries all patterns with the same beginning one after the other, and half of the API begins with
    # "/api/v1/statuses/" or "/api/v1/accounts/": what is asked most, the thing itself, comes first. Two of
    # different lengths never match the same address: the one pattern that spans slashes is alone (/media/).
    return sorted(resources.values(), key=lambda resource: resource.canonical.count("/"))


def _create_resource(path: str) -> web.Resource:
    return web.DynamicResource(path) if "{" in path else web.PlainResource(path)


def _list_spellings(path: str) -> list[str]:
    """Return the paths that lead to an endpoint: clients of the API may add a slash."""
    is_api = path.startswith(("/api/", "/oauth/")) and not path.endswith("/")
    return [path, path + "/"] if is_api else [path]


def _negotiate(variants: list[Endpoint]) -> ServeHandler:
    if len(variants) == 1:
        only = variants[0]

        async def serve(request: web.Request) -> web.StreamResponse:
            return await request.app[DISPATCHER].serve(only, request)

        return serve
    document = next(endpoint for endpoint in variants if endpoint.activitypub)
    page = next(endpoint for endpoint in variants if not endpoint.activitypub)

    async def choose(request: web.Request) -> web.StreamResponse:
        accept = request.headers.get(hdrs.ACCEPT, "")
        is_document = _strip_json_ending(request) or accept_headers.prefers(
            accept, ACTIVITY_TYPES, HTML_TYPES
        )
        chosen = document if is_document else page
        response = await request.app[DISPATCHER].serve(chosen, request)
        if not response.prepared:
            add_vary(response, "Accept")
        return response

    return choose


def _strip_json_ending(request: web.Request) -> bool:
    """Return True for an address that ends in `.json`, and take that from the part of the path that has it.

    As in Mastodon, such an address names the document, whatever `Accept` says.
    """
    if not request.path.endswith(JSON_ENDING):
        return False
    for name, value in request.match_info.items():
        if value.endswith(JSON_ENDING):
            request.match_info[name] = value.removesuffix(JSON_ENDING)
            return True
    return False


def _build_error_middleware(dispatcher: Dispatcher) -> Middleware:
    log = structlog.stdlib.get_logger("fedserver.web")

    @web.middleware
    async def outermost(request: web.Request, handler: ServeHandler) -> web.StreamResponse:
        # Requests of one connection share a context, so each sets its locale; none is left for the next.
        set_locale(negotiate_request_locale(request, dispatcher.services.site))
        is_api = request.path.startswith(API_PREFIXES)
        if request.method == "OPTIONS" and is_api:
            return web.Response(status=204, headers=PREFLIGHT)
        try:
            dispatcher.check_ip_allowed(request)
            _check_line_lengths(request)
            _check_content_coding(request)
            return await handler(request)
        except ForbiddenError as error:
            return _render_error(dispatcher, request, error, is_api)
        except REFUSED_UNREAD as error:
            client = dispatcher.services.proxies.resolve_client_address(request)
            log.info("request_refused", client=client, reason=error.reason, path=request.path[:200])
            return _render_error(dispatcher, request, error, is_api)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return _render_error(dispatcher, request, error, is_api)
        except Exception as error:
            # All unexpected errors end here: an id for the client, the traceback for the log.
            request_id = secrets.token_hex(6)
            log.exception("request_failed", id=request_id, method=request.method, path=request.path)
            response = _render_error(dispatcher, request, error, is_api)
            response.headers["X-Request-Id"] = request_id
            return response

    return outermost


def _check_line_lengths(request: web.Request) -> None:
    """Raise the error for a request line (RFC 9110 §15.5.15) or a header (RFC 6585 §5) that is too long."""
    if len(request.raw_path) > MAX_LINE_BYTES:
        raise web.HTTPRequestURITooLong
    for _, value in request.raw_headers:
        if len(value) > MAX_LINE_BYTES:
            raise web.HTTPRequestHeaderFieldsTooLarge


def _check_content_coding(request: web.Request) -> None:
    """Raise HTTPUnsupportedMediaType for a compressed body (RFC 9110 §15.5.16), which nothing here inflates.

    No known client or peer sends one, and a few kilobytes of it can hold gigabytes.
    """
    if hdrs.CONTENT_ENCODING not in request.headers or not request.body_exists:
        return
    codings = request.headers.getall(hdrs.CONTENT_ENCODING)
    # guard: compressed bodies
    if any(name.strip().lower() not in ("", "identity") for coding in codings for name in coding.split(",")):
        raise web.HTTPUnsupportedMediaType


def _render_error(
    dispatcher: Dispatcher, request: web.Request, error: Exception, is_api: bool
) -> web.StreamResponse:
    accept = request.headers.get(hdrs.ACCEPT, "")
    if is_api or not accept_headers.prefers(accept, HTML_TYPES, JSON_TYPES):
        response = render_error_json(error, dispatcher.services.db.clock())
        response.headers.update(CORS)
        return response
    return dispatcher.render_error_page(request, error)
