"""Authorization codes, access tokens and sessions, each with member and account in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, desc, select, update

from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow
from storage.rows.auth import AuthorizationCodeRow, MemberRow, SessionRow, TokenRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import codes, members, sessions, tokens

_token = columns_of(tokens, TokenRow)
_member = columns_of(members, MemberRow)
_account = columns_of(accounts, AccountRow)
_session = columns_of(sessions, SessionRow)

INSERT_CODE = upsert(codes)
FIND_CODE = select(*columns_of(codes, AuthorizationCodeRow)).where(
    codes.c.code_hash == bindparam("code_hash")
)
MARK_CODE_USED = (
    update(codes)
    # guard: codes are used once @without2
    .where(codes.c.code_hash == bindparam("b_hash"), codes.c.used_at.is_(None))
    .values(used_at=bindparam("b_now"), token_id=bindparam("b_token_id"))
)
DELETE_CODES_BY_MEMBER = delete(codes).where(codes.c.member_id == bindparam("member_id"))
DELETE_CODES_BY_APP = delete(codes).where(
    codes.c.member_id == bindparam("member_id"), codes.c.app_id == bindparam("app_id")
)
DELETE_EXPIRED_CODES = delete(codes).where(codes.c.expires_at <= bindparam("until"))
INSERT = upsert(tokens)
FIND_ACTIVE = (
    select(*_token, *_member, *_account)
    .select_from(
        tokens.outerjoin(members, members.c.id == tokens.c.member_id).outerjoin(
            accounts, accounts.c.id == tokens.c.account_id
        )
    )
    .where(tokens.c.token_hash == bindparam("token_hash"), tokens.c.revoked_at.is_(None))
)
FIND_STAMP = (
    select(tokens.c.used_at, members.c.version, accounts.c.version)
    .select_from(
        tokens.outerjoin(members, members.c.id == tokens.c.member_id).outerjoin(
            accounts, accounts.c.id == tokens.c.account_id
        )
    )
    .where(tokens.c.token_hash == bindparam("token_hash"), tokens.c.revoked_at.is_(None))
)
FIND_BY_HASH = select(*_token).where(tokens.c.token_hash == bindparam("token_hash"))
REVOKE = (
    update(tokens)
    .where(tokens.c.id == bindparam("b_id"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("b_now"))
)
LOAD_ACTIVE = (
    select(tokens.c.id)
    .select_from(
        tokens.join(members, members.c.id == tokens.c.member_id).join(
            accounts, accounts.c.id == tokens.c.account_id
        )
    )
    .where(
        one_of(tokens.c.id, "ids"),
        tokens.c.revoked_at.is_(None),
        members.c.disabled_at.is_(None),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
    )
)
LIST_BY_MEMBER = select(*_token).where(
    tokens.c.member_id == bindparam("member_id"), tokens.c.revoked_at.is_(None)
)
MARK_USED = update(tokens).where(tokens.c.id == bindparam("b_id")).values(used_at=bindparam("b_now"))

INSERT_SESSION = upsert(sessions)
FIND_SESSION = (
    select(*_session, *_member, *_account)
    .select_from(
        sessions.join(members, members.c.id == sessions.c.member_id).join(
            accounts, accounts.c.id == sessions.c.account_id
        )
    )
    .where(sessions.c.token_hash == bindparam("token_hash"), sessions.c.expires_at > bindparam("now"))
)
DELETE_SESSION = delete(sessions).where(sessions.c.id == bindparam("id"))
LIST_SESSIONS = (
    select(*_session)
    .where(sessions.c.member_id == bindparam("member_id"), sessions.c.expires_at > bindparam("now"))
    .order_by(desc(sessions.c.used_at))
)
DELETE_OWNED_SESSION = delete(sessions).where(
    sessions.c.id == bindparam("id"), sessions.c.member_id == bindparam("member_id")
)
DELETE_OTHER_SESSIONS = delete(sessions).where(
    sessions.c.member_id == bindparam("member_id"), sessions.c.id != bindparam("kept")
)
MARK_SESSION_AUTHENTICATED = (
    update(sessions).where(sessions.c.id == bindparam("b_id")).values(proved_at=bindparam("b_now"))
)
MARK_SESSION_USED = (
    update(sessions).where(sessions.c.id == bindparam("b_id")).values(used_at=bindparam("b_now"))
)
DELETE_SESSIONS_BY_MEMBER = delete(sessions).where(sessions.c.member_id == bindparam("member_id"))
DELETE_EXPIRED_SESSIONS = delete(sessions).where(sessions.c.expires_at <= bindparam("until"))


async def insert_code(tx: Tx, row: AuthorizationCodeRow) -> None:
    await tx.run(INSERT_CODE, **structs.asdict(row))


async def find_code(tx: ReadTx, code_hash: str) -> AuthorizationCodeRow | None:
    return to_row_or_none(AuthorizationCodeRow, await tx.one(FIND_CODE, code_hash=code_hash))


async def mark_code_used(tx: Tx, code_hash: str, token_id: int) -> bool:
    """Mark a code as used; return False if it was used before."""
    return bool(await tx.run(MARK_CODE_USED, b_hash=code_hash, b_now=tx.now, b_token_id=token_id))


async def delete_expired_codes(tx: Tx, until: int) -> None:
    await tx.run(DELETE_EXPIRED_CODES, until=until)


async def delete_codes_by_member(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_CODES_BY_MEMBER, member_id=member_id)


async def delete_codes_by_app(tx: Tx, member_id: int, app_id: int) -> None:
    """Delete the unused codes of a member that were issued to an app."""
    await tx.run(DELETE_CODES_BY_APP, member_id=member_id, app_id=app_id)


async def insert(tx: Tx, row: TokenRow) -> None:
    await tx.run(INSERT, **structs.asdict(row))


async def find_active(
    tx: ReadTx, token_hash: str
) -> tuple[TokenRow, MemberRow | None, AccountRow | None] | None:
    """Return an active token with its member and account."""
    row = await tx.one(FIND_ACTIVE, token_hash=token_hash)
    if row is None:
        return None
    record = tuple(row)
    first, second = len(_token), len(_token) + len(_member)
    member = MemberRow(*record[first:second]) if record[first] is not None else None
    account = AccountRow(*record[second:]) if record[second] is not None else None
    return TokenRow(*record[:first]), member, account


async def find_stamp(tx: ReadTx, token_hash: str) -> tuple[int | None, ...] | None:
    """Return values that change whenever `find_active` would return other rows; None if it is not active."""
    row = await tx.one(FIND_STAMP, token_hash=token_hash)
    return None if row is None else tuple(row)


async def find_by_hash(tx: ReadTx, token_hash: str) -> TokenRow | None:
    return to_row_or_none(TokenRow, await tx.one(FIND_BY_HASH, token_hash=token_hash))


async def revoke(tx: Tx, token_id: int) -> bool:
    return bool(await tx.run(REVOKE, b_id=token_id, b_now=tx.now))


async def list_by_member(tx: ReadTx, member_id: int) -> list[TokenRow]:
    """Return a member's active tokens."""
    return to_rows(TokenRow, await tx.all(LIST_BY_MEMBER, member_id=member_id))


