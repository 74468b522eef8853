"""Partners: peers with which there is, was or may be an agreement. One row a peer, with its latest offer."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from storage.schema.metadata import key, linked, metadata, owned

partners = Table(
    "partners",
    metadata,
    key(),
    Column("domain", Text, nullable=False, unique=True),
    owned("account_id", "accounts.id", index=True),  # the other node's own actor
    Column("state", Text, nullable=False),  # offered, agreed, declined, ended
    Column("ours", Boolean, nullable=False),  # we made the offer
    Column("offer_uri", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # JSON [posts, directory, local]
    Column("message", Text, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("agreed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", Text, nullable=False),  # '', us, them
    linked("decided_by_id", "members.id"),
    Index("ix_partners_state", "state"),
)
