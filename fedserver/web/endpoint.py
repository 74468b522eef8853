"""Endpoints, declared once (architecture, law 5).

From a declaration come the route, the authorization, the 401, 403 and 422 responses, the transaction, the
list that `fedserver routes` prints and the comparison with the published API description. A handler calls
one function of the domain and returns one entity.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar, cast, get_type_hints

from aiohttp import web
from msgspec import Meta, Struct

from activitypub.signatures.request import SignedRequest, fields
from fedserver.domain.kernel import scopes, secrets
from fedserver.domain.kernel.context import NodeContext, Principal
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError, UnauthorizedError
from fedserver.text.characters import remove_controls
from fedserver.text.locales import gettext, translate
from fedserver.web import session
from fedserver.web.html import Question as Question
from fedserver.web.html import see_other, to_local_path
from fedserver.web.paging import parse_offset, parse_page
from fedserver.web.services import WebServices
from storage.engine import MAX_ID, Page, Tx
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

P = TypeVar("P")
Handler = Callable[[Any], Awaitable[Any]]
Transaction = Literal["read", "write", "own"]

ANYONE = "anyone"  # a token is optional; who sends an unknown one is a visitor
APP = "app"  # any token, also that of an app without a member
USER = "user"  # a token of a member
MODERATOR, ADMIN = "moderator", "admin"
MAX_LONG_TEXT = 1_000_000  # of an article or a pasted file; what is stored of them is configured
MAX_PATH_TEXT = 2_048  # characters of one part of a path; names and keys are far shorter
# Whom an endpoint serves where the access mode of the node keeps some out: see `readers`. One that declares
# nothing is for members, so that a new one cannot be forgotten.
MEMBERS = "members"  # visitors are refused there; elsewhere `auth` alone decides
PEERS = "peers"  # other nodes, by their signatures: see `peer_access`
FILES = "files"  # who has the address; on a private node members and the peers that take part
EVERYONE = "everyone"  # what leads to a log-in or to an answer that no mode restricts
ASK = "ask"  # the field of a form that wants a question before anything is done
FORM_TYPE = "application/x-www-form-urlencoded"
LOGIN_NEEDED = "This method requires an authenticated user"  # Mastodon's wording
SIGNED_FIELDS: web.RequestKey[dict[str, list[str]]] = web.RequestKey("signed_fields", dict)
RANKS = {"member": 0, "moderator": 1, "admin": 2, "owner": 3}

LongText = Annotated[str, Meta(max_length=MAX_LONG_TEXT)]
"""A text that may be as long as an article."""


class NoParams(Struct, frozen=True):
    """The parameters of an endpoint without parameters."""


class FormParams(Struct, frozen=True):
    """A form with nothing but its CSRF token and the page to return to."""

    csrf: str = ""
    next: str = ""


class ReasonFormParams(Struct, frozen=True):
    """A form with nothing but its CSRF token and a reason, which may be empty."""

    csrf: str = ""
    reason: str = ""


class JsonResponse(Struct, frozen=True):
    """A body with a status or headers of its own."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class EntityPage(Struct, frozen=True):
    """A page of entities (or one that holds them).

    `first` and `last` are the cursors of its first and last row, None without rows.
    """

    items: Any
    first: int | None
    last: int | None
    offsets: tuple[int | None, int | None] = (None, None)  # of the next and the previous page


def to_page(items: Any, cursors: Sequence[int]) -> EntityPage:
    """Return a page whose rows have `cursors`, newest first (of all rows read, visible or not)."""
    return EntityPage(items, cursors[0], cursors[-1]) if cursors else EntityPage(items, None, None)


def to_offset_page(items: Any, limit: int, offset: int, *, has_more: bool) -> EntityPage:
    """Return a page of a list with an order of its own; `has_more` if there may be a next page."""
    previous = max(0, offset - limit) if offset else None
    return EntityPage(items, None, None, (offset + limit if has_more else None, previous))


def build_signed_request(request: web.Request, site: NodeContext, body: bytes = b"") -> SignedRequest:
    """Return the request as it was signed: for our public address, which a proxy may have replaced."""
    try:
        headers = request[SIGNED_FIELDS]
    except KeyError:
        # Asked for twice by an inbox: before its body is read, and with it.
        headers = request[SIGNED_FIELDS] = fields(request.headers.items())
    return SignedRequest(request.method, site.links.base, request.raw_path, headers, body)


