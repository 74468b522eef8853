"""WebPushSubscription (docs.joinmastodon.org/entities/WebPushSubscription)."""

from __future__ import annotations

from msgspec import Struct, field

from fedserver.domain.notifications import push_subscriptions
from storage.rows.notifications import PushSubscriptionRow


class Alerts(Struct, frozen=True, kw_only=True):
    """The kinds of notification that are pushed, in answers and in requests."""

    mention: bool = False
    status: bool = False
    reblog: bool = False
    follow: bool = False
    follow_request: bool = False
    favourite: bool = False
    poll: bool = False
    update: bool = False
    quote: bool = False
    quoted_update: bool = False
    severed_relationships: bool = False
    moderation_warning: bool = False
    sign_up: bool = field(default=False, name="admin.sign_up")
    report: bool = field(default=False, name="admin.report")


FIELDS_BY_KIND = dict(zip(Alerts.__struct_encode_fields__, Alerts.__struct_fields__, strict=True))


class WebPushSubscription(Struct, frozen=True):
    id: str
    endpoint: str
    standard: bool
    alerts: Alerts
    policy: str
    server_key: str


def list_enabled_kinds(alerts: Alerts | None) -> tuple[str, ...]:
    """Return the kinds of notification that are switched on."""
    return tuple(kind for kind, name in FIELDS_BY_KIND.items() if getattr(alerts, name, False))


def render_web_push_subscription(row: PushSubscriptionRow, server_key: str) -> WebPushSubscription:
    """Return a push subscription as its app sees it."""
    alerts = Alerts(**{FIELDS_BY_KIND[kind]: True for kind in push_subscriptions.list_alerts(row)})
    return WebPushSubscription(str(row.id), row.endpoint, row.standard, alerts, row.policy, server_key)
