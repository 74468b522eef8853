"""Endpoints, declared once (architecture, law 5).

From a declaration come the route, who may ask, the 401, 403 and 422 answers, the transaction, the
list that `fedserver routes` prints and the comparison with the published API description. A handler is
left with: one domain verb, one entity.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, cast, get_type_hints

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext, Principal
from fedserver.domain.kernel.errors import NotFoundError, UnauthorizedError
from fedserver.web import session
from fedserver.web.paging import parse_page
from fedserver.web.proxies import Proxies
from fedserver.web.services import WebServices
from storage.engine import Tx
from storage.paging import MAX_ID, Page
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

P = TypeVar("P")
Handler = Callable[[Any], Awaitable[Any]]
Transaction = Literal["read", "write", "own"]

ANYONE = "anyone"  # a token is used if it is given; a wrong one is refused
APP = "app"  # any token, an app's own too
USER = "user"  # a token of a member
MODERATOR, ADMIN, OWNER = "moderator", "admin", "owner"


class NoParams(Struct, frozen=True):
    """The parameters of endpoints that take none."""


class JsonResponse(Struct, frozen=True):
    """A body with a status or headers of its own."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Call(Generic[P]):
    """One request, as a handler sees it: checked, parsed, inside its transaction."""

    request: web.Request
    services: WebServices
    principal: Principal | None
    params: P
    transaction: Tx | None

    @property
    def site(self) -> NodeContext:
        return self.services.site

    @property
    def tx(self) -> Tx:
        """The request's transaction; there is none where the declaration says `tx="own"`."""
        assert self.transaction is not None, 'declared with tx="own"'
        return self.transaction

    @property
    def viewer_id(self) -> int | None:
        """The account that looks, None for strangers and apps."""
        return self.principal.account.id if self.principal and self.principal.account else None

    @property
    def account(self) -> AccountRow:
        """The account that acts. Raises Unauthorized if there is none."""
        if self.principal is None or self.principal.account is None:
            raise UnauthorizedError("This method requires an authenticated user")
        return self.principal.account

    @property
    def member(self) -> MemberRow:
        """The person who acts. Raises Unauthorized if there is none."""
        if self.principal is None or self.principal.member is None:
            raise UnauthorizedError("This method requires an authenticated user")
        return self.principal.member

    @property
    def session_id(self) -> int | None:
        """The session of this browser, None for strangers and programs."""
        return self.principal.session_id if self.principal else None

    @property
    def address(self) -> str:
        """Where the request comes from, behind the proxies that are trusted."""
        return Proxies(self.site.config.node.trusted_proxies).resolve_client_address(self.request)

    @property
    def user_agent(self) -> str:
        """What the browser calls itself."""
        return self.request.headers.get("User-Agent", "")

    @property
    def prelogin_token(self) -> str:
        """The word of a browser that is on its way to log in, '' if it has none."""
        return session.read_prelogin_token(self.request, self.site)

    def set_prelogin_token(self, response: web.StreamResponse, word: str) -> web.StreamResponse:
        """Give the browser the word by which it is known until it is logged in."""
        session.set_prelogin_token(response, self.site, word)
        return response

    def login_response(self, token: str, location: str) -> web.Response:
        """Logged in: the cookie of the session, and on to `location`."""
        return session.login_response(self.site, token, location)

    def render(
        self, template: str, *, status: int = 200, foreign_pictures: bool = False, **values: Any
    ) -> web.Response:
        """An HTML page; templates always know `me` (the caller), `csrf`, `here` (the path) and `htmx`."""
        shared = {
            "me": self.principal,
            "csrf": self.principal.csrf if self.principal else "",
            "here": self.request.path_qs,
            "htmx": "HX-Request" in self.request.headers,
        }
        return self.services.pages.render_response(
            template, {**shared, **values}, status=status, foreign_pictures=foreign_pictures
        )

    def text(self, name: str) -> str:
        """A part of the path. Raises NotFound if no name of ours can be like it."""
        text = self.request.match_info[name]
        if "\0" in text:
            raise NotFoundError
        return text

    def id(self, name: str = "id") -> int:
        """A part of the path as an id. Raises NotFound if it cannot be one."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > MAX_ID:
            raise NotFoundError
        return int(text)

    def page(self, default: int = 20, most: int = 40) -> Page:
        """The page that the query asks for."""
        return parse_page(self.request, default, most)


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """A declaration. `scope` may name alternatives, separated by `|`."""

    method: str
    path: str
    handler: Handler
    auth: str = ANYONE
    scope: str = ""
    params: type[Struct] = NoParams
    tx: Transaction = "read"
    limit: str = "default"
    html: bool = False
    activitypub: bool = False
    max_upload: str = ""  # the key of [limits] that says how large a file may be
    nested_errors: bool = False  # what is wrong with values is told in one object, as for collections
    raw: bool = False  # the handler reads the body itself
    no_token: bool = False  # the Authorization header is not a bearer token here
    no_csrf: bool = False  # a form for strangers, where a session may be left over
    requires_recent_auth: bool = False  # the person must have proved not long ago who they are
    allow_pending: bool = False  # also for members who are not let in yet
    allow_suspended: bool = False  # also for members who are suspended or disabled
    surface: str = ""
    response_type: Any = None

    @property
    def requires_auth(self) -> bool:
        """False where neither a token nor a cookie is looked at."""
        return self.html or not (self.no_token or self.activitypub or self.raw)

    @property
    def route_key(self) -> tuple[str, str]:
        """What tells endpoints apart: method and path."""
        return self.method, self.path


@dataclass(slots=True)
class Routes:
    """The endpoints of one file, in the order they are declared."""

    surface: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def add(self, method: str, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint, under one or several paths."""

        def keep(handler: Handler) -> Handler:
            settings = {"tx": "read" if method in ("GET", "HEAD") else "write", **declared}
            for path in paths:
                self.endpoints.append(
                    Endpoint(
                        method,
                        path,
                        handler,
                        surface=self.surface,
                        response_type=get_type_hints(handler).get("return"),
                        **cast(Mapping[str, Any], settings),
                    )
                )
            return handler

        return keep

    def get(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("GET", *paths, **declared)

    def post(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", *paths, **declared)

    def put(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("PUT", *paths, **declared)

    def patch(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("PATCH", *paths, **declared)

    def delete(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("DELETE", *paths, **declared)