@dataclass(frozen=True, slots=True)
class Call(Generic[P]):
    """One request as a handler sees it: authorized, parsed, inside its transaction."""

    request: web.Request
    services: WebServices
    principal: Principal | None
    params: P
    transaction: Tx | None
    signer: AccountRow | None = None  # the peer's account that signed the request, for endpoints for PEERS

    @property
    def site(self) -> NodeContext:
        """The configuration and links of this node."""
        return self.services.site

    @property
    def tx(self) -> Tx:
        """The transaction of the request; endpoints with `tx="own"` have none."""
        assert self.transaction is not None, 'declared with tx="own"'
        return self.transaction

    @property
    def peer(self) -> AccountRow:
        """The account that signed the request, for endpoints with `requires_signature`."""
        assert self.signer is not None, "declared with requires_signature=True"
        return self.signer

    @property
    def viewer_id(self) -> int | None:
        """The id of the account that reads, None for anonymous visitors and apps."""
        return self.principal.account.id if self.principal and self.principal.account else None

    @property
    def account(self) -> AccountRow:
        """The account that acts. Raises UnauthorizedError if there is none."""
        if self.principal is None or self.principal.account is None:
            raise UnauthorizedError(LOGIN_NEEDED)
        return self.principal.account

    @property
    def member(self) -> MemberRow:
        """The member who acts. Raises UnauthorizedError if there is none."""
        if self.principal is None or self.principal.member is None:
            raise UnauthorizedError(LOGIN_NEEDED)
        return self.principal.member

    def build_signed_request(self, body: bytes = b"") -> SignedRequest:
        """Return the request as a peer signed it."""
        return build_signed_request(self.request, self.site, body)

    @property
    def session_id(self) -> int | None:
        """The id of the browser's session, None for anonymous visitors and programs."""
        return self.principal.session_id if self.principal else None

    @property
    def address(self) -> str:
        """The IP address of the client, behind the trusted proxies."""
        return self.services.proxies.resolve_client_address(self.request)

    @property
    def user_agent(self) -> str:
        """The User-Agent header."""
        return self.header("User-Agent")

    @property
    def prelogin_token(self) -> str:
        """The token of a browser that is logging in, '' if it has none."""
        return session.read_prelogin_token(self.request, self.site)

    def start_prelogin(self) -> str:
        """Return the token of a browser that begins to log in: the one that it has, else a new one."""
        return self.prelogin_token or secrets.new_secret()

    def set_prelogin_token(self, response: web.StreamResponse, token: str) -> web.StreamResponse:
        """Set the cookie that identifies a browser until it is logged in."""
        session.set_prelogin_token(response, self.site, token)
        return response

    def login_response(self, token: str, location: str) -> web.Response:
        """Return the response to a login: the session cookie and a redirect to `location`."""
        return session.login_response(self.site, token, location)

    def render(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return an HTML page. Templates get `me` (the principal), `csrf`, `here` (the path), `htmx`.

        `looks` are the colours and sizes that the reader chose. `act_done` is what the member has just done,
        which one page says once.
        """
        is_whole = self.principal is not None and "HX-Request" not in self.request.headers
        notice = session.read_notice(self.request, self.site) if is_whole else []
        shared = {
            "me": self.principal,
            "csrf": session.mask_csrf(self.principal.csrf) if self.principal else "",
            "here": self.request.path_qs,
            "htmx": "HX-Request" in self.request.headers,
            "act_done": notice,
            # For a form that may be sent twice: a new one whenever it is shown.
            "form_key": secrets.new_secret,
            "looks": session.find_looks(self.request, self.site, self.principal),
        }
        response = self.services.pages.render_response(template, {**shared, **values}, status=status)
        if notice:
            session.delete_notice(response, self.site)
        return response

    def see_other(self, location: str) -> web.Response:
        """Return a redirect by GET."""
        return see_other(location)

    def redirect_back(self, target: str, default: str = "/home") -> web.Response:
        """Return a redirect to a page of this node; to the default for an address of another one."""
        return see_other(to_local_path(target, default))

    def redirect_with_notice(self, target: str, default: str, name: str, *ids: int) -> web.Response:
        """Return a redirect to a page of this node, which says what was done; see `_done.html` for names."""
        response = self.redirect_back(target, default)
        session.set_notice(response, self.site, name, *ids)
        return response

    def text(self, name: str) -> str:
        """Return a part of the path. Raises NotFoundError if it cannot be a name."""
        text = self.request.match_info[name]
        if text != remove_controls(text) or len(text) > MAX_PATH_TEXT:
            raise NotFoundError
        return text

    def header(self, name: str) -> str:
        """Return a header, '' if there is none. What is no UTF-8 in it is left out: no column takes it."""
        return remove_controls(self.request.headers.get(name, ""))

    def id(self, name: str = "id") -> int:
        """Return a part of the path as an id. Raises NotFoundError if it cannot be one."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > MAX_ID:
            raise NotFoundError
        return int(text)

    def page(self, default: int = 20, max_limit: int = 40) -> Page:
        """Return the page that the query asks for."""
        return parse_page(self.request, default, max_limit)

    def offset(self) -> int:
        """Return the `offset` that the query asks for, where a list pages by it."""
        return parse_offset(self.request)


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """The declaration of an endpoint. `scope` may name alternatives, separated by `|`."""

    method: str
    path: str
    handler: Handler
    auth: str = ANYONE
    audience: str = MEMBERS
    requires_signature: bool = False  # for PEERS: also where documents may be read unsigned
    scope: str = ""
    params: type[Struct] = NoParams
    tx: Transaction = "read"
    limit: str = "default"
    html: bool = False
    activitypub: bool = False
    max_upload: str = ""  # the key of [limits] with the largest file
    nested_errors: bool = False  # details of invalid values are inside `error`, as for collections
    raw: bool = False  # the handler reads the body itself
    no_token: bool = False  # the Authorization header is not a bearer token here
    no_csrf: bool = False  # a form for anonymous visitors, whose browser may have an old session
    requires_recent_auth: bool = False  # the member must have given a password or passkey recently
    allow_pending: bool = False  # also for members who are not approved yet
    allow_suspended: bool = False  # also for members who are suspended or disabled
    # What a person is asked before this is done, if the form has the field ASK; None or '' for nothing.
    question: Question | Callable[[Any], Question | None] | None = None
    surface: str = ""
    response_type: Any = None

    @property
    def requires_auth(self) -> bool:
        """False where neither a token nor a cookie is read."""
        return self.html or not (self.no_token or self.activitypub or self.raw)

    @property
    def route_key(self) -> tuple[str, str]:
        """The method and the path."""
        return self.method, self.path


async def ask_first(call: Call[Any], endpoint: Endpoint) -> web.Response | None:
    """Return the page that asks whether to do what a form says, None if nothing is to be asked.

    The page holds the same form without the field ASK, so that it works without JavaScript. Nothing is done
    before it is answered.
    """
    if endpoint.question is None or call.request.content_type != FORM_TYPE:
        return None
    # The body was read for the parameters already; the library keeps it.
    form = [(name, value) for name, value in (await call.request.post()).items() if isinstance(value, str)]
    if ASK not in dict(form):
        return None
    question = endpoint.question if isinstance(endpoint.question, Question) else endpoint.question(call)
    if question is None:
        return None
    back = to_local_path(call.site.links.path(call.request.headers.get("Referer", "")) or "")
    return call.render(
        "ask.html",
        question=translate(question),
        fields=[(name, value) for name, value in form if name not in (ASK, "csrf")],
        action=call.request.rel_url.raw_path,
        back=back,
        here="",
    )


def authorize(endpoint: Endpoint, principal: Principal | None) -> None:
    """Check that a principal may use an endpoint.

    Raises UnauthorizedError without a token where one is needed, ForbiddenError without its scope or role.
    """
    if endpoint.auth == ANYONE and principal is None:
        return
    if principal is None:
        raise UnauthorizedError(
            "The access token is invalid" if not endpoint.html else gettext("Please log in first.")
        )
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
        raise UnauthorizedError(LOGIN_NEEDED)
    if endpoint.auth != USER and RANKS[principal.member.role] < RANKS[endpoint.auth]:
        raise ForbiddenError("This action is not allowed")


def _is_scope_granted(granted: frozenset[str], alternatives: Sequence[str]) -> bool:
    return any(scopes.covers(granted, scope) for scope in alternatives)


@dataclass(slots=True)
class Routes:
    """The endpoints of one file, in the order they are declared."""

    surface: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def add(self, method: str, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares an endpoint at one or several paths."""

        def declare(handler: Handler) -> Handler:
            settings = {"tx": "read" if method in ("GET", "HEAD") else "write", **declared}
            if declared.get("activitypub"):
                # The key of a signature may have to be fetched, which no transaction waits for.
                settings = {**settings, "tx": "own", "audience": declared.get("audience", PEERS)}
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

        return declare

    def get(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares a GET endpoint."""
        return self.add("GET", *paths, **declared)

    def post(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares a POST endpoint."""
        return self.add("POST", *paths, **declared)

    def put(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares a PUT endpoint."""
        return self.add("PUT", *paths, **declared)

    def patch(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares a PATCH endpoint."""
        return self.add("PATCH", *paths, **declared)

    def delete(self, *paths: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Return a decorator that declares a DELETE endpoint."""
        return self.add("DELETE", *paths, **declared)
