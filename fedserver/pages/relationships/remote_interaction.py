"""How guests act on a post or account from their own server: they name it, and it asks them what to do.

Their server says where it asks in WebFinger (OStatus 1.0, section 6); Mastodon's address is the fallback.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import Struct

from addresses.handles import parse_handle
from addresses.hosts import normalize_host
from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.timelines import post_views
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call, Routes
from fedserver.web.html import to_header_url
from storage.rows.accounts import AccountRow

routes = Routes("pages")
PATH = "/remote_interaction"
MAX_ADDRESS = 2_048  # characters of a post's or account's address, and of a handle
Act = Literal["follow", "reply", "like", "boost"]


class InteractionParams(Struct, frozen=True):
    """The address of a post or account, what the guest wants to do, and their handle or server."""

    uri: str = ""
    act: Act = "reply"
    handle: str = ""


async def _render_page(call: Call[InteractionParams], problem: str = "", target: str = "") -> web.Response:
    """Return the form, or the way on to `target`. Raises NotFoundError for what a guest may not see."""
    row = await call.services.resolver.find_by_address(call.params.uri[:MAX_ADDRESS])
    account = post = None
    async with call.services.db.read() as tx:
        if isinstance(row, AccountRow):
            account = (await account_views.load(tx, [row.id])).get(row.id)
        elif row is not None:
            views = await post_views.load(tx, [row.id], None)
            post = views[0] if views else None
    if account is None and post is None:
        raise NotFoundError
    values: dict[str, Any] = {"account": account, "post": post, "params": call.params}
    page = call.render(
        "remote_interaction.html", status=422 if problem else 200, problem=problem, target=target, **values
    )
    if target:
        # A redirect would be a way out that `form-action` of our own policy forbids.
        page.headers["Refresh"] = f"0; url={to_header_url(target)}"
    return page


@routes.get(PATH, html=True, params=InteractionParams, tx="own")
async def show(call: Call[InteractionParams]) -> web.StreamResponse:
    if call.principal is not None:
        return call.see_other(f"/authorize_interaction?{urlencode({'uri': call.params.uri})}")
    return await _render_page(call)


@routes.post(PATH, html=True, params=InteractionParams, tx="own", limit="remote_interactions", no_csrf=True)
async def leave(call: Call[InteractionParams]) -> web.StreamResponse:
    """Look up where the guest's server asks what to do, and lead there."""
    try:
        template = await _find_template(call, call.params.handle.strip()[:MAX_ADDRESS])
    except InvalidError as error:
        return await _render_page(call, error.message)
    return await _render_page(call, target=template.replace("{uri}", quote(call.params.uri, safe="")))


async def _find_template(call: Call[InteractionParams], text: str) -> str:
    """Return the template of the address for a handle or the name of a server. Raises InvalidError."""
    name = text.lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    handle = parse_handle(text.removeprefix("@")) if "@" in text else None
    host = handle.domain if handle is not None else "" if "@" in text else normalize_host(name)
    if not host or "." not in host:
        message = gettext("Please write your handle, such as @name@example.org, or the name of a server.")
        raise InvalidError("handle", "is neither a handle nor a server", message=message)
    if call.site.links.find_account_domain(host) == "":
        message = gettext("You are on this server already. Please log in to go on.")
        raise InvalidError("handle", "is of this server", message=message)
    fallback = f"https://{host}/authorize_interaction?uri={{uri}}"
    if handle is None:
        return fallback
    template = await call.services.resolver.find_interaction_template(handle)
    if template is None:
        message = gettext(
            "%(server)s did not find this handle. Please check the spelling, or write the server alone.",
            server=host,
        )
        raise InvalidError("handle", "is not known by its server", message=message)
    return template or fallback
