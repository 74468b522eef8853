"""Relays: they pass public posts on between nodes that follow them."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import key, linked, metadata

relays = Table(
    "relays",
    metadata,
    key(),
    Column("inbox_uri", Text, nullable=False, unique=True),
    Column("target_uri", Text, nullable=False),  # whom we follow there; empty: the Public, as Mastodon does
    Column("actor_uri", Text, nullable=False, index=True),  # who answered for it; empty until then
    Column("state", Text, nullable=False),  # pending, accepted, rejected, off
    Column("follow_uri", Text, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    linked("decided_by_id", "members.id"),
)
