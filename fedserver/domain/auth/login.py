"""Logging in: whoever fails too often waits. Sign-up and log-in tell strangers nothing about who is known."""

from __future__ import annotations

import hashlib

from fedserver.domain.auth import ip_blocks, member_activity, sessions
from fedserver.domain.kernel.errors import ForbiddenError, TooManyRequestsError
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

HOUR_MS = 3_600_000
MAX_ATTEMPTS_PER_ACCOUNT, MAX_ATTEMPTS_PER_ADDRESS, ATTEMPTS_WINDOW_MS = 10, 50, HOUR_MS // 4


async def find_member(tx: Tx, login: str) -> MemberRow | None:
    """A member by address or name."""
    login = _normalize(login)
    if not 0 < len(login) <= 250 or not login.isprintable():
        return None
    if "@" in login:
        return await member_queries.find_by_email(tx, login)
    return await member_queries.find_by_username(tx, login)


def _normalize(login: str) -> str:
    """However it is spelled, it is counted and looked up as one name."""
    return login.strip().lstrip("@").strip().lower()


async def check_attempts(tx: Tx, login: str, address: str) -> None:
    """Raises TooMany after too many failures for a name or from an address; Forbidden from a blocked one."""
    await ip_blocks.check_log_in(tx, address)
    since = tx.now - ATTEMPTS_WINDOW_MS
    for subject, most in _list_subjects(login, address):
        if await member_queries.count_attempts(tx, subject, since) >= most:
            raise TooManyRequestsError(
                tx.now + ATTEMPTS_WINDOW_MS, "Too many attempts. Please wait a few minutes."
            )


def _list_subjects(login: str, address: str) -> list[tuple[str, int]]:
    """What failures are counted for. Who names nobody, as with a passkey, is counted by address."""
    placed = hashlib.sha256(f"address:{address}".encode()).hexdigest()
    return [(placed, MAX_ATTEMPTS_PER_ADDRESS)] + (
        [(_hash_account_subject(login), MAX_ATTEMPTS_PER_ACCOUNT)] if login else []
    )


def _hash_account_subject(login: str) -> str:
    return hashlib.sha256(f"account:{_normalize(login)}".encode("utf-8", "replace")).hexdigest()


async def record_failure(tx: Tx, login: str, address: str) -> None:
    """Remember a failed attempt."""
    await member_queries.delete_old_attempts(tx, tx.now - 24 * HOUR_MS)
    for subject, _ in _list_subjects(login, address):
        await member_queries.insert_attempt(tx, subject)


def check_can_log_in(member: MemberRow) -> None:
    """Raises Forbidden, with what to wait for. Who is disabled comes as far as the page that says so."""
    if member.email_confirmed_at is None:
        raise ForbiddenError("Please confirm your address first: we sent you a link by mail.")
    if member.approved_at is None:
        raise ForbiddenError("Your request to join has not been approved yet.")


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
    """Everything asked for was right: the word for the cookie. Raises Forbidden, with what to wait for.

    The browser's `former` session ends. `proved_at` is when the person proved who they are, if not now.
    """
    check_can_log_in(member)
    if await member_queries.is_deleted(tx, member.id):
        raise ForbiddenError("This account was deleted.")
    await member_activity.record_address(tx, member.id, address)
    if previous_session_id is not None:
        await sessions.end(tx, previous_session_id)
    if login:
        await member_queries.delete_attempts(tx, _hash_account_subject(login))
    return await sessions.start(tx, member, user_agent, authenticated_at=authenticated_at)
