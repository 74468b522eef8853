"""Subscribing to public posts by mail, without an account: in Mastodon since 4.6, undocumented."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.notifications import email_subscriptions
from fedserver.web.endpoint import Call, Routes

routes = Routes("client_api")


class EmailSubscriptionParams(Struct, frozen=True):
    email: str = ""


@routes.post("/api/v1/accounts/{id}/email_subscriptions", params=EmailSubscriptionParams, limit="sign_ups")
async def subscribe(call: Call[EmailSubscriptionParams]) -> dict[str, str]:
    """Send the mail that confirms a subscription.

    The response is the same for an address that is subscribed already, so that nobody can find out who is.
    """
    await email_subscriptions.subscribe(call.tx, call.site, call.id(), call.params.email)
    return {}
