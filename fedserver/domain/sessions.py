"""Browsers that are logged in."""

from __future__ import annotations

from fedserver.domain.callers import Caller, may_act
from fedserver.domain.secrets import hashed, new_secret
from storage import MemberRow, SessionRow, Tx, queries

DAY = 86_400_000
LIFETIME = 60 * DAY
EVERYTHING = frozenset({"profile", "read", "write", "follow", "push", "admin:read", "admin:write"})


async def begin(tx: Tx, member: MemberRow, user_agent: str) -> str:
    """Log a browser in; the word for its cookie. Each log-in is a new session."""
    account_id = await queries.members.main_account(tx, member.id)
    assert account_id is not None, "every member has a main account"
    token = new_secret()
    await queries.tokens.drop_sessions(tx, tx.now)
    await queries.tokens.add_session(
        tx,
        SessionRow(
            id=tx.new_id(),
            token_hash=hashed(token),
            member_id=member.id,
            account_id=account_id,
            csrf=new_secret(),
            user_agent=user_agent[:300],
            created_at=tx.now,
            used_at=tx.now,
            expires_at=tx.now + LIFETIME,
        ),
    )
    await queries.members.set_value(tx, member.id, "active_at", tx.now)
    await queries.counts.note_member(tx, member.id)
    return token


async def find(tx: Tx, token: str) -> Caller | None:
    """Who is behind a cookie; None if the session is over or its owner is not let in."""
    if not 0 < len(token) <= 200:
        return None
    found = await queries.tokens.find_session(tx, hashed(token))
    if found is None:
        return None
    session, member, account = found
    if not may_act(member) or account.suspended_at is not None or account.deleted_at is not None:
        return None
    return Caller(member=member, account=account, scopes=EVERYTHING, session_id=session.id, csrf=session.csrf)


async def end(tx: Tx, session_id: int) -> None:
    """Log a browser out."""
    await queries.tokens.end_session(tx, session_id)


async def end_all(tx: Tx, member_id: int) -> None:
    """Log all browsers of a member out."""
    await queries.tokens.end_sessions(tx, member_id)
