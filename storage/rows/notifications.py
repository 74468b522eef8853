"""Rows of notifications, push, conversations and announcements."""

from msgspec import Struct


class ConversationRow(Struct, frozen=True, gc=False):
    """A conversation as one of those who take part keeps it."""

    id: int
    account_id: int
    thread_id: int
    people: str
    people_hash: str
    last_post_id: int
    unread: bool


class EmailSubscriptionRow(Struct, frozen=True, gc=False):
    """Somebody who asked for the public posts of an account by mail; `token` is in the links of mails."""

    id: int
    account_id: int
    email: str
    token: str
    created_at: int
    confirmed_at: int | None


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


class NotificationGroupMemberRow(Struct, frozen=True, gc=False):
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


class SenderRelation(Struct, frozen=True, gc=False):
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


class PushSubscriptionRow(Struct, frozen=True, gc=False):
    """What a client wants to be told, and where."""

    id: int
    token_id: int
    account_id: int
    endpoint: str
    public_key: str
    auth_secret: str
    standard: bool
    alerts: str
    policy: str
    sealed_token: str
    created_at: int

    def __repr__(self) -> str:
        """Without secrets, as rows end in logs."""
        return f"PushSubscriptionRow(id={self.id}, account_id={self.account_id})"


class PushKeyRow(Struct, frozen=True, gc=False):
    """The pair of keys by which push services know this node."""

    id: int
    private: str
    public: str
    created_at: int

    def __repr__(self) -> str:
        """Without the private key, as rows end in logs."""
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
    """How many reacted with one emoji to an announcement, and whether the reader did."""

    announcement_id: int
    name: str
    count: int
    mine: bool
