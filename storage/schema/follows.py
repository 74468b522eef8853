"""How accounts stand to each other, and to hashtags: follows, blocks, mutes, endorsements, private notes."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, UniqueConstraint

from storage.schema.metadata import key, metadata, owned


def _between(name: str, *more: "Column[object]") -> Table:
    """A table of pairs: `account_id` does something to `target_id`."""
    return Table(
        name,
        metadata,
        key(),
        owned("account_id", "accounts.id"),
        owned("target_id", "accounts.id"),
        *more,
        UniqueConstraint("account_id", "target_id"),
        Index(f"ix_{name}_target_id_id", "target_id", "id"),
        Index(f"ix_{name}_account_id_id", "account_id", "id"),
    )


follows = _between(
    "follows",
    Column("uri", Text, nullable=False, unique=True),
    Column("shows_boosts", Boolean, nullable=False),
    Column("notifies", Boolean, nullable=False),
    Column("languages", Text, nullable=False),  # JSON [tag]; empty: all
    Column("created_at", BigInteger, nullable=False),
)

follow_requests = _between(
    "follow_requests",
    Column("uri", Text, nullable=False, unique=True),
    Column("shows_boosts", Boolean, nullable=False),
    Column("notifies", Boolean, nullable=False),
    Column("languages", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

blocks = _between(
    "blocks",
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

mutes = _between(
    "mutes",
    Column("hides_notifications", Boolean, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

endorsements = _between("endorsements", Column("created_at", BigInteger, nullable=False))

account_notes = Table(
    "account_notes",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    owned("target_id", "accounts.id", primary_key=True, index=True),
    Column("note", Text, nullable=False),
)

domain_mutes = Table(
    "domain_mutes",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

tag_follows = Table(
    "tag_follows",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("tag_id", "tags.id"),
    UniqueConstraint("account_id", "tag_id"),
    Index("ix_tag_follows_account_id_id", "account_id", "id"),
    Index("ix_tag_follows_tag_id", "tag_id"),
)

featured_tags = Table(
    "featured_tags",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("tag_id", "tags.id", index=True),
    Column("name", Text, nullable=False),  # as its owner writes it
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "tag_id"),
)

# Suggestions whom to follow that an account does not want to see again.
suggestion_dismissals = Table(
    "suggestion_dismissals",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    owned("target_id", "accounts.id", primary_key=True, index=True),
    Column("at", BigInteger, nullable=False),
)

# Accounts that somebody recommends together, and who of them agreed to be in there.
collections = Table(
    "collections",
    metadata,
    key(),
    Column("uri", Text, nullable=False, unique=True),
    owned("account_id", "accounts.id", index=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("language", Text),
    Column("sensitive", Boolean, nullable=False),
    Column("discoverable", Boolean, nullable=False),
    Column("tag", Text, nullable=False),  # one hashtag as written, '' for none
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

collection_items = Table(
    "collection_items",
    metadata,
    key(),
    owned("collection_id", "collections.id"),
    owned("account_id", "accounts.id", index=True),
    Column("state", Text, nullable=False),  # pending, accepted, rejected, revoked
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("collection_id", "account_id"),
)
