"""Subscriptions to public posts by mail: requested on a profile, confirmed and ended by links in the mails.

The links lead to forms, as programs that scan mail open links; mail clients end a subscription with one POST
(RFC 8058).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.notifications import email_subscriptions
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes

routes = Routes("pages")


class EmailSubscriptionFormParams(Struct, frozen=True):
    email: str = ""


def _render_page(call: Call[Any], state: str, **values: Any) -> web.Response:
    return call.render("email_subscription.html", what=state, **values)


@routes.post(
    "/accounts/{id}/email_subscriptions",
    html=True,
    params=EmailSubscriptionFormParams,
    limit="sign_ups",
    no_csrf=True,
)
async def subscribe(call: Call[EmailSubscriptionFormParams]) -> web.Response:
    email = call.params.email.strip()
    account = await email_subscriptions.subscribe(call.tx, call.site, call.id(), email)
    return _render_page(call, "asked", account=account, email=email)


@routes.get("/subscriptions/{token}", html=True, audience=EVERYONE)
async def show(call: Call[NoParams]) -> web.Response:
    row, account = await email_subscriptions.get(call.tx, call.text("token"))
    return _render_page(call, "confirmed" if row.confirmed_at else "confirm", account=account, row=row)


@routes.post("/subscriptions/{token}", html=True, no_csrf=True, audience=EVERYONE)
async def confirm(call: Call[NoParams]) -> web.Response:
    account = await email_subscriptions.confirm(call.tx, call.text("token"))
    return _render_page(call, "confirmed", account=account)


@routes.get("/subscriptions/{token}/end", html=True, audience=EVERYONE)
async def show_unsubscribe(call: Call[NoParams]) -> web.Response:
    row, account = await email_subscriptions.get(call.tx, call.text("token"))
    return _render_page(call, "end", account=account, row=row)


@routes.post("/subscriptions/{token}/end", html=True, no_csrf=True, audience=EVERYONE)
async def unsubscribe(call: Call[NoParams]) -> web.Response:
    await email_subscriptions.unsubscribe(call.tx, call.text("token"))
    return _render_page(call, "ended")
