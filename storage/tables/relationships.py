"""Tables of follows, blocks, mutes and lists."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, UniqueConstraint

from storage.tables.metadata import key, metadata, owner_key, pair_table

follows = pair_table(
    "follows",
    Column("uri", Text, nullable=False, unique=True),
    Column("shows_boosts", Boolean, nullable=False),
    Column("notifies", Boolean, nullable=False),
    Column("languages", Text, nullable=False),  # JSON [tag]; empty: all
    Column("created_at", BigInteger, nullable=False),
)

follow_requests = pair_table(
    "follow_requests",
    Column("uri", Text, nullable=False, unique=True),
    Column("shows_boosts", Boolean, nullable=False),
    Column("notifies", Boolean, nullable=False),
    Column("languages", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

blocks = pair_table(
    "blocks",
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

mutes = pair_table(
    "mutes",
    Column("hides_notifications", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

domain_mutes = Table(
    "domain_mutes",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

tag_follows = Table(
    "tag_follows",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("tag_id", "tags.id"),
    UniqueConstraint("account_id", "tag_id"),
    Index("ix_tag_follows_account_id_id", "account_id", "id"),
    Index("ix_tag_follows_tag_id", "tag_id"),
)

thread_mutes = Table(
    "thread_mutes",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
)

lists = Table(
    "lists",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),
    Column("title", Text, nullable=False),
    Column("replies_policy", Text, nullable=False),  # followed, list, none
    Column("exclusive", Boolean, nullable=False),
)

list_accounts = Table(
    "list_accounts",
    metadata,
    owner_key("list_id", "lists.id", primary_key=True),
    owner_key("account_id", "accounts.id", primary_key=True, index=True),
    Column("added_id", BigInteger, nullable=False),  # the cursor of its pages
)
