"""The outcome of notifications by the recipient's policy."""

from __future__ import annotations

import pytest
from msgspec import structs

from fedserver.domain.notifications import policy
from fedserver.domain.notifications.policy import ACCEPT, DROP, FILTER
from storage.rows.notifications import SenderRelation

NOW = 1_800_000_000_000
# No follows in either direction, an old account, not limited, and no policy was ever chosen.
STRANGER = SenderRelation(
    for_not_following=None,
    for_not_followers=None,
    for_new_accounts=None,
    for_private_mentions=None,
    for_limited_accounts=None,
    mail_kinds=None,
    following=False,
    followed_by=False,
    permitted=False,
    answered=False,
    limited=False,
    sender_created_at=0,
)


def evaluate(kind: str = "mention", *, is_private: bool = False, **changes: object) -> str:
    return policy.evaluate(structs.replace(STRANGER, **changes), kind, is_private=is_private, now=NOW)


def test_default_policy_filters_limited_senders_only() -> None:
    assert evaluate() == evaluate(is_private=True) == evaluate(sender_created_at=NOW) == ACCEPT
    assert evaluate(limited=True) == FILTER
    assert evaluate(limited=True, for_limited_accounts=ACCEPT) == ACCEPT


@pytest.mark.parametrize(
    ("field", "exempt"),
    [
        ("for_not_following", {"following": True}),
        ("for_not_followers", {"followed_by": True}),
        ("for_new_accounts", {"sender_created_at": NOW - policy.NEW_ACCOUNT_MS}),
        ("for_private_mentions", {"answered": True}),
        ("for_limited_accounts", {"limited": False}),
    ],
)
def test_each_field_applies_unless_its_condition_is_met(field: str, exempt: dict[str, object]) -> None:
    applicable = {"sender_created_at": NOW - policy.NEW_ACCOUNT_MS + 1, "limited": True}
    others = {"for_limited_accounts": ACCEPT}
    for action in (FILTER, DROP):
        changes = {**applicable, **others, field: action}
        assert evaluate(is_private=True, **changes) == action
        assert evaluate(is_private=True, **{**changes, **exempt}) == ACCEPT
        assert evaluate(is_private=True, **changes, permitted=True) == ACCEPT


def test_strictest_applicable_action_wins() -> None:
    assert evaluate(for_not_following=FILTER, for_not_followers=DROP) == DROP
    assert evaluate(for_not_following=DROP, for_not_followers=FILTER, following=True) == FILTER


@pytest.mark.parametrize("kind", ["update", "poll", "moderation_warning", "severed_relationships"])
def test_updates_and_moderation_notices_are_never_filtered(kind: str) -> None:
    assert evaluate(kind, for_not_following=DROP, limited=True) == ACCEPT


def test_follow_requests_of_limited_accounts_arrive() -> None:
    assert evaluate("follow_request", limited=True) == ACCEPT
    assert evaluate("follow", limited=True) == FILTER
