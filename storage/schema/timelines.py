"""What is shown to whom: home entries, notifications, markers, lists, filters, announcements."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

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
    # mention, reblog, favourite, follow, follow_request, status, update, poll, admin.sign_up,
    # quote, quoted_update
    Column("kind", Text, nullable=False),
    owned("from_id", "accounts.id", index=True),
    Column("post_id", BigInteger, index=True),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_notifications_account_id_id", "account_id", "id"),
    Index("uq_notifications_once", "account_id", "kind", "from_id", "post_id", unique=True),
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
