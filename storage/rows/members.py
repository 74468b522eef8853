"""Rows of members, invitations, sessions and one-time links."""

from msgspec import Struct


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
    """An invitation; its code is kept as a hash."""

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
