"""Public posts by mail: asked for on a profile, confirmed and ended by the links in the mails.

Links are followed by a form, as programs that look at mail open them; mail programs end a subscription with
one POST (RFC 8058).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.notifications import email_subscriptions
from fedserver.web.endpoint import Call, Nothing, Routes

routes = Routes("pages")


class EmailSubscriptionParams(Struct, frozen=True):
    email: str = ""


def _page(call: Call[Any], what: str, **values: Any) -> web.Response:
    return call.render("email_subscription.html", what=what, **values)


@routes.post(
    "/accounts/{id}/email_subscriptions",
    html=True,
    params=EmailSubscriptionParams,
    limit="sign_ups",
    no_csrf=True,
)
async def ask(call: Call[EmailSubscriptionParams]) -> web.Response:
    email = call.params.email.strip()
    account = await email_subscriptions.ask(call.tx, call.site, call.id(), email)
    return _page(call, "asked", account=account, email=email)


@routes.get("/subscriptions/{token}", html=True)
async def show(call: Call[Nothing]) -> web.Response:
    row, account = await email_subscriptions.find(call.tx, call.text("token"))
    return _page(call, "confirmed" if row.confirmed_at else "confirm", account=account, row=row)


@routes.post("/subscriptions/{token}", html=True, no_csrf=True)
async def confirm(call: Call[Nothing]) -> web.Response:
    account = await email_subscriptions.confirm(call.tx, call.text("token"))
    return _page(call, "confirmed", account=account)


@routes.get("/subscriptions/{token}/end", html=True)
async def show_end(call: Call[Nothing]) -> web.Response:
    row, account = await email_subscriptions.find(call.tx, call.text("token"))
    return _page(call, "end", account=account, row=row)


@routes.post("/subscriptions/{token}/end", html=True, no_csrf=True)
async def end(call: Call[Nothing]) -> web.Response:
    await email_subscriptions.end(call.tx, call.text("token"))
    return _page(call, "ended")
