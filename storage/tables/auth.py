"""Tables of members, log-in, sessions, tokens and apps."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    Table,
    Text,
    text,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

invitations = Table(
    "invitations",
    metadata,
    key(),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("code_hint", Text, nullable=False),  # its first letters, to tell invitations apart in a list
    Column("created_by_id", BigInteger, index=True),
    Column("note", Text, nullable=False),
    Column("max_uses", Integer),  # NULL: no limit
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
    Column("settings", Text, nullable=False),  # JSON, see domain.auth.members.MemberSettings
    optional_key("invitation_id", "invitations.id"),
    Column("invites_left", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("email_confirmed_at", BigInteger),
    Column("approved_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("active_at", BigInteger),
    Column("version", Integer, nullable=False, onupdate=text("version + 1")),  # grows with every UPDATE
)

member_accounts = Table(
    "member_accounts",
    metadata,
    owner_key("member_id", "members.id", primary_key=True),
    owner_key("account_id", "accounts.id", primary_key=True, index=True),
    Column("main", Boolean, nullable=False),  # the account a member starts as
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),  # setup, confirm, reset, email
    Column("member_id", BigInteger),
    Column("email", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

member_addresses = Table(
    "member_addresses",
    metadata,
    owner_key("member_id", "members.id", primary_key=True),
    Column("address", Text, primary_key=True, index=True),  # IPv4 or IPv6, as text
    Column("used_at", BigInteger, nullable=False),
)

member_days = Table(
    "member_days",
    metadata,
    owner_key("member_id", "members.id", primary_key=True),
    Column("day", Integer, primary_key=True, index=True, autoincrement=False),  # since 1970, UTC
    Column("month", Integer, nullable=False),  # year * 12 + month - 1
)

# How often something was tried: log-ins, codes, mails to one address.
attempt_counts = Table(
    "attempt_counts",
    metadata,
    Column("subject", Text, primary_key=True),  # hashed, see domain.auth.attempts
    Column("count", Integer, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),  # then the count begins again
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    owner_key("member_id", "members.id", index=True),
    owner_key("account_id", "accounts.id", index=True),
    Column("csrf", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("proved_at", BigInteger),  # when the member last authenticated in this session
    Column("sealed_id_token", Text),  # of the identity provider, encrypted: to log out there as well
)

# Challenges that a browser has to answer: a second step, a passkey, a login at the provider.
challenges = Table(
    "challenges",
    metadata,
    Column("word_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),  # see domain.auth.challenges
    Column("holder_hash", Text, nullable=False, index=True),  # the browser or session that may answer
    Column("member_id", BigInteger),
    Column("data", Text, nullable=False),  # what the answer is compared with
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

second_steps = Table(
    "second_steps",
    metadata,
    owner_key("member_id", "members.id", primary_key=True),
    Column("secret", Text),  # base32, sealed; empty: only passkeys are asked for
    Column(
        "last_step", BigInteger, nullable=False
    ),  # time step of the newest accepted code: none works twice
    Column("created_at", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    owner_key("member_id", "members.id", primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

passkeys = Table(
    "passkeys",
    metadata,
    key(),
    owner_key("member_id", "members.id", index=True),
    Column("credential_id", Text, nullable=False, unique=True),  # base64url, as browsers write it
    Column("public_key", Text, nullable=False),  # COSE, base64url
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    owner_key("member_id", "members.id", index=True),
    Column("email", Text, nullable=False),  # as last given by the provider, '' if none
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)

ip_blocks = Table(
    "ip_blocks",
    metadata,
    key(),
    Column("network", Text, nullable=False, unique=True),  # CIDR, normalized
    Column("severity", Text, nullable=False),  # sign_up_requires_approval, sign_up_block, no_access
    Column("comment", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

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
    Column("authorized_at", BigInteger),  # when a member first gave it access; others do not stay
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    owner_key("app_id", "apps.id", index=True),
    owner_key("member_id", "members.id", index=True),
    owner_key("account_id", "accounts.id", index=True),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text),  # PKCE S256
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("token_id", BigInteger),  # the token issued for it, revoked on replay
)

tokens = Table(
    "tokens",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("app_id", BigInteger, index=True),  # NULL for those made on the command line
    Column("member_id", BigInteger, index=True),  # NULL for an app's own token
    Column("account_id", BigInteger, index=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)
