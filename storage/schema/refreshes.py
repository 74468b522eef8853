"""Refreshes: threads of peers that are read anew because a member opened them."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from storage.schema.metadata import key, metadata, owned

refreshes = Table(
    "refreshes",
    metadata,
    key(),
    owned("post_id", "posts.id"),
    Column("state", Text, nullable=False),  # running, finished
    Column("found", Integer, nullable=False),  # posts that were not here before
    Column("started_at", BigInteger, nullable=False),
    UniqueConstraint("post_id"),
)
