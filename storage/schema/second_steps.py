"""The second step of a log-in: a secret shared with an authenticator app, and codes for when it is lost."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import metadata, owned

second_steps = Table(
    "second_steps",
    metadata,
    owned("member_id", "members.id", primary_key=True),
    Column("secret", Text),  # base32; empty: only passkeys are asked for
    Column("last_step", BigInteger, nullable=False),  # of the newest code that was taken: none works twice
    Column("created_at", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    owned("member_id", "members.id", primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
