"""The invitations of all members, and new ones."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import invitations
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/invitations"


class InvitationParams(Struct, frozen=True):
    csrf: str = ""
    uses: int = 1
    days: int = 30
    note: str = ""


async def _render_page(call: Call[Any], error: InvalidError | None = None, link: str = "") -> web.Response:
    response = call.render(
        "admin/invitations.html",
        status=422 if error is not None else 200,
        invitations=await invitations.list_all(call.tx),
        now=call.tx.now,
        error=error,
        written=call.params if error is not None else InvitationParams(),
        max_uses=invitations.MAX_USES,
        link=link,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_page(call)


@routes.post(PATH, html=True, auth=MODERATOR, params=InvitationParams)
async def create(call: Call[InvitationParams]) -> web.Response:
    """Create an invitation and show its link, which cannot be shown again."""
    params = call.params
    try:
        invitation = await invitations.create(
            call.tx, call.member, uses=params.uses, days=params.days, note=params.note
        )
    except InvalidError as error:
        return await _render_page(call, error)
    return await _render_page(call, link=f"{call.site.links.base}/invite/{invitation.code}")


@routes.post(
    PATH + "/{id}/revoke",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Revoke this invitation? Nobody can join with its link any more."),
)
async def revoke(call: Call[ReasonFormParams]) -> web.Response:
    await invitations.revoke_as_moderator(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "invitation_revoked")
