"""Tables of the public, hash-linked log of moderation."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from storage.tables.metadata import key, metadata, owner_key

# Posts that an entry is about, with their texts until these are erased.
act_posts = Table(
    "act_posts",
    metadata,
    Column("act_id", BigInteger, ForeignKey("acts.id"), primary_key=True, autoincrement=False),
    Column("post_id", BigInteger, primary_key=True, autoincrement=False),  # it may be deleted
    owner_key("account_id", "accounts.id", index=True),
    Column("text", Text, nullable=False),
)

# Append-only: triggers refuse every DELETE, and every UPDATE except one that erases private values.
acts = Table(
    "acts",
    metadata,
    key(),
    Column("seq", BigInteger, nullable=False),  # 1, 2, 3 … in the order of the chain
    Column("verb", Text, nullable=False),
    Column("role", Text, nullable=False),  # moderator, admin, owner, member, operator, node; '' unknown
    Column("rule", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("undoes_id", BigInteger),
    Column("subject_kind", Text, nullable=False),  # the public part of the target
    Column("subject_name", Text, nullable=False),
    Column("by_seal", Text, nullable=False),  # salted SHA-256, hex, of each private value
    Column("target_seal", Text, nullable=False),
    Column("reason_seal", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("actor_member_id", BigInteger),  # NULL: the command line, the node itself, or erased
    Column("by_salt", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_salt", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_salt", Text, nullable=False),
    Column("shows_reason", Boolean, nullable=False),  # whether it is public
    Index("ix_acts_target", "target"),
    Index("ix_acts_actor_member_id", "actor_member_id"),
    Index("uq_acts_seq", "seq", unique=True),
    Index("uq_acts_previous_hash", "previous_hash", unique=True),
)

# One row that every writer has to change: so the chain cannot fork.
act_heads = Table(
    "act_heads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
