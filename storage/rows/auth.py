"""Rows of members, log-in, sessions, tokens and apps."""

from msgspec import Struct


class ChallengeRow(Struct, frozen=True, gc=False):
    """A challenge to a browser; its token is stored as a hash."""

    word_hash: str
    purpose: str
    holder_hash: str
    member_id: int | None
    data: str
    created_at: int
    expires_at: int


class IdentityRow(Struct, frozen=True, gc=False):
    """An identity of a member at the identity provider."""

    issuer: str
    subject: str
    member_id: int
    email: str
    created_at: int
    used_at: int


class IpBlockRow(Struct, frozen=True, gc=False):
    """A block of a network."""

    id: int
    network: str
    severity: str
    comment: str
    created_at: int
    updated_at: int
    expires_at: int | None


class MemberRow(Struct, frozen=True, gc=False):
    """A person of this organization who logs in."""

    id: int
    email: str
    password_hash: str
    role: str
    reason: str
    locale: str
    settings: str
    invitation_id: int | None
    invites_left: int
    created_at: int
    email_confirmed_at: int | None
    approved_at: int | None
    disabled_at: int | None
    active_at: int | None
    version: int = 1


class InvitationRow(Struct, frozen=True, gc=False):
    """An invitation; its code is stored as a hash."""

    id: int
    code_hash: str
    code_hint: str
    created_by_id: int | None
    note: str
    max_uses: int | None
    uses: int
    created_at: int
    expires_at: int | None
    revoked_at: int | None


class SessionRow(Struct, frozen=True, gc=False):
    """A browser that is logged in."""

    id: int
    token_hash: str
    member_id: int
    account_id: int
    csrf: str
    user_agent: str
    created_at: int
    used_at: int
    expires_at: int
    proved_at: int | None


class OneTimeLinkRow(Struct, frozen=True, gc=False):
    """A link sent by mail or printed at start."""

    token_hash: str
    purpose: str
    member_id: int | None
    email: str
    created_at: int
    expires_at: int
    used_at: int | None


class PasskeyRow(Struct, frozen=True, gc=False):
    """A passkey of a member."""

    id: int
    member_id: int
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: int
    used_at: int | None


class TwoFactorRow(Struct, frozen=True, gc=False):
    """A member's second step; without a secret only passkeys are accepted."""

    member_id: int
    secret: str | None
    last_step: int
    created_at: int


class AppRow(Struct, frozen=True, gc=False):
    """An OAuth client app."""

    id: int
    client_id: str
    secret_hash: str
    name: str
    website: str | None
    redirect_uris: str
    scopes: str
    created_at: int


class AuthorizationCodeRow(Struct, frozen=True, gc=False):
    """An authorization code, stored as a hash."""

    code_hash: str
    app_id: int
    member_id: int
    account_id: int
    redirect_uri: str
    scopes: str
    challenge: str | None
    expires_at: int
    used_at: int | None
    token_id: int | None


class TokenRow(Struct, frozen=True, gc=False):
    """An access token, stored as a hash."""

    id: int
    token_hash: str
    app_id: int | None
    member_id: int | None
    account_id: int | None
    scopes: str
    created_at: int
    used_at: int | None
    revoked_at: int | None
