"""Push subscriptions (docs.joinmastodon.org/methods/push)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.push_subscriptions import (
    Alerts,
    WebPushSubscription,
    list_enabled_kinds,
    render_web_push_subscription,
)
from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import UnauthorizedError
from fedserver.domain.notifications import push_keys, push_subscriptions
from fedserver.runtime.push_targets import check_target
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.session import parse_bearer

routes = Routes("client_api")
PATH = "/api/v1/push/subscription"


class SubscriptionKeys(Struct, frozen=True):
    p256dh: str = ""
    auth: str = ""


class SubscriptionParams(Struct, frozen=True):
    endpoint: str = ""
    keys: SubscriptionKeys = SubscriptionKeys()
    standard: bool = False


class SubscriptionData(Struct, frozen=True):
    alerts: Alerts | None = None
    policy: str | None = None


class CreateSubscriptionParams(Struct, frozen=True):
    subscription: SubscriptionParams = SubscriptionParams()
    data: SubscriptionData = SubscriptionData()
    policy: str | None = None


class UpdateSubscriptionParams(Struct, frozen=True):
    data: SubscriptionData = SubscriptionData()
    policy: str | None = None


def _require_principal(call: Call[Any]) -> Principal:
    """Return the principal of the request. Raises UnauthorizedError."""
    if call.principal is None:
        raise UnauthorizedError
    return call.principal


@routes.post(PATH, auth=USER, scope="push", params=CreateSubscriptionParams)
async def create(call: Call[CreateSubscriptionParams]) -> WebPushSubscription:
    subscription, data = call.params.subscription, call.params.data
    new = push_subscriptions.NewPushSubscription(
        endpoint=subscription.endpoint,
        public_key=subscription.keys.p256dh,
        auth_secret=subscription.keys.auth,
        standard=subscription.standard,
        alerts=list_enabled_kinds(data.alerts),
        policy=data.policy or call.params.policy or "all",
    )
    check_target(call.services, new)
    row = await push_subscriptions.create(
        call.tx, _require_principal(call), parse_bearer(call.request) or "", new, call.services.secret_box
    )
    return render_web_push_subscription(row, await push_keys.load_public_key(call.tx))


@routes.get(PATH, auth=USER, scope="push")
async def show(call: Call[NoParams]) -> WebPushSubscription:
    row = await push_subscriptions.get(call.tx, _require_principal(call))
    return render_web_push_subscription(row, await push_keys.load_public_key(call.tx))


@routes.put(PATH, auth=USER, scope="push", params=UpdateSubscriptionParams)
async def update(call: Call[UpdateSubscriptionParams]) -> WebPushSubscription:
    data = call.params.data
    row = await push_subscriptions.update(
        call.tx,
        _require_principal(call),
        alerts=None if data.alerts is None else list_enabled_kinds(data.alerts),
        policy=data.policy or call.params.policy,
    )
    return render_web_push_subscription(row, await push_keys.load_public_key(call.tx))


@routes.delete(PATH, auth=USER, scope="push")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await push_subscriptions.remove(call.tx, _require_principal(call))
    return {}
