"""Those who ask to join: yes or no."""

from __future__ import annotations

from aiohttp import web

from fedserver import domain
from fedserver.console.forms import FormParams
from fedserver.http import MODERATOR, Call, Nothing, Routes, see_other

routes = Routes("console")
PATH = "/admin/sign-ups"


@routes.get(PATH, html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    wanted = domain.admin_accounts.Filter(status="pending")
    return call.render(
        "admin/sign_ups.html", found=await domain.admin_accounts.page(call.tx, wanted, call.page(50, 50))
    )


@routes.post(PATH + "/{id}/approve", html=True, who=MODERATOR, params=FormParams)
async def approve(call: Call[FormParams]) -> web.Response:
    await domain.sign_up_answers.approve(call.tx, call.site, call.member, call.id())
    return see_other(PATH)


@routes.post(PATH + "/{id}/reject", html=True, who=MODERATOR, params=FormParams)
async def reject(call: Call[FormParams]) -> web.Response:
    await domain.sign_up_answers.reject(call.tx, call.member, call.id(), call.params.reason)
    return see_other(PATH)
