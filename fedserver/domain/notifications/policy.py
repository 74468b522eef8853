"""The outcome of a notification: accepted, filtered until its sender is accepted, or dropped.

The recipient's policy decides (docs.joinmastodon.org/entities/NotificationPolicy); no restriction applies to
followed accounts.
"""

from __future__ import annotations

from storage.rows.notifications import NotificationPolicyRow, SenderRelation

ACCEPT, FILTER, DROP = ACTIONS = ("accept", "filter", "drop")
NEW_ACCOUNT_MS = 30 * 86_400_000
# What one account does to another; news about one's own things and of moderation always come.
FILTERABLE = frozenset({"mention", "reblog", "follow", "follow_request", "favourite", "quote"})
# Nobody's letters are kept back before the recipient asked for it: many clients do not show requests.
DEFAULT_POLICY = NotificationPolicyRow(0, ACCEPT, ACCEPT, ACCEPT, ACCEPT, FILTER)


def evaluate(relation: SenderRelation, kind: str, *, is_private: bool, now: int) -> str:
    """Return the strictest action that applies; `is_private`: the post is a direct one."""
    if kind not in FILTERABLE or relation.permitted:
        return ACCEPT
    stranger = not relation.following
    applies = {
        "for_not_following": stranger,
        "for_not_followers": not relation.followed_by,
        "for_new_accounts": stranger and relation.sender_created_at > now - NEW_ACCOUNT_MS,
        "for_private_mentions": stranger and is_private and not relation.answered,
        # Followers of a limited account wait for an answer, so their asking has to be heard.
        "for_limited_accounts": stranger and relation.limited and kind != "follow_request",
    }
    actions = {
        getattr(relation, name) or getattr(DEFAULT_POLICY, name)
        for name, is_true in applies.items()
        if is_true
    }
    return next((action for action in (DROP, FILTER) if action in actions), ACCEPT)
