"""Sessions of browsers that are logged in."""

from __future__ import annotations

from fedserver.domain.auth import member_activity
from fedserver.domain.kernel.context import Principal, describe_pending_state
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import SecretBox, hash_secret, new_secret
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.queries.auth import tokens as token_queries
from storage.rows.auth import MemberRow, SessionRow

DAY_MS = 86_400_000
LIFETIME_MS = 60 * DAY_MS  # from the log-in on, whether it is used or not
RECENT_AUTH_MS = 15 * 60_000  # how long after authentication credentials can be changed
MAX_ID_TOKEN = 4_000  # characters: it is part of an address, of which servers read 8,000
ID_TOKEN_CONTEXT = "session id token"
# Pages may do everything; what the role does not allow is refused there.
ALL_SCOPES = frozenset({"profile", "read", "write", "follow", "push", "admin:read", "admin:write"})


async def start(tx: Tx, member: MemberRow, user_agent: str, *, authenticated_at: int | None = None) -> str:
    """Start a session and return the token for its cookie. Each log-in is a new session.

    `authenticated_at` is when the member proved who they are (ms UTC), None for now.
    """
    account_id = await member_queries.find_main_account_id(tx, member.id)
    assert account_id is not None, "every member has a main account"
    token = new_secret()
    await token_queries.delete_expired_sessions(tx, tx.now)
    await token_queries.insert_session(
        tx,
        SessionRow(
            id=tx.new_id(),
            token_hash=hash_secret(token),
            member_id=member.id,
            account_id=account_id,
            csrf=new_secret(),
            user_agent=user_agent[:300],
            created_at=tx.now,
            used_at=tx.now,
            expires_at=tx.now + LIFETIME_MS,
            proved_at=tx.now if authenticated_at is None else authenticated_at,
        ),
    )
    await member_activity.record_activity(tx, member.id)
    return token


async def find_principal(tx: ReadTx, token: str, *, allow_suspended: bool = False) -> Principal | None:
    """Return the principal of a session cookie; None if the session is over or its member is not let in.

    With `allow_suspended`, suspended or disabled members too: they may read the decisions about them.
    """
    if not 0 < len(token) <= 200:
        return None
    rows = await token_queries.find_session(tx, hash_secret(token))
    if rows is None:
        return None
    session, member, account = rows
    is_suspended = member.disabled_at is not None or account.suspended_at is not None
    # guard: kept out @last
    if (
        describe_pending_state(member)
        or account.deleted_at is not None
        or (is_suspended and not allow_suspended)
    ):
        return None
    return Principal(
        member=member,
        account=account,
        scopes=ALL_SCOPES,
        session_id=session.id,
        csrf=session.csrf,
        used_at=session.used_at,
        authenticated_at=session.proved_at,
        is_suspended=is_suspended,
    )


async def record_provider_login(tx: Tx, token: str, box: SecretBox, id_token: str) -> None:
    """Record that the identity provider opened a session, with its ID token, to end the login there as well.

    It is stored encrypted, as it says who the member is; one that is too long for an address is left out.
    """
    hint = id_token if len(id_token) <= MAX_ID_TOKEN else ""
    await token_queries.set_id_token(tx, hash_secret(token), box.encrypt(hint, ID_TOKEN_CONTEXT))


async def find_provider_login(tx: ReadTx, session_id: int, box: SecretBox) -> str | None:
    """Return the ID token of a session, '' if it cannot be read; None if no provider opened the session."""
    sealed = await token_queries.find_id_token(tx, session_id)
    return None if sealed is None else box.decrypt(sealed, ID_TOKEN_CONTEXT) or ""


def has_recent_auth(principal: Principal, now: int) -> bool:
    """Return True if the member authenticated in the last 15 minutes: required to change credentials."""
    return principal.authenticated_at is not None and now - principal.authenticated_at < RECENT_AUTH_MS


async def record_reauthentication(tx: Tx, session_id: int) -> None:
    """Record that the member authenticated again in this session."""
    await token_queries.mark_session_authenticated(tx, session_id)


async def list_by_member(tx: ReadTx, member: MemberRow) -> list[SessionRow]:
    """Return the sessions of a member, the last used first."""
    return await token_queries.list_sessions(tx, member.id)


async def end_one(tx: Tx, member: MemberRow, session_id: int) -> None:
    """End a session of a member. Raises NotFoundError for another member's."""
    if not await token_queries.delete_owned_session(tx, session_id, member.id):
        raise NotFoundError


async def end_others(tx: Tx, member: MemberRow, session_id: int) -> None:
    """End all sessions of a member but this one."""
    await token_queries.delete_other_sessions(tx, member.id, session_id)


async def end(tx: Tx, session_id: int) -> None:
    """End a session."""
    await token_queries.delete_session(tx, session_id)


async def end_all(tx: Tx, member_id: int) -> None:
    """End all sessions of a member."""
    await token_queries.delete_sessions_by_member(tx, member_id)
