"""Which notifications a member wants (docs.joinmastodon.org/entities/NotificationPolicy).

For each of five kinds of sender: accept, filter (kept back as a request) or drop. `policy.evaluate` applies
them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notifications
from fedserver.domain.notifications.policy import ACTIONS, DEFAULT_POLICY
from storage.engine import ReadTx, Tx
from storage.queries.notifications import notification_policies as notification_policy_queries
from storage.queries.notifications import notification_requests as notification_request_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationPolicyRow

MAX_COUNTED_REQUESTS = 100  # counting stops there, as with Mastodon


class NotificationPolicyView(Struct, frozen=True):
    """A policy, and how much it keeps back now."""

    row: NotificationPolicyRow
    pending_requests_count: int
    pending_notifications_count: int


async def get(tx: ReadTx, actor: AccountRow) -> NotificationPolicyView:
    """Return the policy of `actor` with counts; at most 100 requests are counted."""
    row = await _load_row(tx, actor)
    wanted = notifications.build_query(filtered=True)
    requests, count = await notification_request_queries.count(tx, actor.id, wanted)
    return NotificationPolicyView(row, min(requests, MAX_COUNTED_REQUESTS), count)


async def _load_row(tx: ReadTx, actor: AccountRow) -> NotificationPolicyRow:
    row = await notification_policy_queries.find(tx, actor.id)
    return row or structs.replace(DEFAULT_POLICY, account_id=actor.id)


async def update(tx: Tx, actor: AccountRow, choices: Mapping[str, str]) -> NotificationPolicyView:
    """Change some of the five actions. Raises InvalidError."""
    for name, action in choices.items():
        if action not in ACTIONS:
            raise InvalidError(name, f"must be one of {', '.join(ACTIONS)}")
    if choices:
        await notification_policy_queries.upsert_policy(
            tx, structs.replace(await _load_row(tx, actor), **choices)
        )
    return await get(tx, actor)
