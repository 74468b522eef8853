"""What moderators work with: reports, addresses that may not join or come, what was lost, what may trend."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.metadata import key, linked, metadata, owned

# What members and peers bring before the moderators.
reports = Table(
    "reports",
    metadata,
    key(),
    Column("uri", Text, unique=True),  # of the Flag that brought it; empty for ours
    owned("account_id", "accounts.id", index=True),  # who reports
    owned("target_id", "accounts.id"),
    Column("post_ids", Text, nullable=False),  # JSON [id]
    Column("comment", Text, nullable=False),
    Column("category", Text, nullable=False),  # spam, legal, violation, other
    Column("rule_ids", Text, nullable=False),  # JSON [number of the rule]
    Column("forwarded", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    linked("assigned_id", "accounts.id"),
    Column("resolved_at", BigInteger),
    linked("resolved_by_id", "accounts.id"),
    Index("ix_reports_target_id_id", "target_id", "id"),
    Index(
        "ix_reports_open",
        "id",
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)

# Members who say that an act about them was wrong: once for each act.
appeals = Table(
    "appeals",
    metadata,
    key(),
    Column("act_id", BigInteger, ForeignKey("acts.id"), nullable=False, unique=True),
    owned("account_id", "accounts.id", index=True),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    linked("decided_by_id", "members.id"),
    Column("approved", Boolean, nullable=False),
    Column("answer", Text, nullable=False),
    Index(
        "ix_appeals_open",
        "id",
        sqlite_where=text("decided_at IS NULL"),
        postgresql_where=text("decided_at IS NULL"),
    ),
)

# Posts that an act was about, and what they said while that may be asked.
act_posts = Table(
    "act_posts",
    metadata,
    Column("act_id", BigInteger, ForeignKey("acts.id"), primary_key=True, autoincrement=False),
    Column("post_id", BigInteger, primary_key=True, autoincrement=False),  # it may be deleted
    owned("account_id", "accounts.id", index=True),
    Column("text", Text, nullable=False),
)

# What moderators tell each other about an account.
moderation_notes = Table(
    "moderation_notes",
    metadata,
    key(),
    owned("account_id", "accounts.id", index=True),
    linked("member_id", "members.id"),  # who wrote it
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Follows that a member lost because moderators suspended an account or a peer.
severances = Table(
    "severances",
    metadata,
    key(),
    owned("account_id", "accounts.id", index=True),  # who lost them
    Column("kind", Text, nullable=False),  # domain_block, account_suspension
    Column("target_name", Text, nullable=False),  # the domain, or the handle
    Column("followers_count", Integer, nullable=False),
    Column("following_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

email_domain_blocks = Table(
    "email_domain_blocks",
    metadata,
    key(),
    Column("domain", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

email_domain_attempts = Table(
    "email_domain_attempts",
    metadata,
    owned("block_id", "email_domain_blocks.id", primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, UTC
    Column("address", Text, primary_key=True),  # from where somebody tried to join
    Column("attempts", Integer, nullable=False),
)

canonical_email_blocks = Table(
    "canonical_email_blocks",
    metadata,
    key(),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the canonical address, hex
    Column("created_at", BigInteger, nullable=False),
)

ip_blocks = Table(
    "ip_blocks",
    metadata,
    key(),
    Column("network", Text, nullable=False, unique=True),  # CIDR, in its plain form
    Column("severity", Text, nullable=False),  # sign_up_requires_approval, sign_up_block, no_access
    Column("comment", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

# Hashtags keep what was decided about them in their own rows (`tags.trendable`).
trend_reviews = Table(
    "trend_reviews",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # post, link, publisher
    Column("subject", Text, nullable=False),  # the post's URI, the link's address, the publisher's host
    Column("approved", Boolean, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False),
    linked("reviewed_by_id", "members.id"),
    UniqueConstraint("kind", "subject"),
)
