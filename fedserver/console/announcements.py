"""Announcements: write, change, take away."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.console.forms import FormParams
from fedserver.domain.notifications import announcements
from fedserver.web.endpoint import MODERATOR, Call, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/announcements"


class EditParams(Struct, frozen=True):
    edit: int = 0


class TextParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""
    published: bool = False


@routes.get(PATH, html=True, who=MODERATOR, params=EditParams)
async def show(call: Call[EditParams]) -> web.Response:
    rows = await announcements.every(call.tx)
    chosen = next((row for row in rows if row.id == call.params.edit), None)
    return call.render("admin/announcements.html", rows=rows, chosen=chosen)


@routes.post(PATH, html=True, who=MODERATOR, params=TextParams)
async def create(call: Call[TextParams]) -> web.Response:
    params = call.params
    await announcements.create(call.tx, call.site, call.member, params.text, published=params.published)
    return see_other(PATH)


@routes.post(PATH + "/{id}", html=True, who=MODERATOR, params=TextParams)
async def update(call: Call[TextParams]) -> web.Response:
    params = call.params
    await announcements.update(
        call.tx, call.site, call.member, call.id(), params.text, published=params.published
    )
    return see_other(PATH)


@routes.post(PATH + "/{id}/delete", html=True, who=MODERATOR, params=FormParams)
async def remove(call: Call[FormParams]) -> web.Response:
    await announcements.remove(call.tx, call.member, call.id())
    return see_other(PATH)
