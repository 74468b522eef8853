"""Tables of sign-ups."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Table,
    Text,
)

from storage.tables.metadata import key, metadata, owner_key

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
    owner_key("block_id", "email_domain_blocks.id", primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, UTC
    Column("address", Text, primary_key=True),  # the IP address of the attempt
    Column("attempts", Integer, nullable=False),
)

canonical_email_blocks = Table(
    "canonical_email_blocks",
    metadata,
    key(),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the canonical address, hex
    Column("created_at", BigInteger, nullable=False),
)
