"""Sign-ups that wait for approval."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.moderation import admin_accounts
from fedserver.domain.registration import signup_review
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/sign-ups"


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    query = admin_accounts.AdminAccountQuery(status="pending")
    views = await admin_accounts.list_page(call.tx, query, call.page(50, 50))
    return call.render("admin/sign_ups.html", views=views)


@routes.post(PATH + "/{id}/approve", html=True, auth=MODERATOR, params=ReasonFormParams)
async def approve(call: Call[ReasonFormParams]) -> web.Response:
    await signup_review.approve(call.tx, call.site, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "signup_approved")


@routes.post(
    PATH + "/{id}/reject",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Decline this sign-up? The account is deleted permanently."),
)
async def reject(call: Call[ReasonFormParams]) -> web.Response:
    await signup_review.reject(call.tx, call.member, call.id(), call.params.reason)
    return call.redirect_with_notice(PATH, PATH, "signup_declined")
