"""Which notifications a member wants (docs.joinmastodon.org/entities/NotificationPolicy).

For each of five kinds of sender: accept, filter (kept back as a request) or drop. `policy.evaluate` applies
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notifications
from fedserver.domain.notifications.policy import ACTIONS, DEFAULT_POLICY, decode_mail_kinds
from fedserver.domain.notifications.policy import MAIL_KINDS as MAIL_KINDS
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

    @property
    def mail_kinds(self) -> tuple[str, ...]:
        """The kinds that are sent by mail too."""
        return decode_mail_kinds(self.row.mail_kinds)


async def get(tx: ReadTx, actor: AccountRow) -> NotificationPolicyView:
    """Return the policy of `actor` with counts; at most 100 requests are counted."""
    row = await _load_row(tx, actor)
    wanted = notifications.build_query(filtered=True)
    requests, count = await notification_request_queries.count(tx, actor.id, wanted)
    return NotificationPolicyView(row, min(requests, MAX_COUNTED_REQUESTS), count)


async def _load_row(tx: ReadTx, actor: AccountRow) -> NotificationPolicyRow:
    """Return the policy of `actor`, the usual one if they have not changed it."""
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


async def load_mail_kinds(tx: ReadTx, actor: AccountRow) -> tuple[str, ...]:
    """Return the kinds of notifications that `actor` gets by mail too."""
    return decode_mail_kinds((await _load_row(tx, actor)).mail_kinds)


async def set_mail_kinds(tx: Tx, actor: AccountRow, kinds: Sequence[str]) -> None:
    """Choose which kinds of notifications are sent by mail too; unknown kinds are ignored."""
    chosen = " ".join(kind for kind in MAIL_KINDS if kind in kinds)
    row = structs.replace(await _load_row(tx, actor), mail_kinds=chosen)
    await notification_policy_queries.upsert_policy(tx, row)
