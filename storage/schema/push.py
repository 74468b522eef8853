"""Web push: who wants to be told where, and the key by which push services know this node."""

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from storage.schema.metadata import key, metadata, owned

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    key(),
    Column("token_id", BigInteger, nullable=False, unique=True),  # each app has one; it goes with the token
    owned("account_id", "accounts.id", index=True),
    Column("endpoint", Text, nullable=False),
    Column("public_key", Text, nullable=False),  # of the client: a point on P-256, base64url
    Column("auth_secret", Text, nullable=False),  # 16 bytes, base64url
    Column("standard", Boolean, nullable=False),  # RFC 8291, else its fourth draft
    Column("alerts", Text, nullable=False),  # JSON [kind of notification]
    Column("policy", Text, nullable=False),  # all, followed, follower, none
    # Apps that serve several accounts know by it whose notification they get, so that messages carry it,
    # encrypted for the client. The key of the seal is not in the database.
    Column("sealed_token", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

push_keys = Table(
    "push_keys",
    metadata,
    key(),  # always 1: there is one pair
    Column("private", Text, nullable=False),  # PEM
    Column("public", Text, nullable=False),  # base64url
    Column("created_at", BigInteger, nullable=False),
)
