"""The legal texts of the community, each on a page that everyone can read."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.settings import legal_texts
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes

routes = Routes("pages")


async def _render_page(call: Call[NoParams], kind: str, effective_from: date | None = None) -> web.Response:
    text = await legal_texts.get(call.tx, call.site, kind, effective_from)
    days = await legal_texts.list_days(call.tx) if kind == legal_texts.TERMS else []
    return call.render("legal_text.html", kind=kind, text=text, days=days)


@routes.get(*(f"/{kind}" for kind in legal_texts.KINDS), html=True, audience=EVERYONE)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Return the page. Raises NotFoundError if the community has no such text."""
    return await _render_page(call, call.request.path.strip("/"))


@routes.get("/terms/{day}", html=True, audience=EVERYONE)
async def show_terms(call: Call[NoParams]) -> web.StreamResponse:
    """Return the terms that hold from a day. Raises NotFoundError if there are none."""
    try:
        day = date.fromisoformat(call.text("day"))
    except ValueError as error:
        raise NotFoundError from error
    return await _render_page(call, legal_texts.TERMS, day)
