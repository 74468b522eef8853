"""Tables of reports, moderation and appeals."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    text,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

# Reports of members and peers.
reports = Table(
    "reports",
    metadata,
    key(),
    Column("uri", Text, unique=True),  # of the Flag activity; empty for reports of members
    owner_key("account_id", "accounts.id", index=True),  # who reports
    owner_key("target_id", "accounts.id"),
    Column("post_ids", Text, nullable=False),  # JSON [id]
    Column("comment", Text, nullable=False),
    Column("category", Text, nullable=False),  # spam, legal, violation, other
    Column("rule_ids", Text, nullable=False),  # JSON [number of the rule]
    Column("forwarded", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    optional_key("assigned_id", "accounts.id"),
    Column("resolved_at", BigInteger),
    optional_key("resolved_by_id", "accounts.id"),
    Index("ix_reports_target_id_id", "target_id", "id"),
    Index(
        "ix_reports_open",
        "id",
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

# Appeals of members against actions on their accounts: one for each action.
appeals = Table(
    "appeals",
    metadata,
    key(),
    Column("act_id", BigInteger, ForeignKey("acts.id"), nullable=False, unique=True),
    owner_key("account_id", "accounts.id", index=True),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    optional_key("decided_by_id", "members.id"),
    Column("approved", Boolean, nullable=False),
    Column("answer", Text, nullable=False),
    Index(
        "ix_appeals_open",
        "id",
        sqlite_where=text("decided_at IS NULL"),
        postgresql_where=text("decided_at IS NULL"),
    ),
)

# Notes of moderators about accounts.
moderation_notes = Table(
    "moderation_notes",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),
    optional_key("member_id", "members.id"),  # who wrote it
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
