"""Whose notifications a member wants (docs.joinmastodon.org/entities/NotificationPolicy).

Five kinds of sender, for each a word: accept, filter (kept back, to be asked for) or drop. What they
come to is decided in `verdicts`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notifications
from fedserver.domain.notifications.policy import ACTIONS, DEFAULT_POLICY
from storage.engine import Tx
from storage.queries.notifications import notification_policies as notification_policy_queries
from storage.queries.notifications import notification_requests as notification_request_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationPolicyRow

MAX_COUNTED_REQUESTS = 100  # that a summary counts


class NotificationPolicyView(Struct, frozen=True):
    """A policy, and how much it keeps back now."""

    row: NotificationPolicyRow
    pending_requests_count: int
    pending_notifications_count: int


async def get(tx: Tx, actor: AccountRow) -> NotificationPolicyView:
    """The policy of `actor`, with figures: of requests at most 100 are counted."""
    row = await _load_row(tx, actor)
    wanted = notifications.build_query(filtered=True)
    requests, count = await notification_request_queries.count(tx, actor.id, wanted)
    return NotificationPolicyView(row, min(requests, MAX_COUNTED_REQUESTS), count)


async def _load_row(tx: Tx, actor: AccountRow) -> NotificationPolicyRow:
    found = await notification_policy_queries.find(tx, actor.id)
    return found or structs.replace(DEFAULT_POLICY, account_id=actor.id)


async def update(tx: Tx, actor: AccountRow, choices: Mapping[str, str]) -> NotificationPolicyView:
    """Choose words for some of the five; the others stay. Raises Invalid."""
    for name, word in choices.items():
        if word not in ACTIONS:
            raise InvalidError(name, f"must be one of {', '.join(ACTIONS)}")
    if choices:
        await notification_policy_queries.upsert_policy(
            tx, structs.replace(await _load_row(tx, actor), **choices)
        )
    return await get(tx, actor)
