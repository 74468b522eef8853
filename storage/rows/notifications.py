"""Rows of notifications, push, conversations and announcements."""

from msgspec import Struct


class ConversationRow(Struct, frozen=True, gc=False):
    """A conversation as one of its participants has it."""

    id: int
    account_id: int
    thread_id: int
    people: str
    people_hash: str
    last_post_id: int
    unread: bool


class EmailSubscriptionRow(Struct, frozen=True, gc=False):
    """A subscription by e-mail to the public posts of an account; `token` is in the links of mails."""

    id: int
    account_id: int
    email: str
    token: str
    created_at: int
    confirmed_at: int | None


class NotificationRow(Struct, frozen=True, gc=False):
    """A notification of an account."""

    id: int
    account_id: int
    kind: str
    from_id: int
    post_id: int | None
    group_key: str
    filtered: bool
    created_at: int
    subject_id: int | None = None  # the report, decision or severance that it is about


class NotificationGroupMemberRow(Struct, frozen=True, gc=False):
    """One of the newest notifications of a group, with the count of the group."""

    group_key: str
    id: int
    from_id: int
    created_at: int
    count: int
    min_id: int | None  # the oldest of the group within the page


class NotificationPolicyRow(Struct, frozen=True, gc=False):
    """A policy: which notifications an account accepts, keeps back (`filter`) or drops."""

    account_id: int
    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    mail_kinds: str = ""


class SenderRelation(Struct, frozen=True, gc=False):
    """Relation of a sender to a recipient, with the recipient's policy; its actions are None by default."""

    for_not_following: str | None
    for_not_followers: str | None
    for_new_accounts: str | None
    for_private_mentions: str | None
    for_limited_accounts: str | None
    mail_kinds: str | None
    following: bool
    followed_by: bool
    permitted: bool
    answered: bool  # the recipient wrote a direct post to the sender in the thread
    limited: bool
    sender_created_at: int


class NotificationRequestRow(Struct, frozen=True, gc=False):
    """A sender whose notifications are kept back, with counts."""

    id: int
    from_id: int
    count: int
    first_at: int
    last_at: int
    last_post_id: int | None


class PushSubscriptionRow(Struct, frozen=True, gc=False):
    """A push subscription: which notifications a client wants, and where they are sent."""

    id: int
    token_id: int | None
    account_id: int
    endpoint: str
    public_key: str
    auth_secret: str
    standard: bool
    alerts: str
    policy: str
    sealed_token: str
    created_at: int
    session_id: int | None = None

    def __repr__(self) -> str:
        """Return a form without secrets, as rows end up in logs."""
        return f"PushSubscriptionRow(id={self.id}, account_id={self.account_id})"


class PushKeyRow(Struct, frozen=True, gc=False):
    """The VAPID key pair of this node."""

    id: int
    private: str
    public: str
    created_at: int

    def __repr__(self) -> str:
        """Return a form without the private key, as rows end up in logs."""
        return f"PushKeyRow(public={self.public})"


class AnnouncementRow(Struct, frozen=True, gc=False):
    """A notice to all members."""

    id: int
    source: str
    html: str
    starts_at: int | None
    ends_at: int | None
    all_day: bool
    published_at: int | None
    updated_at: int
    created_by_id: int | None


class AnnouncementReactionRow(Struct, frozen=True, gc=False):
    """The number of reactions with one emoji to an announcement, and whether the reader reacted."""

    announcement_id: int
    name: str
    count: int
    is_own: bool
