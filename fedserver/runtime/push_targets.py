"""Whether messages can be sent to a push subscription, before it is saved."""

from __future__ import annotations

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications.push_subscriptions import NewPushSubscription
from fedserver.integrations.web_push import parse_recipient
from fedserver.net.errors import RequestRefusedError
from fedserver.runtime.services import Services


def check_target(services: Services, subscription: NewPushSubscription) -> None:
    """Raise InvalidError for an endpoint or keys that no message can be sent to."""
    try:
        services.client.guard.check_target(subscription.endpoint)
        parse_recipient(
            subscription.endpoint,
            subscription.public_key,
            subscription.auth_secret,
            standard=subscription.standard,
        )
    except RequestRefusedError as error:
        raise InvalidError(
            "endpoint", "is not an address that this server can reach", "ERR_INVALID"
        ) from error
    except ValueError as error:
        raise InvalidError("keys", "are not those of a push subscription", "ERR_INVALID") from error
