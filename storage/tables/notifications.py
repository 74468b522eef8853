"""Tables of notifications, push, conversations and announcements."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint, text

from storage.tables.metadata import key, metadata, optional_key, owner_key

email_subscriptions = Table(
    "email_subscriptions",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("email", Text, nullable=False),  # in lower case
    Column("token", Text, nullable=False, unique=True),  # part of the links of all mails, so stored readable
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    UniqueConstraint("account_id", "email"),
    Index("ix_email_subscriptions_account_id_id", "account_id", "id"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    key(),
    # Of an app, by its token, or of a browser, by its session; one for each, deleted with it.
    Column("token_id", BigInteger, unique=True),
    Column("session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), unique=True),
    owner_key("account_id", "accounts.id", index=True),
    Column("endpoint", Text, nullable=False),
    Column("public_key", Text, nullable=False),  # of the client: a point on P-256, base64url
    Column("auth_secret", Text, nullable=False),  # 16 bytes, base64url, sealed
    Column("standard", Boolean, nullable=False),  # RFC 8291, else its fourth draft
    Column("alerts", Text, nullable=False),  # JSON [kind of notification]
    Column("policy", Text, nullable=False),  # all, followed, follower, none
    # Apps with several accounts recognize the recipient by the token, so messages contain it, encrypted for
    # the client. It is stored encrypted; the key is in a file. Empty for a browser.
    Column("sealed_token", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

push_keys = Table(
    "push_keys",
    metadata,
    key(),  # always 1: there is one pair
    Column("private", Text, nullable=False),  # PEM, sealed
    Column("public", Text, nullable=False),  # base64url
    Column("created_at", BigInteger, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("kind", Text, nullable=False),  # the types of the client API: mention, reblog, favourite …
    owner_key("from_id", "accounts.id", index=True),
    Column("post_id", BigInteger, index=True),
    Column("group_key", Text, nullable=False),  # "ungrouped-" and the id, or shared with others like it
    Column("filtered", Boolean, nullable=False),  # kept back by the recipient's policy
    Column("created_at", BigInteger, nullable=False),
    Column("subject_id", BigInteger),  # the report, decision or severance that it is about
    Index("ix_notifications_account_id_id", "account_id", "id"),
    Index("ix_notifications_account_id_group_key_id", "account_id", "group_key", "id"),
    Index("uq_notifications_once", "account_id", "kind", "from_id", "post_id", unique=True),
    Index(
        "ix_notifications_filtered",
        "account_id",
        "from_id",
        sqlite_where=text("filtered = 1"),
        postgresql_where=text("filtered"),
    ),
)

notification_policies = Table(
    "notification_policies",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    # Each is accept, filter or drop.
    Column("for_not_following", Text, nullable=False),
    Column("for_not_followers", Text, nullable=False),
    Column("for_new_accounts", Text, nullable=False),
    Column("for_private_mentions", Text, nullable=False),
    Column("for_limited_accounts", Text, nullable=False),
    # Kinds that are sent by mail too, separated by spaces.
    Column("mail_kinds", Text, nullable=False, server_default=""),
)

notification_permissions = Table(
    "notification_permissions",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    owner_key("from_id", "accounts.id", primary_key=True, index=True),
)

notification_requests = Table(
    "notification_requests",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("from_id", "accounts.id", index=True),
    UniqueConstraint("account_id", "from_id"),
    Index("ix_notification_requests_account_id_id", "account_id", "id"),
)

# Direct posts of one thread among the same people; one row for each local participant.
conversations = Table(
    "conversations",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("thread_id", BigInteger, nullable=False, index=True),
    Column("people", Text, nullable=False),  # JSON [account id], sorted, the owner too
    Column("people_hash", Text, nullable=False),  # of `people`, which may be too long for an index
    Column("last_post_id", BigInteger, nullable=False, index=True),
    Column("unread", Boolean, nullable=False),
    UniqueConstraint("account_id", "thread_id", "people_hash"),
    Index("ix_conversations_account_id_last_post_id", "account_id", "last_post_id"),
)

conversation_posts = Table(
    "conversation_posts",
    metadata,
    owner_key("conversation_id", "conversations.id", primary_key=True),
    owner_key("post_id", "posts.id", primary_key=True, index=True),
)

announcements = Table(
    "announcements",
    metadata,
    key(),
    Column("source", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("all_day", Boolean, nullable=False),
    Column("published_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    optional_key("created_by_id", "members.id"),
)

announcement_reads = Table(
    "announcement_reads",
    metadata,
    owner_key("announcement_id", "announcements.id", primary_key=True),
    owner_key("account_id", "accounts.id", primary_key=True, index=True),
)

announcement_reactions = Table(
    "announcement_reactions",
    metadata,
    key(),
    owner_key("announcement_id", "announcements.id"),
    owner_key("account_id", "accounts.id", index=True),
    Column("name", Text, nullable=False),  # an emoji, or the shortcode of a custom one
    UniqueConstraint("announcement_id", "name", "account_id"),
)
