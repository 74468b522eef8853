"""Web push subscriptions: which notifications an app or a browser wants as push messages.

There is one for each token of an app, and one for each session of a browser, which ends with it.

Workers send the messages; they are enqueued in the transaction that writes the notification. See
docs.joinmastodon.org/methods/push.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Principal
from fedserver.domain.kernel.errors import InvalidError, NotFoundError, RetryLaterError, UnauthorizedError
from fedserver.domain.kernel.secrets import SecretBox
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationRow, PushSubscriptionRow

ALERTS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote",
    "quoted_update", "severed_relationships", "moderation_warning", "admin.sign_up", "admin.report",
)  # fmt: skip
POLICIES = ("all", "followed", "follower", "none")
_decode_alerts = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


class NewPushSubscription(Struct, frozen=True):
    """A subscription: the endpoint, the client's keys, which the caller has checked, and the alerts."""

    endpoint: str
    public_key: str
    auth_secret: str
    standard: bool
    alerts: tuple[str, ...]
    policy: str


def list_alerts(row: PushSubscriptionRow) -> list[str]:
    """Return the kinds of notification that are wanted."""
    return _decode_alerts(row.alerts)


async def create(
    tx: Tx, caller: Principal, token: str, subscription: NewPushSubscription, secret_box: SecretBox
) -> PushSubscriptionRow:
    """Subscribe, replacing the token's former subscription.

    `token` is part of the messages, and stored encrypted. Raises InvalidError, UnauthorizedError;
    RetryLaterError if the encryption key cannot be used.
    """
    if caller.token_id is None or caller.account is None:
        raise UnauthorizedError
    sealed_token = _encrypt_token(secret_box, token, caller.token_id)
    row = _build_row(tx, caller.account, subscription, token_id=caller.token_id, sealed_token=sealed_token)
    await push_subscription_queries.replace(tx, row)
    return row


async def create_for_browser(
    tx: Tx, caller: Principal, subscription: NewPushSubscription
) -> PushSubscriptionRow:
    """Subscribe the browser of a session, replacing its former subscription.

    Messages contain no token: the service worker only shows them. Raises InvalidError, UnauthorizedError.
    """
    if caller.session_id is None or caller.account is None:
        raise UnauthorizedError
    row = _build_row(tx, caller.account, subscription, session_id=caller.session_id)
    await push_subscription_queries.replace(tx, row)
    return row


def _build_row(
    tx: Tx,
    account: AccountRow,
    subscription: NewPushSubscription,
    *,
    token_id: int | None = None,
    session_id: int | None = None,
    sealed_token: str = "",
) -> PushSubscriptionRow:
    """Return the row of a new subscription. Raises InvalidError."""
    if not subscription.endpoint.startswith("https://"):
        raise InvalidError("endpoint", "must be an https address", "ERR_INVALID")
    return PushSubscriptionRow(
        id=tx.new_id(),
        token_id=token_id,
        session_id=session_id,
        account_id=account.id,
        endpoint=subscription.endpoint,
        public_key=subscription.public_key,
        auth_secret=subscription.auth_secret,
        standard=subscription.standard,
        alerts=_encode_alerts(subscription.alerts),
        policy=_check_policy(subscription.policy),
        sealed_token=sealed_token,
        created_at=tx.now,
    )


def _encrypt_token(secret_box: SecretBox, token: str, token_id: int) -> str:
    try:
        return secret_box.encrypt(token, _token_context(token_id))
    except OSError as error:
        raise RetryLaterError(
            gettext("This server cannot save push subscriptions now. Please try again later.")
        ) from error


def _token_context(token_id: int) -> str:
    return f"push subscription of token {token_id}"


def decrypt_token(row: PushSubscriptionRow, secret_box: SecretBox) -> str | None:
    """Return the token to send with messages, '' for a browser; None if its encryption key is gone.

    Raises OSError if there is a key file that cannot be used.
    """
    if row.token_id is None:
        return "" if row.auth_secret else None  # which is empty if it was sealed with another key
    return secret_box.decrypt(row.sealed_token, _token_context(row.token_id))


def _encode_alerts(names: Iterable[str]) -> str:
    wanted = set(names)
    return _encode([name for name in ALERTS if name in wanted]).decode()


def _check_policy(policy: str) -> str:
    if policy not in POLICIES:
        raise InvalidError("policy", f"is not one of {', '.join(POLICIES)}", "ERR_INCLUSION")
    return policy


async def get(tx: ReadTx, caller: Principal) -> PushSubscriptionRow:
    """Return the subscription of the caller's token. Raises NotFoundError."""
    row = await push_subscription_queries.find_by_token(tx, caller.token_id or 0)
    if row is None:
        raise NotFoundError
    return row


async def find_for_browser(tx: ReadTx, caller: Principal) -> PushSubscriptionRow | None:
    """Return the subscription of the caller's browser, None if it has none."""
    return await push_subscription_queries.find_by_session(tx, caller.session_id or 0)


async def update_for_browser(tx: Tx, caller: Principal, alerts: Iterable[str]) -> None:
    """Change which notifications a browser gets. Raises NotFoundError if it is not subscribed."""
    row = await find_for_browser(tx, caller)
    if row is None:
        raise NotFoundError
    await push_subscription_queries.set_alerts(tx, row.id, _encode_alerts(alerts), row.policy)


async def remove_for_browser(tx: Tx, caller: Principal) -> None:
    """Remove the subscription of the caller's browser, if there is one."""
    await push_subscription_queries.delete_by_session(tx, caller.session_id or 0)


async def update(
    tx: Tx, caller: Principal, *, alerts: Iterable[str] | None = None, policy: str | None = None
) -> PushSubscriptionRow:
    """Change alerts or policy of a subscription. Raises NotFoundError, InvalidError."""
    row = await get(tx, caller)
    if alerts is not None:
        row = structs.replace(row, alerts=_encode_alerts(alerts))
    if policy is not None:
        row = structs.replace(row, policy=_check_policy(policy))
    await push_subscription_queries.set_alerts(tx, row.id, row.alerts, row.policy)
    return row


async def remove(tx: Tx, caller: Principal) -> None:
    """Remove the subscription of the caller's token, if there is one."""
    await push_subscription_queries.delete_by_token(tx, caller.token_id or 0)


async def enqueue_messages(tx: Tx, row: NotificationRow) -> None:
    """Enqueue a push message for each subscription that wants this notification."""
    for subscription_id in await push_subscription_queries.list_ids_for_notification(
        tx, row.account_id, row.kind, row.from_id
    ):
        await jobs.enqueue(tx, jobs.SendPush(subscription_id, row.id))
