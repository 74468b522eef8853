"""Push subscriptions (docs.joinmastodon.org/methods/push)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver import domain
from fedserver.client_api.entities.push_subscriptions import (
    Alerts,
    WebPushSubscription,
    chosen,
    web_push_subscription,
)
from fedserver.http import USER, Call, Nothing, Routes
from fedserver.http.session import bearer
from fedserver.net import Refused, web_push
from storage import PushSubscriptionRow

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
    alerts: Alerts | UnsetType = UNSET
    policy: str | UnsetType = UNSET


class CreateParams(Struct, frozen=True):
    subscription: Subscription = Subscription()
    data: Data = Data()
    policy: str | UnsetType = UNSET


class ChangeParams(Struct, frozen=True):
    data: Data = Data()
    policy: str | UnsetType = UNSET


def _caller(call: Call[Any]) -> domain.Caller:
    if call.caller is None:
        raise domain.Unauthorized
    return call.caller


async def _entity(call: Call[Any], row: PushSubscriptionRow) -> WebPushSubscription:
    return web_push_subscription(row, await domain.push_keys.public(call.tx))


def _checked(call: Call[CreateParams]) -> web_push.Recipient:
    """Where to, if we may go there at all. Raises Invalid."""
    given = call.params.subscription
    try:
        call.services.client.guard.check_target(given.endpoint)
    except Refused as error:
        raise domain.Invalid("endpoint", "is not an address that can be reached", "ERR_INVALID") from error
    try:
        return web_push.read_recipient(
            given.endpoint, given.keys.p256dh, given.keys.auth, standard=given.standard
        )
    except ValueError as error:
        raise domain.Invalid("keys", "are not those of a push subscription", "ERR_INVALID") from error


@routes.post(PATH, who=USER, scope="push", params=CreateParams)
async def create(call: Call[CreateParams]) -> WebPushSubscription:
    to, data = _checked(call), call.params.data
    policy = data.policy or call.params.policy or "all"
    new = domain.push_subscriptions.NewSubscription(
        endpoint=to.endpoint,
        public_key=web_push.encode(to.public_key),
        auth_secret=web_push.encode(to.auth_secret),
        standard=to.standard,
        alerts=() if isinstance(data.alerts, UnsetType) else chosen(data.alerts),
        policy=policy if isinstance(policy, str) else "all",
    )
    token = bearer(call.request) or ""
    return await _entity(call, await domain.push_subscriptions.create(call.tx, _caller(call), token, new))


@routes.get(PATH, who=USER, scope="push")
async def show(call: Call[Nothing]) -> WebPushSubscription:
    return await _entity(call, await domain.push_subscriptions.get(call.tx, _caller(call)))


@routes.put(PATH, who=USER, scope="push", params=ChangeParams)
async def change(call: Call[ChangeParams]) -> WebPushSubscription:
    data = call.params.data
    row = await domain.push_subscriptions.change(
        call.tx,
        _caller(call),
        alerts=UNSET if isinstance(data.alerts, UnsetType) else chosen(data.alerts),
        policy=call.params.policy if isinstance(data.policy, UnsetType) else data.policy,
    )
    return await _entity(call, row)


@routes.delete(PATH, who=USER, scope="push")
async def remove(call: Call[Nothing]) -> dict[str, str]:
    await domain.push_subscriptions.remove(call.tx, _caller(call))
    return {}
