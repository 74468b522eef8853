"""Who members are to the organization's identity provider (OpenID Connect)."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import metadata, owned

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    owned("member_id", "members.id", index=True),
    Column("email", Text, nullable=False),  # what the provider said last, '' if nothing
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)
