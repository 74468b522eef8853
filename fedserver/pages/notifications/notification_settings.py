"""Settings: from whom a member gets notifications, and the requests that were kept back."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notification_policies, notification_requests
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")
PATH = "/settings/notifications"
REQUESTS = f"{PATH}/requests"
PAGE_SIZE = 40
Action = Literal["accept", "filter", "drop"]


class PolicyFormParams(Struct, frozen=True):
    csrf: str = ""
    for_not_following: Action = "accept"
    for_not_followers: Action = "accept"
    for_new_accounts: Action = "accept"
    for_private_mentions: Action = "filter"
    for_limited_accounts: Action = "filter"
    mail_kinds: list[str] = []


class RequestIdsParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    id: list[int] = []


SENDERS = tuple(name for name in PolicyFormParams.__struct_fields__ if name.startswith("for_"))


@routes.get(PATH, html=True, auth=USER, tx="own")
async def show(call: Call[NoParams]) -> web.StreamResponse:
    async with call.services.db.read() as tx:
        policy = await notification_policies.get(tx, call.account)
    return call.render(
        "settings_notifications.html",
        policy=policy,
        has_mail=bool(call.site.config.mail.host),
        mail_kinds=notification_policies.MAIL_KINDS,
        problems={},
    )


@routes.post(PATH, html=True, auth=USER, params=PolicyFormParams)
async def update(call: Call[PolicyFormParams]) -> web.StreamResponse:
    choices = {name: str(getattr(call.params, name)) for name in SENDERS}
    await notification_policies.update(call.tx, call.account, choices)
    if call.site.config.mail.host:
        await notification_policies.set_mail_kinds(call.tx, call.account, call.params.mail_kinds)
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.get(REQUESTS, html=True, auth=USER)
async def list_requests(call: Call[NoParams]) -> web.StreamResponse:
    page = call.page(PAGE_SIZE, 80)
    views, cursors = await notification_requests.list_by_account(call.tx, call.account, page)
    return call.render(
        "notification_requests.html", views=views, older=next_page_url(call, cursors, PAGE_SIZE)
    )


def _redirect(call: Call[Any], name: str) -> web.Response:
    return call.redirect_with_notice(call.params.next, REQUESTS, name)


@routes.post(f"{REQUESTS}/accept", html=True, auth=USER, params=RequestIdsParams)
async def accept_many(call: Call[RequestIdsParams]) -> web.StreamResponse:
    await notification_requests.accept_many(call.tx, call.account, call.params.id)
    return _redirect(call, "requests_accepted")


@routes.post(
    f"{REQUESTS}/dismiss",
    html=True,
    auth=USER,
    params=RequestIdsParams,
    question=Question("Dismiss these requests? Their notifications are deleted."),
)
async def dismiss_many(call: Call[RequestIdsParams]) -> web.StreamResponse:
    await notification_requests.dismiss_many(call.tx, call.account, call.params.id)
    return _redirect(call, "requests_dismissed")


@routes.post(f"{REQUESTS}/{{id}}/accept", html=True, auth=USER, params=FormParams)
async def accept(call: Call[FormParams]) -> web.StreamResponse:
    try:
        await notification_requests.accept(call.tx, call.account, call.id())
    except NotFoundError:  # the form was sent twice
        return _redirect(call, "requests_gone")
    return _redirect(call, "requests_accepted")


@routes.post(
    f"{REQUESTS}/{{id}}/dismiss",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Dismiss this request? Its notifications are deleted."),
)
async def dismiss(call: Call[FormParams]) -> web.StreamResponse:
    try:
        await notification_requests.dismiss(call.tx, call.account, call.id())
    except NotFoundError:  # the form was sent twice
        return _redirect(call, "requests_gone")
    return _redirect(call, "requests_dismissed")
