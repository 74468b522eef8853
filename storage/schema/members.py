"""Members: people of this organization who log in, and which accounts they act as."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from storage.schema.metadata import key, linked, metadata, owned

invitations = Table(
    "invitations",
    metadata,
    key(),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("code_hint", Text, nullable=False),  # its first letters, to tell invitations apart in a list
    Column("created_by_id", BigInteger, index=True),
    Column("note", Text, nullable=False),
    Column("max_uses", Integer),  # empty: no limit
    Column("uses", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

members = Table(
    "members",
    metadata,
    key(),
    Column("email", Text, nullable=False),
    Column("email_lower", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),  # owner, admin, moderator, member
    Column("reason", Text, nullable=False),  # what they wrote when they asked to join
    Column("locale", Text, nullable=False),
    Column("settings", Text, nullable=False),  # JSON, see domain.members.Settings
    linked("invitation_id", "invitations.id"),
    Column("invites_left", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("email_confirmed_at", BigInteger),
    Column("approved_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("active_at", BigInteger),
)

member_accounts = Table(
    "member_accounts",
    metadata,
    owned("member_id", "members.id", primary_key=True),
    owned("account_id", "accounts.id", primary_key=True, index=True),
    Column("main", Boolean, nullable=False),  # the account a member starts as
)

# The weeks (Monday to Sunday, UTC) in which a member was here, for the figures about the node.
member_weeks = Table(
    "member_weeks",
    metadata,
    Column("week", Integer, primary_key=True, autoincrement=False),  # weeks since 1970-01-05
    owned("member_id", "members.id", primary_key=True, index=True),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),  # setup, confirm, reset
    Column("member_id", BigInteger),
    Column("email", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    key(),
    Column("subject", Text, nullable=False, index=True),  # 'account:…' or 'address:…', hashed
    Column("at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    owned("member_id", "members.id", index=True),
    owned("account_id", "accounts.id", index=True),
    Column("csrf", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
