"""Whose notifications a member wants (docs.joinmastodon.org/entities/NotificationPolicy).

Five kinds of sender, for each a word: accept, filter (kept back, to be asked for) or drop. What they
come to is decided in `verdicts`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.notifications import notifications
from fedserver.domain.notifications.policy import USUAL, WORDS
from storage.engine import Tx
from storage.queries.notifications import notification_policies as notification_policy_queries
from storage.queries.notifications import notification_requests as notification_request_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import NotificationPolicyRow

MOST_REQUESTS = 100  # that a summary counts


class Policy(Struct, frozen=True):
    """A policy, and how much it keeps back now."""

    row: NotificationPolicyRow
    requests: int
    notifications: int


async def get(tx: Tx, actor: AccountRow) -> Policy:
    """The policy of `actor`, with figures: of requests at most 100 are counted."""
    row = await _row(tx, actor)
    wanted = notifications.wanted(filtered=True)
    requests, count = await notification_request_queries.figures(tx, actor.id, wanted)
    return Policy(row, min(requests, MOST_REQUESTS), count)


async def _row(tx: Tx, actor: AccountRow) -> NotificationPolicyRow:
    found = await notification_policy_queries.get(tx, actor.id)
    return found or structs.replace(USUAL, account_id=actor.id)


async def change(tx: Tx, actor: AccountRow, choices: Mapping[str, str]) -> Policy:
    """Choose words for some of the five; the others stay. Raises Invalid."""
    for name, word in choices.items():
        if word not in WORDS:
            raise Invalid(name, f"must be one of {', '.join(WORDS)}")
    if choices:
        await notification_policy_queries.put(tx, structs.replace(await _row(tx, actor), **choices))
    return await get(tx, actor)
