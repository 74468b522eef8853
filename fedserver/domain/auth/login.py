"""Log-in, with a limit on failures. Sign-up and log-in never reveal who is a member."""

from __future__ import annotations

import hashlib

from addresses.emails import normalize_email
from fedserver.domain.auth import ip_blocks, member_activity, sessions
from fedserver.domain.kernel.errors import ForbiddenError, TooManyRequestsError
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

HOUR_MS = 3_600_000
# In a quarter of an hour ten guesses for one login, and more for an address that an office may share.
MAX_ATTEMPTS_PER_ACCOUNT, MAX_ATTEMPTS_PER_ADDRESS, ATTEMPTS_WINDOW_MS = 10, 50, HOUR_MS // 4


async def find_member(tx: ReadTx, login: str) -> MemberRow | None:
    """Return a member by e-mail address or username."""
    login = _normalize(login)
    if not 0 < len(login) <= 250 or not login.isprintable():
        return None
    if "@" in login:
        return await member_queries.find_by_email(tx, login)
    return await member_queries.find_by_username(tx, login)


def _normalize(login: str) -> str:
    """Return the one form under which all spellings of a login are looked up and counted."""
    login = login.strip().lstrip("@").strip()
    return (normalize_email(login) or login).lower()


async def check_attempts(tx: ReadTx, login: str, address: str) -> None:
    """Raise TooManyRequestsError after too many failures for a login or from an address.

    Raises ForbiddenError for a blocked address.
    """
    await ip_blocks.check_log_in(tx, address)
    since = tx.now - ATTEMPTS_WINDOW_MS
    for subject, max_attempts in _list_subjects(login, address):
        if await member_queries.count_attempts(tx, subject, since) >= max_attempts:
            raise TooManyRequestsError(
                tx.now + ATTEMPTS_WINDOW_MS, gettext("Too many attempts. Please wait a few minutes.")
            )


def _list_subjects(login: str, address: str) -> list[tuple[str, int]]:
    """Return the keys under which failures are counted, with their limits.

    A login with a passkey names no member, so only its address is counted.
    """
    address_subject = hashlib.sha256(f"address:{address}".encode()).hexdigest()
    return [(address_subject, MAX_ATTEMPTS_PER_ADDRESS)] + (
        [(_hash_account_subject(login), MAX_ATTEMPTS_PER_ACCOUNT)] if login else []
    )


def _hash_account_subject(login: str) -> str:
    return hashlib.sha256(f"account:{_normalize(login)}".encode("utf-8", "replace")).hexdigest()


async def record_failure(tx: Tx, login: str, address: str) -> None:
    """Record a failed attempt."""
    await member_queries.delete_old_attempts(tx, tx.now - 24 * HOUR_MS)
    for subject, _ in _list_subjects(login, address):
        await member_queries.insert_attempt(tx, subject)


def check_can_log_in(member: MemberRow) -> None:
    """Raise ForbiddenError if the member is not confirmed or approved.

    Disabled members may log in: they see the page about that decision.
    """
    if member.email_confirmed_at is None:
        raise ForbiddenError(gettext("Please confirm your address first. We sent you a link by mail."))
    if member.approved_at is None:
        raise ForbiddenError(
            gettext("Your request to join has not been approved yet. We will send you a mail.")
        )


async def log_in(
    tx: Tx,
    member: MemberRow,
    login: str,
    address: str,
    user_agent: str,
    *,
    previous_session_id: int | None = None,
    authenticated_at: int | None = None,
) -> str:
    """Start a session after all proofs were checked; return the token for the cookie.

    The browser's previous session ends. `authenticated_at` is when the member proved who they are (ms UTC),
    None for now. Raises ForbiddenError if they may not log in.
    """
    check_can_log_in(member)
    if await member_queries.is_deleted(tx, member.id):
        raise ForbiddenError(gettext("This account was deleted."))
    await member_activity.record_address(tx, member.id, address)
    if previous_session_id is not None:
        await sessions.end(tx, previous_session_id)
    if login:
        await member_queries.delete_attempts(tx, _hash_account_subject(login))
    return await sessions.start(tx, member, user_agent, authenticated_at=authenticated_at)
