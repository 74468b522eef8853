"""HTML from Jinja templates: autoescaped, one environment, folders of every surface.

The base layout and the macros live with this module; each surface brings a `templates` folder.
"""

from __future__ import annotations

import gzip
import hashlib
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from jinja2.ext import i18n

from fedserver.marked_text import MarkedText
from fedserver.text import accept_headers
from fedserver.text.locales import current_locale
from fedserver.web.template_texts import install_texts

STATIC = Path(__file__).parent / "static"
MIN_COMPRESSED_BYTES = 1_024  # below that the headers cost more than is saved
# Of pages, which are compressed while someone waits: 6 takes twice as long for a fifth less.
GZIP_LEVEL = 3
PAGE_TYPES = ("text/html", "application/atom+xml", "application/rss+xml")
BODY_HEADERS = (hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH)  # of what a 304 leaves out

# No inline script or style anywhere. Files of peers come from this node too, unless the proxy is off.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:{files}; "
    "media-src 'self'{files}; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'{forms}"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Question(MarkedText):
    """A question to a person before something is done that cannot be undone easily."""


class Pages:
    """The renderer of templates. `packages` are the surfaces with templates of their own.

    `forms_to` are the sources to which forms may lead, also by a redirect (CSP3 §6.4.2.1): this node, and the
    identity provider where logging out ends.
    """

    def __init__(
        self, packages: tuple[str, ...], *, proxies: bool = True, forms_to: str = "'self'", **shared: Any
    ) -> None:
        self._proxies = proxies
        self._forms_to = forms_to
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "fedserver.web")]),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # Else each page asks the file system for the times of some twenty files.
            auto_reload=False,
            extensions=[i18n],
        )
        install_texts(self._environment)
        self._environment.globals.update(shared, static=static_url)

    def add_filter(self, name: str, function: Callable[..., Any]) -> None:
        """Make `function` available to templates as a filter."""
        self._environment.filters[name] = function

    def render_text(self, template: str, values: Mapping[str, Any]) -> str:
        """Return the text of a template."""
        return self._environment.get_template(template).render(values)

    def render_response(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> web.Response:
        """Return a page."""
        response = web.Response(
            text=self.render_text(template, values), status=status, content_type="text/html", charset="utf-8"
        )
        files = "" if self._proxies else " https: http:"
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(
            forms=f"; form-action {self._forms_to}", files=files
        )
        response.headers.update(SECURITY_HEADERS)
        mark_language(response)
        return response


def mark_language(response: web.StreamResponse) -> None:
    """Say in which language a page is, and what it depends on (RFC 9110, sections 8.5 and 12.5.5)."""
    response.headers["Content-Language"] = current_locale()
    add_vary(response, "Cookie", "Accept-Language")


def add_vary(response: web.StreamResponse, *names: str) -> None:
    """Name request headers on which the response depends, besides those named already."""
    listed = [name.strip() for name in response.headers.get("Vary", "").split(",") if name.strip()]
    known = {name.lower() for name in listed}
    response.headers["Vary"] = ", ".join([*listed, *(name for name in names if name.lower() not in known)])


def choose_encoding(accepted: str, available: Sequence[str]) -> str:
    """Return the coding for an `Accept-Encoding`, '' for none (RFC 9110, section 12.5.3)."""
    weights = {item.name: item.weight for item in accept_headers.parse(accepted)}
    usable = [name for name in available if weights.get(name, weights.get("*", 0.0)) > 0]
    return usable[0] if usable else ""


def prefers_json(accepted: str) -> bool:
    """Return True if an `Accept` prefers JSON to text (RFC 9110, section 12.5.1)."""
    return accept_headers.prefers(accepted, ("application/json",), ("text/plain", "text/html"))


def matches_etag(request: web.Request, etag: str) -> bool:
    """Return True if the client has what `etag` names (RFC 9110, section 13.1.2: compared weakly)."""
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]
    return etag.removeprefix("W/") in known or "*" in known


def revalidate_page(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Give a guest's page or feed an entity tag; return 304 in its place to a client that has it.

    What sets a cookie or may not be stored stays as it is.
    """
    if response.prepared or not isinstance(response, web.Response) or response.content_type not in PAGE_TYPES:
        return response
    control = response.headers.get(hdrs.CACHE_CONTROL, "")
    is_kept = response.status == 200 and not response.cookies and "no-store" not in control
    if request.method not in ("GET", "HEAD") or not is_kept or not isinstance(response.body, bytes):
        return response
    # Weak, as it is the same for all codings.
    response.headers[hdrs.ETAG] = etag = f'W/"{hashlib.sha256(response.body).hexdigest()[:16]}"'
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")
    add_vary(response, hdrs.ACCEPT_ENCODING)
    if not matches_etag(request, etag):
        return response
    headers = {name: value for name, value in response.headers.items() if name not in BODY_HEADERS}
    return web.Response(status=304, headers=headers)


def compress_page(request: web.Request, response: web.StreamResponse, *, has_secrets: bool) -> None:
    """Compress a page or feed if the client takes it (RFC 9110, section 8.4).

    A page with `has_secrets` is sent as it is, because lengths tell about what is inside (BREACH).
    """
    if response.prepared or not isinstance(response, web.Response) or response.content_type not in PAGE_TYPES:
        return
    add_vary(response, hdrs.ACCEPT_ENCODING)
    body = response.body
    if has_secrets or not isinstance(body, bytes) or len(body) < MIN_COMPRESSED_BYTES:
        return
    if choose_encoding(request.headers.get(hdrs.ACCEPT_ENCODING, ""), ("gzip",)):
        response.body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"


@cache
def static_url(name: str) -> str:
    """Return the address of a static file with its hash, so that it can be cached forever."""
    return f"/static/{name}?v={hash_file((STATIC / name).read_bytes())}"


@cache
def hash_file(data: bytes) -> str:
    """Return the beginning of the hash of a file of the program."""
    return hashlib.sha256(data).hexdigest()[:12]


def see_other(location: str) -> web.Response:
    """Return a redirect by GET (RFC 9110 §15.4.4). An exception would roll back the transaction."""
    return web.Response(
        status=303, headers={"Location": to_header_url(location), "Cache-Control": "no-store"}
    )


def to_header_url(address: str) -> str:
    """Return an address or path as a header may hold it: what is not visible ASCII is percent-encoded."""
    return quote(address, safe=string.punctuation)


def to_origin(address: str) -> str:
    """Return scheme, host and port of an address as a source of a CSP, '' for an empty address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def to_local_path(target: str, default: str = "/home") -> str:
    """Return `target` if it is a path of this node, else `default`; this prevents open redirects."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_path and "\\" not in target and len(target) < 4_000 else default
