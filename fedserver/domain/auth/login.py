"""Log-in, with a limit on attempts that fail. Sign-up and log-in never reveal who is a member."""

from __future__ import annotations

from addresses.emails import normalize_email
from fedserver.domain.auth import attempts, ip_blocks, member_activity, sessions
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.text.ip_addresses import to_limit_key
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

HOUR_MS = 3_600_000
# In a quarter of an hour ten guesses for one login, and more for an address that an office may share.
MAX_ATTEMPTS_PER_ACCOUNT, MAX_ATTEMPTS_PER_ADDRESS, ATTEMPTS_WINDOW_MS = 10, 50, HOUR_MS // 4
PER_ACCOUNT = AttemptLimit(MAX_ATTEMPTS_PER_ACCOUNT, ATTEMPTS_WINDOW_MS)
PER_ADDRESS = AttemptLimit(MAX_ATTEMPTS_PER_ADDRESS, ATTEMPTS_WINDOW_MS)


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


async def count_attempt(tx: Tx, login: str, address: str) -> None:
    """Count an attempt before it is made: for its login, and for its address if there is one.

    The transaction has to be committed before the password or code is checked, so that attempts at the same
    moment are limited as well; `take_back_attempt` follows if it is right. Raises TooManyRequestsError, or
    ForbiddenError for a blocked address.
    """
    await ip_blocks.check_log_in(tx, address)
    for subject, limit in await _list_subjects(tx, login, address):
        await attempts.count(tx, subject, limit)


async def take_back_attempt(tx: Tx, login: str, address: str) -> None:
    """Take back an attempt that succeeded."""
    for subject, _ in await _list_subjects(tx, login, address):
        await attempts.take_back(tx, subject)


async def _list_subjects(tx: ReadTx, login: str, address: str) -> list[tuple[str, AttemptLimit]]:
    """Return the subjects under which attempts are counted, with their limits.

    A login with a passkey names no member, so only its address is counted.
    """
    network = to_limit_key(address)
    subjects = [(f"address:{network}", PER_ADDRESS)] if network else []
    if login:
        subjects.append((await _to_account_subject(tx, login), PER_ACCOUNT))
    return subjects


async def _to_account_subject(tx: ReadTx, login: str) -> str:
    """Return the one subject of all logins of a member; an unknown login is a subject of its own."""
    member = await find_member(tx, login)
    return f"member:{member.id}" if member is not None else f"login:{_normalize(login)}"


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

    The attempts with `login` are forgotten; it is '' if none was counted for it. The browser's previous
    session ends. `authenticated_at` is when the member proved who they are (ms UTC),
    None for now. Raises ForbiddenError if they may not log in.
    """
    check_can_log_in(member)
    if await member_queries.is_deleted(tx, member.id):
        raise ForbiddenError(gettext("This account was deleted."))
    await member_activity.record_address(tx, member.id, address)
    if previous_session_id is not None:
        await sessions.end(tx, previous_session_id)
    if login:
        await attempts.reset(tx, await _to_account_subject(tx, login))
    return await sessions.start(tx, member, user_agent, authenticated_at=authenticated_at)
