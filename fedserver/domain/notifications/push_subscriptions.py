"""Web push: what each app of a member wants to be told while it sleeps, one subscription a token.

Messages are written by workers; what is owed stands in the queue with the notification itself. The client
API's page: docs.joinmastodon.org/methods/push.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Caller
from fedserver.domain.kernel.errors import Invalid, Later, NotFound, Unauthorized
from fedserver.domain.kernel.secrets import Seal
from storage.engine import Tx
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.notifications import NotificationRow, PushSubscriptionRow

ALERTS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote",
    "quoted_update", "severed_relationships", "moderation_warning", "admin.sign_up", "admin.report",
)  # fmt: skip
POLICIES = ("all", "followed", "follower", "none")
_alerts = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


class NewSubscription(Struct, frozen=True):
    """Where to, with the client's keys, which the caller has checked; and what."""

    endpoint: str
    public_key: str
    auth_secret: str
    standard: bool
    alerts: tuple[str, ...]
    policy: str


def alerts(row: PushSubscriptionRow) -> list[str]:
    """The kinds of notification that are wanted."""
    return _alerts(row.alerts)


async def create(tx: Tx, caller: Caller, token: str, new: NewSubscription, seal: Seal) -> PushSubscriptionRow:
    """Subscribe, in the place of what this token had; `token` goes along in messages, and is kept sealed.

    Raises Invalid; Later if the key of the seal cannot be used.
    """
    if not new.endpoint.startswith("https://"):
        raise Invalid("endpoint", "must be an https address", "ERR_INVALID")
    if caller.token_id is None or caller.account is None:
        raise Unauthorized
    row = PushSubscriptionRow(
        id=tx.new_id(),
        token_id=caller.token_id,
        account_id=caller.account.id,
        endpoint=new.endpoint,
        public_key=new.public_key,
        auth_secret=new.auth_secret,
        standard=new.standard,
        alerts=_chosen(new.alerts),
        policy=_policy(new.policy),
        sealed_token=_sealed(seal, token, caller.token_id),
        created_at=tx.now,
    )
    await push_subscription_queries.add(tx, row)
    return row


def _sealed(seal: Seal, token: str, token_id: int) -> str:
    try:
        return seal.close(token, _place(token_id))
    except OSError as error:
        raise Later("This server cannot keep push subscriptions now") from error


def _place(token_id: int) -> str:
    return f"push subscription of token {token_id}"


def token(row: PushSubscriptionRow, seal: Seal) -> str | None:
    """The token that goes along in messages; None if the key with which it was sealed is gone.

    Raises OSError if there is a key that cannot be used.
    """
    return seal.open(row.sealed_token, _place(row.token_id))


def _chosen(names: Iterable[str]) -> str:
    wanted = set(names)
    return _encode([name for name in ALERTS if name in wanted]).decode()


def _policy(word: str) -> str:
    if word not in POLICIES:
        raise Invalid("policy", f"is not one of {', '.join(POLICIES)}", "ERR_INCLUSION")
    return word


async def get(tx: Tx, caller: Caller) -> PushSubscriptionRow:
    """The subscription of this very token. Raises NotFound."""
    row = await push_subscription_queries.of_token(tx, caller.token_id or 0)
    if row is None:
        raise NotFound
    return row


async def change(
    tx: Tx, caller: Caller, *, alerts: Iterable[str] | None = None, policy: str | None = None
) -> PushSubscriptionRow:
    """Change what is given. Raises NotFound, Invalid."""
    row = await get(tx, caller)
    if alerts is not None:
        row = structs.replace(row, alerts=_chosen(alerts))
    if policy is not None:
        row = structs.replace(row, policy=_policy(policy))
    await push_subscription_queries.change(tx, row.id, row.alerts, row.policy)
    return row


async def remove(tx: Tx, caller: Caller) -> None:
    """End the subscription of this token, if there is one."""
    await push_subscription_queries.remove_of_token(tx, caller.token_id or 0)


async def owe(tx: Tx, row: NotificationRow) -> None:
    """Put a message in the queue for each subscription that wants this notification."""
    for identifier in await push_subscription_queries.wanting(tx, row.account_id, row.kind, row.from_id):
        await jobs.owe(tx, jobs.Push(identifier, row.id))
