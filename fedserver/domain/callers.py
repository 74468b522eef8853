"""Who is asking: a person, the account they act as, and what their token allows."""

from __future__ import annotations

from msgspec import Struct

from storage import AccountRow, MemberRow


class Caller(Struct, frozen=True):
    """The caller of a request. An app's own token has neither member nor account."""

    member: MemberRow | None
    account: AccountRow | None
    scopes: frozenset[str]
    token_id: int | None = None
    app_id: int | None = None
    session_id: int | None = None
    csrf: str = ""
    used_at: int | None = None


def may_act(member: MemberRow, *, needs_confirmation: bool = True) -> bool:
    """True if a member is let in: approved, confirmed, not disabled."""
    confirmed = member.email_confirmed_at is not None or not needs_confirmation
    return member.disabled_at is None and member.approved_at is not None and confirmed