async def load_active(tx: ReadTx, ids: Sequence[int]) -> set[int]:
    """Return those of the tokens that are active, of members who may log in."""
    return set(await tx.values(LOAD_ACTIVE, ids=list(ids)))


async def mark_used(tx: Tx, token_id: int) -> None:
    await tx.run(MARK_USED, b_id=token_id, b_now=tx.now)


async def insert_session(tx: Tx, row: SessionRow) -> None:
    await tx.run(INSERT_SESSION, **structs.asdict(row))


async def find_session(tx: ReadTx, token_hash: str) -> tuple[SessionRow, MemberRow, AccountRow] | None:
    """Return a session that has not expired, with its member and account."""
    row = await tx.one(FIND_SESSION, token_hash=token_hash, now=tx.now)
    if row is None:
        return None
    record = tuple(row)
    first, second = len(_session), len(_session) + len(_member)
    return SessionRow(*record[:first]), MemberRow(*record[first:second]), AccountRow(*record[second:])


async def delete_session(tx: Tx, session_id: int) -> None:
    await tx.run(DELETE_SESSION, id=session_id)


async def delete_sessions_by_member(tx: Tx, member_id: int) -> None:
    await tx.run(DELETE_SESSIONS_BY_MEMBER, member_id=member_id)


async def list_sessions(tx: ReadTx, member_id: int) -> list[SessionRow]:
    """Return a member's sessions, the last used first."""
    return to_rows(SessionRow, await tx.all(LIST_SESSIONS, member_id=member_id, now=tx.now))


async def delete_owned_session(tx: Tx, session_id: int, member_id: int) -> bool:
    """Delete a session of a member; return False if it is not theirs."""
    return bool(await tx.run(DELETE_OWNED_SESSION, id=session_id, member_id=member_id))


async def delete_other_sessions(tx: Tx, member_id: int, kept_session_id: int) -> None:
    await tx.run(DELETE_OTHER_SESSIONS, member_id=member_id, kept=kept_session_id)


async def mark_session_authenticated(tx: Tx, session_id: int) -> None:
    await tx.run(MARK_SESSION_AUTHENTICATED, b_id=session_id, b_now=tx.now)


async def mark_session_used(tx: Tx, session_id: int) -> None:
    await tx.run(MARK_SESSION_USED, b_id=session_id, b_now=tx.now)


async def delete_expired_sessions(tx: Tx, until: int) -> None:
    await tx.run(DELETE_EXPIRED_SESSIONS, until=until)
