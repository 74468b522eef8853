"""Quotes: posts that show another, and whether its author agreed."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from storage.schema.metadata import linked, metadata, owned

quotes = Table(
    "quotes",
    metadata,
    owned("post_id", "posts.id", primary_key=True),  # the post that quotes
    owned("account_id", "accounts.id", index=True),  # its author
    linked("quoted_id", "posts.id"),  # empty while it is not known, and when it is gone
    Column("quoted_account_id", BigInteger),
    Column("quoted_uri", Text, nullable=False),
    Column("quoted_url", Text, nullable=False),  # the page that people are led to
    Column("state", Text, nullable=False),  # pending, accepted, rejected, revoked, deleted
    Column("legacy", Boolean, nullable=False),  # of software that asks nobody
    Column("request_uri", Text, index=True),  # of the QuoteRequest
    Column("authorization_uri", Text, index=True),  # where the author's consent can be read
    Column("created_at", BigInteger, nullable=False),
    Index("ix_quotes_quoted_id_post_id", "quoted_id", "post_id"),
)
