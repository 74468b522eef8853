"""People without an account who get the public posts of an account of ours by mail."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint

from storage.schema.metadata import key, metadata, owned

email_subscriptions = Table(
    "email_subscriptions",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    Column("email", Text, nullable=False),  # in small letters
    Column("token", Text, nullable=False, unique=True),  # in the links of all mails, so not only as a hash
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    UniqueConstraint("account_id", "email"),
    Index("ix_email_subscriptions_account_id_id", "account_id", "id"),
)
