"""OAuth 2: apps, authorization codes and access tokens. Only hashes of secrets are kept."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import key, metadata, owned

apps = Table(
    "apps",
    metadata,
    key(),
    Column("client_id", Text, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Text, nullable=False),  # JSON [uri]
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    owned("app_id", "apps.id", index=True),
    owned("member_id", "members.id", index=True),
    owned("account_id", "accounts.id", index=True),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text),  # PKCE S256
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("token_id", BigInteger),  # what it was exchanged for, to revoke it on replay
)

tokens = Table(
    "tokens",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("app_id", BigInteger, index=True),  # empty for those made on the command line
    Column("member_id", BigInteger, index=True),  # empty for an app's own token
    Column("account_id", BigInteger, index=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)
