"""Rows of notifications, of what an account wants to be told, and of who asks to be heard."""

from msgspec import Struct


class NotificationRow(Struct, frozen=True, gc=False):
    """Something an account is told."""

    id: int
    account_id: int
    kind: str
    from_id: int
    post_id: int | None
    group_key: str
    filtered: bool
    created_at: int
    subject_id: int | None = None  # the report, act or severance that it tells of


class GroupMemberRow(Struct, frozen=True, gc=False):
    """One of the newest notifications of a group, and what holds for the whole group."""

    group_key: str
    id: int
    from_id: int
    created_at: int
    count: int
    least_id: int | None  # the oldest of those that belong to the page


class NotificationPolicyRow(Struct, frozen=True, gc=False):
    """Whose notifications an account accepts, keeps back (`filter`) or does not want (`drop`)."""

    account_id: int
    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str


class StandingRow(Struct, frozen=True, gc=False):
    """How a sender stands to a recipient: what a policy asks. Its words are None if none was ever chosen."""

    for_not_following: str | None
    for_not_followers: str | None
    for_new_accounts: str | None
    for_private_mentions: str | None
    for_limited_accounts: str | None
    following: bool
    followed_by: bool
    permitted: bool
    answered: bool  # the recipient wrote to the sender in the thread, for their eyes only
    limited: bool
    sender_created_at: int


class NotificationRequestRow(Struct, frozen=True, gc=False):
    """Somebody whose notifications are kept back, with figures about these."""

    id: int
    from_id: int
    count: int
    first_at: int
    last_at: int
    last_post_id: int | None
