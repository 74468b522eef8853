"""Browsers that are logged in."""

from __future__ import annotations

from fedserver.domain.auth import member_activity
from fedserver.domain.kernel.context import Caller, waits_for
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.queries.auth import tokens as token_queries
from storage.rows.auth import MemberRow, SessionRow

DAY = 86_400_000
LIFETIME = 60 * DAY
PROOF = 15 * 60_000  # how long a password or passkey stands for the person at the keyboard
EVERYTHING = frozenset({"profile", "read", "write", "follow", "push", "admin:read", "admin:write"})


async def begin(tx: Tx, member: MemberRow, user_agent: str, *, proved_at: int | None = None) -> str:
    """Log a browser in; the word for its cookie. Each log-in is a new session.

    `proved_at` is when the person proved who they are (ms UTC), if not now.
    """
    account_id = await member_queries.main_account(tx, member.id)
    assert account_id is not None, "every member has a main account"
    token = new_secret()
    await token_queries.drop_sessions(tx, tx.now)
    await token_queries.add_session(
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
            proved_at=tx.now if proved_at is None else proved_at,
        ),
    )
    await member_activity.note(tx, member.id)
    return token


async def find(tx: Tx, token: str, *, barred: bool = False) -> Caller | None:
    """Who is behind a cookie; None if the session is over or its owner is not let in.

    `barred`: also members who are suspended or disabled, for what was decided about them.
    """
    if not 0 < len(token) <= 200:
        return None
    found = await token_queries.find_session(tx, hashed(token))
    if found is None:
        return None
    session, member, account = found
    out = member.disabled_at is not None or account.suspended_at is not None
    # guard: kept out @last
    if waits_for(member) or account.deleted_at is not None or (out and not barred):
        return None
    return Caller(
        member=member,
        account=account,
        scopes=EVERYTHING,
        session_id=session.id,
        csrf=session.csrf,
        used_at=session.used_at,
        proved_at=session.proved_at,
        barred=out,
    )


def is_proved(caller: Caller, now: int) -> bool:
    """True if the person gave a password or passkey not long ago: needed for what protects the account."""
    return caller.proved_at is not None and now - caller.proved_at < PROOF


async def prove(tx: Tx, session_id: int) -> None:
    """The person proved again who they are."""
    await token_queries.prove_session(tx, session_id)


async def of_member(tx: Tx, member: MemberRow) -> list[SessionRow]:
    """The browsers in which a member is logged in, the last used first."""
    return await token_queries.sessions_of(tx, member.id)


async def end_one(tx: Tx, member: MemberRow, session_id: int) -> None:
    """Log one browser of a member out. Raises NotFound for anybody else's."""
    if not await token_queries.end_session_of(tx, session_id, member.id):
        raise NotFound


async def end_others(tx: Tx, member: MemberRow, session_id: int) -> None:
    """Log all browsers of a member out but this one."""
    await token_queries.end_other_sessions(tx, member.id, session_id)


async def end(tx: Tx, session_id: int) -> None:
    """Log a browser out."""
    await token_queries.end_session(tx, session_id)


async def end_all(tx: Tx, member_id: int) -> None:
    """Log all browsers of a member out."""
    await token_queries.end_sessions(tx, member_id)
