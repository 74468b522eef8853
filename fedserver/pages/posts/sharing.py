"""A post for elsewhere: the code with which other pages quote it."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import Call, FormParams, Routes

routes = Routes("pages")
EMBED_WIDTH = 600  # pixels, about a column of text


@routes.get("/posts/{id}/embed", html=True, params=FormParams)
async def show_embed(call: Call[FormParams]) -> web.StreamResponse:
    """Show the code of a public post of a member; what a visitor sees, also to members."""
    view = await post_views.get(call.tx, call.id(), None)
    row = view.post
    if not row.local or view.boost_of is not None or row.visibility not in ("public", "unlisted"):
        raise NotFoundError
    author = f"{view.account.name} (@{view.account.account.username})"
    code = post_texts.render_embed(row, author, EMBED_WIDTH)
    return call.render("embed.html", view=view, code=code)
