"""Invitations of a member: links with a QR code, for a number of people and days, that can be revoked."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import invitations, members
from fedserver.domain.kernel.errors import DomainError
from fedserver.web.appearance.qr_codes import render_qr_code
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from fedserver.web.errors import group_problems
from storage.engine import ReadTx

routes = Routes("pages")
DAYS = ("1", "7", "30", "90")  # to choose from
MAX_DIGITS = 6  # longer numbers are too large anyway


class InvitationFormParams(Struct, frozen=True):
    csrf: str = ""
    uses: str = "1"
    days: str = "30"
    note: str = ""


def _to_number(text: str) -> int:
    """Return a number that was typed; 0, which is refused at its field, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_DIGITS else 0


async def _render_page(
    call: Call[Any],
    tx: ReadTx,
    params: InvitationFormParams,
    *,
    url: str = "",
    problem: str = "",
    problems: dict[str, str] | None = None,
) -> web.Response:
    member = await members.get(tx, call.member.id)
    page = call.render(
        "invitations.html",
        status=422 if problem or problems else 200,
        rows=await invitations.list_by_member(tx, member),
        member=member,
        new_url=url,
        qr=render_qr_code(url) if url else "",
        now=tx.now,
        params=params,
        days=DAYS,
        max_uses=invitations.MAX_USES,
        problem=problem,
        problems=problems or {},
    )
    if url:
        page.headers["Cache-Control"] = "no-store"  # the link is shown once
    return page


@routes.get("/settings/invitations", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_page(call, call.tx, InvitationFormParams())


@routes.post("/settings/invitations", html=True, auth=USER, params=InvitationFormParams, tx="own")
async def create(call: Call[InvitationFormParams]) -> web.StreamResponse:
    params = call.params
    try:
        async with call.services.db.write() as tx:
            member = await members.get(tx, call.member.id)
            invitation = await invitations.create(
                tx,
                member,
                uses=_to_number(params.uses),
                days=_to_number(params.days),
                note=params.note,
            )
    except DomainError as error:
        problem, problems = group_problems(error, {"uses", "days", "note"})
        async with call.services.db.read() as tx:
            return await _render_page(call, tx, params, problem=problem, problems=problems)
    url = f"{call.site.links.base}/invite/{invitation.code}"
    async with call.services.db.read() as tx:
        return await _render_page(call, tx, InvitationFormParams(), url=url)


@routes.post(
    "/settings/invitations/{id}/revoke",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Revoke this invitation? Nobody can join with its link any more."),
)
async def revoke(call: Call[FormParams]) -> web.StreamResponse:
    await invitations.revoke(call.tx, call.member, call.id())
    return call.redirect_with_notice("/settings/invitations", "", "invitation_revoked")
