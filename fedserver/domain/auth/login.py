"""Logging in: whoever fails too often waits. Sign-up and log-in tell strangers nothing about who is known."""

from __future__ import annotations

import hashlib

from fedserver.domain.auth import ip_blocks, member_activity, sessions
from fedserver.domain.kernel.errors import Forbidden, TooMany
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

HOUR = 3_600_000
ATTEMPTS_ACCOUNT, ATTEMPTS_ADDRESS, ATTEMPTS_WINDOW = 10, 50, HOUR // 4


async def find(tx: Tx, login: str) -> MemberRow | None:
    """A member by address or name."""
    login = _plain(login)
    if not 0 < len(login) <= 250 or not login.isprintable():
        return None
    if "@" in login:
        return await member_queries.by_email(tx, login)
    return await member_queries.by_username(tx, login)


def _plain(login: str) -> str:
    """However it is spelled, it is counted and looked up as one name."""
    return login.strip().lstrip("@").strip().lower()


async def check_attempts(tx: Tx, login: str, address: str) -> None:
    """Raises TooMany after too many failures for a name or from an address; Forbidden from a blocked one."""
    await ip_blocks.check_log_in(tx, address)
    since = tx.now - ATTEMPTS_WINDOW
    for subject, most in _subjects(login, address):
        if await member_queries.attempts(tx, subject, since) >= most:
            raise TooMany(tx.now + ATTEMPTS_WINDOW, "Too many attempts. Please wait a few minutes.")


def _subjects(login: str, address: str) -> list[tuple[str, int]]:
    """What failures are counted for. Who names nobody, as with a passkey, is counted by address."""
    placed = hashlib.sha256(f"address:{address}".encode()).hexdigest()
    return [(placed, ATTEMPTS_ADDRESS)] + ([(_named(login), ATTEMPTS_ACCOUNT)] if login else [])


def _named(login: str) -> str:
    return hashlib.sha256(f"account:{_plain(login)}".encode("utf-8", "replace")).hexdigest()


async def failed(tx: Tx, login: str, address: str) -> None:
    """Remember a failed attempt."""
    await member_queries.drop_attempts(tx, tx.now - 24 * HOUR)
    for subject, _ in _subjects(login, address):
        await member_queries.add_attempt(tx, subject)


def check_let_in(member: MemberRow) -> None:
    """Raises Forbidden, with what to wait for. Who is disabled comes as far as the page that says so."""
    if member.email_confirmed_at is None:
        raise Forbidden("Please confirm your address first: we sent you a link by mail.")
    if member.approved_at is None:
        raise Forbidden("Your request to join has not been approved yet.")


async def log_in(
    tx: Tx,
    member: MemberRow,
    login: str,
    address: str,
    user_agent: str,
    *,
    former: int | None = None,
    proved_at: int | None = None,
) -> str:
    """Everything asked for was right: the word for the cookie. Raises Forbidden, with what to wait for.

    The browser's `former` session ends. `proved_at` is when the person proved who they are, if not now.
    """
    check_let_in(member)
    if await member_queries.is_deleted(tx, member.id):
        raise Forbidden("This account was deleted.")
    await member_activity.note_address(tx, member.id, address)
    if former is not None:
        await sessions.end(tx, former)
    if login:
        await member_queries.forget_attempts(tx, _named(login))
    return await sessions.begin(tx, member, user_agent, proved_at=proved_at)
