"""Announcements on pages: read, dismissed, and reacted to."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import announcements
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, FormParams, Routes

routes = Routes("pages")


class ReactionFormParams(Struct, frozen=True):
    """An emoji to react with, or one to take back: a character, or the shortcode of a custom one."""

    csrf: str = ""
    next: str = ""
    add: str = ""
    take_back: str = ""


@routes.post("/announcements/{id}/dismiss", html=True, auth=USER, params=FormParams)
async def dismiss(call: Call[FormParams]) -> web.StreamResponse:
    await announcements.dismiss(call.tx, call.account, call.id())
    return call.redirect_back(call.params.next)


@routes.post("/announcements/{id}/reactions", html=True, auth=USER, params=ReactionFormParams)
async def react(call: Call[ReactionFormParams]) -> web.StreamResponse:
    params = call.params
    if params.take_back:
        await announcements.unreact(call.tx, call.account, call.id(), params.take_back)
        return call.redirect_back(params.next)
    try:
        await announcements.react(call.tx, call.account, call.id(), params.add.strip())
    except InvalidError as error:
        message = gettext("This is not an emoji, or the announcement has as many reactions as it can have.")
        raise InvalidError("emoji", "cannot be added", message=message) from error
    return call.redirect_back(params.next)
