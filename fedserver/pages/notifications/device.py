"""Notifications on a device: which events this browser shows while it is logged in."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import push_keys, push_subscriptions
from fedserver.runtime.push_targets import check_target
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("pages")
PATH = "/settings/notifications/device"
# Checked at first: what waits for an answer, and what one would not like to miss.
USUAL_ALERTS = ("mention", "follow", "follow_request", "favourite", "quote", "admin.report")


class DeviceFormParams(Struct, frozen=True):
    """The choices; a script adds the subscription that the browser made (W3C, Push API)."""

    csrf: str = ""
    decision: str = "on"
    alerts: list[str] = []
    endpoint: str = ""
    p256dh: str = ""
    auth: str = ""


def _list_choices(call: Call[Any]) -> list[tuple[str, str]]:
    """Return the kinds of notification that the member can get, with what they are called."""
    choices = [
        ("mention", gettext("Someone mentions you or replies to you")),
        ("favourite", gettext("Someone finds a post of yours helpful")),
        ("reblog", gettext("Someone boosts a post of yours")),
        ("quote", gettext("Someone quotes a post of yours")),
        ("follow", gettext("Someone follows you")),
        ("follow_request", gettext("Someone asks to follow you")),
        ("status", gettext("Someone posts whose posts you want to hear about")),
        ("poll", gettext("A poll ends in which you voted, or that is yours")),
        ("update", gettext("A post that you boosted is edited")),
        ("quoted_update", gettext("A post that you quoted is edited")),
    ]
    if call.member.role != "member":
        choices += [
            ("admin.sign_up", gettext("Someone signs up")),
            ("admin.report", gettext("Someone reports something")),
        ]
    return choices


async def _render_page(call: Call[Any], tx: ReadTx, problem: str = "", *, done: bool = False) -> web.Response:
    assert call.principal is not None
    row = await push_subscriptions.find_for_browser(tx, call.principal)
    return call.render(
        "device.html",
        status=422 if problem else 200,
        choices=_list_choices(call),
        wanted=push_subscriptions.list_alerts(row) if row is not None else USUAL_ALERTS,
        is_on=row is not None,
        server_key=await push_keys.load_public_key(tx),
        problem=problem,
        done=done,
    )


@routes.get(PATH, html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_page(call, call.tx, done="done" in call.request.query)


@routes.post(PATH, html=True, auth=USER, params=DeviceFormParams, tx="own")
async def save(call: Call[DeviceFormParams]) -> web.StreamResponse:
    params, services = call.params, call.services
    assert call.principal is not None
    try:
        async with services.db.write() as tx:
            if params.decision == "off":
                await push_subscriptions.remove_for_browser(tx, call.principal)
            elif params.endpoint:
                new = push_subscriptions.NewPushSubscription(
                    endpoint=params.endpoint,
                    public_key=params.p256dh,
                    auth_secret=params.auth,
                    standard=True,
                    alerts=tuple(params.alerts),
                    policy="all",
                )
                check_target(services, new)
                await push_subscriptions.create_for_browser(tx, call.principal, new)
            else:
                await push_subscriptions.update_for_browser(tx, call.principal, params.alerts)
    except InvalidError:
        problem = gettext("This server cannot send notifications to this browser. An app may work instead.")
        async with services.db.read() as tx:
            return await _render_page(call, tx, problem)
    return call.see_other(f"{PATH}?done=1")
