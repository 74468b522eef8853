"""Public posts by mail, asked for without an account: undocumented, in Mastodon since 4.6."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.notifications import email_subscriptions
from fedserver.web.endpoint import Call, Routes

routes = Routes("client_api")


class EmailSubscriptionParams(Struct, frozen=True):
    email: str = ""


@routes.post("/api/v1/accounts/{id}/email_subscriptions", params=EmailSubscriptionParams, limit="sign_ups")
async def subscribe(call: Call[EmailSubscriptionParams]) -> dict[str, str]:
    """The answer is the same for an address that is there already."""
    await email_subscriptions.subscribe(call.tx, call.site, call.id(), call.params.email)
    return {}
