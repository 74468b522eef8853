"""Lists of peers to which this node subscribes, and what each named when it was last applied."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from storage.schema.metadata import key, linked, metadata, owned

peer_lists = Table(
    "peer_lists",
    metadata,
    key(),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # block, allow
    Column("applies_itself", Boolean, nullable=False),
    Column("most_changes", Integer, nullable=False),  # that are applied without being asked for
    Column("etag", Text, nullable=False),
    Column("fetch_at", BigInteger, nullable=False, index=True),  # the next time
    Column("fetched_at", BigInteger),
    Column("error", Text, nullable=False),  # why it could not be read the last time
    Column("waiting", Text, nullable=False),  # JSON [entry] that an admin is to confirm; empty: nothing
    Column("unusable", Integer, nullable=False),  # rows that name no host
    Column("applied_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    linked("created_by_id", "members.id"),
)

peer_list_entries = Table(
    "peer_list_entries",
    metadata,
    owned("list_id", "peer_lists.id", primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("rejects_media", Boolean, nullable=False),
    Column("rejects_reports", Boolean, nullable=False),
    Column("public_comment", Text, nullable=False),
    Column("obfuscates", Boolean, nullable=False),
    Column("declined", Boolean, nullable=False),  # an admin left it out
    Index("ix_peer_list_entries_domain", "domain"),
)
