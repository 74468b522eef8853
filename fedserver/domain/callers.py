"""Who is asking: a person, the account they act as, and what their token allows."""

from __future__ import annotations

from msgspec import Struct

from storage import AccountRow, MemberRow


class Caller(Struct, frozen=True):
    """The caller of a request. An app's own token has neither member nor account.

    `proved_at` is when the person last gave a password or passkey in this session (ms UTC).
    """

    member: MemberRow | None
    account: AccountRow | None
    scopes: frozenset[str]
    token_id: int | None = None
    app_id: int | None = None
    session_id: int | None = None
    csrf: str = ""
    used_at: int | None = None
    proved_at: int | None = None


def may_act(member: MemberRow) -> bool:
    """True if a member is let in: approved, confirmed, not disabled."""
    return member.disabled_at is None and not waits_for(member)


def waits_for(member: MemberRow) -> str:
    """What a member waits for before being let in, in the words clients know; '' if nothing."""
    if member.email_confirmed_at is None:
        return "Your login is missing a confirmed e-mail address"
    return "Your login is currently pending approval" if member.approved_at is None else ""
