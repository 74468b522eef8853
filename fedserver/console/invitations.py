"""Invitations of all members."""

from __future__ import annotations

from aiohttp import web

from fedserver.console.forms import FormParams
from fedserver.domain.auth import invitations
from fedserver.web.endpoint import MODERATOR, Call, Nothing, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/invitations"


@routes.get(PATH, html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    found = await invitations.everybodys(call.tx)
    return call.render("admin/invitations.html", found=found, now=call.tx.now)


@routes.post(PATH + "/{id}/revoke", html=True, who=MODERATOR, params=FormParams)
async def revoke(call: Call[FormParams]) -> web.Response:
    await invitations.revoke_any(call.tx, call.member, call.id())
    return see_other(PATH)
