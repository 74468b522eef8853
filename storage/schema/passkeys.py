"""Passkeys: public keys of authenticators that members registered (WebAuthn)."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import key, metadata, owned

passkeys = Table(
    "passkeys",
    metadata,
    key(),
    owned("member_id", "members.id", index=True),
    Column("credential_id", Text, nullable=False, unique=True),  # base64url, as browsers write it
    Column("public_key", Text, nullable=False),  # COSE, base64url
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
