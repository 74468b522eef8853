"""The invitations of all members."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.auth import invitations
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/invitations"


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    rows = await invitations.list_all(call.tx)
    return call.render("admin/invitations.html", invitations=rows, now=call.tx.now)


@routes.post(
    PATH + "/{id}/revoke",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Revoke this invitation? Nobody can join with its link any more."),
)
async def revoke(call: Call[ReasonFormParams]) -> web.Response:
    await invitations.revoke_as_moderator(call.tx, call.member, call.id())
    return call.see_other(PATH)
