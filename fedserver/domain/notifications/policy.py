"""The outcome of a notification: accepted, filtered until its sender is accepted, or dropped.

The recipient's policy decides (docs.joinmastodon.org/entities/NotificationPolicy); no restriction applies to
followed accounts.
"""

from __future__ import annotations

from storage.rows.notifications import NotificationPolicyRow, SenderRelation

ACCEPT, FILTER, DROP = ACTIONS = ("accept", "filter", "drop")
NEW_ACCOUNT_MS = 30 * 86_400_000  # as with Mastodon
# Actions of other accounts; updates of one's own posts and moderation notices always arrive.
FILTERABLE = frozenset({"mention", "reblog", "follow", "follow_request", "favourite", "quote"})
# Kinds that a member can get by mail too: those about them, and of accounts that they chose.
MAIL_KINDS = (
    "mention", "quote", "follow", "follow_request", "favourite", "reblog", "status", "poll", "update",
)  # fmt: skip
# Private mentions are not filtered by default: many clients do not show notification requests.
DEFAULT_POLICY = NotificationPolicyRow(0, ACCEPT, ACCEPT, ACCEPT, ACCEPT, FILTER)


def decode_mail_kinds(text: str) -> tuple[str, ...]:
    """Return the kinds that a policy sends by mail."""
    return tuple(kind for kind in MAIL_KINDS if kind in text.split())


def evaluate(relation: SenderRelation, kind: str, *, is_private: bool, now: int) -> str:
    """Return the strictest action that applies; `is_private`: the post is a direct one."""
    if kind not in FILTERABLE or relation.permitted:
        return ACCEPT
    not_followed = not relation.following
    applies = {
        "for_not_following": not_followed,
        "for_not_followers": not relation.followed_by,
        "for_new_accounts": not_followed and relation.sender_created_at > now - NEW_ACCOUNT_MS,
        "for_private_mentions": not_followed and is_private and not relation.answered,
        # A limited account can only follow with approval, so its requests must arrive.
        "for_limited_accounts": not_followed and relation.limited and kind != "follow_request",
    }
    actions = {
        getattr(relation, name) or getattr(DEFAULT_POLICY, name)
        for name, is_true in applies.items()
        if is_true
    }
    return next((action for action in (DROP, FILTER) if action in actions), ACCEPT)
