"""How guests act on a post or account from their own server: they name it, and it asks them what to do."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.timelines import post_views
from fedserver.pages.relationships.home_servers import find_template
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
    """Show the ways to act; a member, who may have logged in for it, goes on to the post or account."""
    if call.principal is None:
        return await _render_page(call)
    row = await call.services.resolver.find_by_address(call.params.uri[:MAX_ADDRESS])
    if row is not None and not isinstance(row, AccountRow) and call.params.act == "reply":
        return call.see_other(f"/write?reply_to={row.id}")
    return call.see_other(f"/authorize_interaction?{urlencode({'uri': call.params.uri})}")


@routes.post(PATH, html=True, params=InteractionParams, tx="own", limit="remote_interactions", no_csrf=True)
async def leave(call: Call[InteractionParams]) -> web.StreamResponse:
    """Look up where the guest's server asks what to do, and lead there."""
    try:
        template = await find_template(call, call.params.handle.strip()[:MAX_ADDRESS])
    except InvalidError as error:
        return await _render_page(call, error.message)
    return await _render_page(call, target=template.replace("{uri}", quote(call.params.uri, safe="")))
