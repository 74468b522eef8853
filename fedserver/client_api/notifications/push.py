"""Push subscriptions (docs.joinmastodon.org/methods/push)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.push_subscriptions import (
    Alerts,
    WebPushSubscription,
    chosen,
    web_push_subscription,
)
from fedserver.domain.kernel.context import Caller
from fedserver.domain.kernel.errors import Invalid, Unauthorized
from fedserver.domain.notifications import push_keys, push_subscriptions
from fedserver.integrations.web_push import read_recipient
from fedserver.net.errors import Refused
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.session import bearer

routes = Routes("client_api")
PATH = "/api/v1/push/subscription"


class Keys(Struct, frozen=True):
    p256dh: str = ""
    auth: str = ""


class Subscription(Struct, frozen=True):
    endpoint: str = ""
    keys: Keys = Keys()
    standard: bool = False


class Data(Struct, frozen=True):
    alerts: Alerts | None = None
    policy: str | None = None


class CreateParams(Struct, frozen=True):
    subscription: Subscription = Subscription()
    data: Data = Data()
    policy: str | None = None


class ChangeParams(Struct, frozen=True):
    data: Data = Data()
    policy: str | None = None


def _caller(call: Call[Any]) -> Caller:
    if call.caller is None:
        raise Unauthorized
    return call.caller


def _check(call: Call[CreateParams]) -> None:
    """Raises Invalid for what we cannot write to."""
    given = call.params.subscription
    try:
        call.services.client.guard.check_target(given.endpoint)
        read_recipient(given.endpoint, given.keys.p256dh, given.keys.auth, standard=given.standard)
    except Refused as error:
        raise Invalid("endpoint", "is not an address that can be reached", "ERR_INVALID") from error
    except ValueError as error:
        raise Invalid("keys", "are not those of a push subscription", "ERR_INVALID") from error


@routes.post(PATH, who=USER, scope="push", params=CreateParams)
async def create(call: Call[CreateParams]) -> WebPushSubscription:
    _check(call)
    given, data = call.params.subscription, call.params.data
    new = push_subscriptions.NewSubscription(
        endpoint=given.endpoint,
        public_key=given.keys.p256dh,
        auth_secret=given.keys.auth,
        standard=given.standard,
        alerts=chosen(data.alerts),
        policy=data.policy or call.params.policy or "all",
    )
    row = await push_subscriptions.create(
        call.tx, _caller(call), bearer(call.request) or "", new, call.services.seal
    )
    return web_push_subscription(row, await push_keys.public(call.tx))


@routes.get(PATH, who=USER, scope="push")
async def show(call: Call[Nothing]) -> WebPushSubscription:
    row = await push_subscriptions.get(call.tx, _caller(call))
    return web_push_subscription(row, await push_keys.public(call.tx))


@routes.put(PATH, who=USER, scope="push", params=ChangeParams)
async def change(call: Call[ChangeParams]) -> WebPushSubscription:
    data = call.params.data
    row = await push_subscriptions.change(
        call.tx,
        _caller(call),
        alerts=None if data.alerts is None else chosen(data.alerts),
        policy=data.policy or call.params.policy,
    )
    return web_push_subscription(row, await push_keys.public(call.tx))


@routes.delete(PATH, who=USER, scope="push")
async def remove(call: Call[Nothing]) -> dict[str, str]:
    await push_subscriptions.remove(call.tx, _caller(call))
    return {}
