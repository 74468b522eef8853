"""What is shown to whom: home entries, notifications, conversations, lists, filters, notices, trends."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.metadata import key, linked, metadata, owned

home_entries = Table(
    "home_entries",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    owned("post_id", "posts.id", primary_key=True, index=True),
    Column("author_id", BigInteger, nullable=False),  # who brought it here: the author or the booster
    Index("ix_home_entries_account_id_author_id", "account_id", "author_id"),
    sqlite_with_rowid=False,
)

notifications = Table(
    "notifications",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    Column("kind", Text, nullable=False),  # the words of the client API: mention, reblog, favourite …
    owned("from_id", "accounts.id", index=True),
    Column("post_id", BigInteger, index=True),
    Column("group_key", Text, nullable=False),  # "ungrouped-" and the id, or shared with others like it
    Column("filtered", Boolean, nullable=False),  # kept back by the recipient's policy
    Column("created_at", BigInteger, nullable=False),
    Column("subject_id", BigInteger),  # the report, act or severance that it tells of
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
    owned("account_id", "accounts.id", primary_key=True),
    # Each is accept, filter or drop.
    Column("for_not_following", Text, nullable=False),
    Column("for_not_followers", Text, nullable=False),
    Column("for_new_accounts", Text, nullable=False),
    Column("for_private_mentions", Text, nullable=False),
    Column("for_limited_accounts", Text, nullable=False),
)

notification_permissions = Table(
    "notification_permissions",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    owned("from_id", "accounts.id", primary_key=True, index=True),
)

notification_requests = Table(
    "notification_requests",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("from_id", "accounts.id", index=True),
    UniqueConstraint("account_id", "from_id"),
    Index("ix_notification_requests_account_id_id", "account_id", "id"),
)

# Direct posts of one thread among the same people; a row for each account of ours that takes part.
conversations = Table(
    "conversations",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
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
    owned("conversation_id", "conversations.id", primary_key=True),
    owned("post_id", "posts.id", primary_key=True, index=True),
)

markers = Table(
    "markers",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    Column("timeline", Text, primary_key=True),  # home, notifications
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

lists = Table(
    "lists",
    metadata,
    key(),
    owned("account_id", "accounts.id", index=True),
    Column("title", Text, nullable=False),
    Column("replies_policy", Text, nullable=False),  # followed, list, none
    Column("exclusive", Boolean, nullable=False),
)

list_accounts = Table(
    "list_accounts",
    metadata,
    owned("list_id", "lists.id", primary_key=True),
    owned("account_id", "accounts.id", primary_key=True, index=True),
    Column("added_id", BigInteger, nullable=False),  # the cursor of its pages
)

filters = Table(
    "filters",
    metadata,
    key(),
    owned("account_id", "accounts.id", index=True),
    Column("title", Text, nullable=False),
    Column("contexts", Text, nullable=False),  # JSON [home, notifications, public, thread, account]
    Column("action", Text, nullable=False),  # warn, hide, blur
    Column("expires_at", BigInteger),
)

filter_keywords = Table(
    "filter_keywords",
    metadata,
    key(),
    owned("filter_id", "filters.id", index=True),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
)

filter_posts = Table(
    "filter_posts",
    metadata,
    key(),
    owned("filter_id", "filters.id", index=True),
    owned("post_id", "posts.id", index=True),
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
    linked("created_by_id", "members.id"),
)

announcement_reads = Table(
    "announcement_reads",
    metadata,
    owned("announcement_id", "announcements.id", primary_key=True),
    owned("account_id", "accounts.id", primary_key=True, index=True),
)

# What many turn to at the moment, computed anew every few minutes.
trends = Table(
    "trends",
    metadata,
    Column("kind", Text, primary_key=True),  # tag, post; link, once there are preview cards
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),  # in the table of its kind
    Column("score", Float, nullable=False),
    Column("accounts", Integer, nullable=False),  # how many made it so
    Column("computed_at", BigInteger, nullable=False),
    Index("ix_trends_kind_score", "kind", "score"),
)

announcement_reactions = Table(
    "announcement_reactions",
    metadata,
    key(),
    owned("announcement_id", "announcements.id"),
    owned("account_id", "accounts.id", index=True),
    Column("name", Text, nullable=False),  # an emoji, or the shortcode of one of ours
    UniqueConstraint("announcement_id", "name", "account_id"),
)
