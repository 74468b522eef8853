"""Authorization codes, access tokens and browser sessions: one statement finds who is behind one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, desc, select, update

from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.auth import CodeRow, MemberRow, SessionRow, TokenRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import codes, members, sessions, tokens

_token = columns_of(tokens, TokenRow)
_member = columns_of(members, MemberRow)
_account = columns_of(accounts, AccountRow)
_session = columns_of(sessions, SessionRow)

ADD_CODE = upsert(codes)
CODE = select(*columns_of(codes, CodeRow)).where(codes.c.code_hash == bindparam("code_hash"))
USE_CODE = (
    update(codes)
    # guard: codes are used once @without2
    .where(codes.c.code_hash == bindparam("b_hash"), codes.c.used_at.is_(None))
    .values(used_at=bindparam("b_now"), token_id=bindparam("b_token_id"))
)
DROP_CODES_OF = delete(codes).where(codes.c.member_id == bindparam("member_id"))
DROP_CODES_FOR = delete(codes).where(
    codes.c.member_id == bindparam("member_id"), codes.c.app_id == bindparam("app_id")
)
DROP_CODES = delete(codes).where(codes.c.expires_at <= bindparam("until"))
ADD = upsert(tokens)
FIND = (
    select(*_token, *_member, *_account)
    .select_from(
        tokens.outerjoin(members, members.c.id == tokens.c.member_id).outerjoin(
            accounts, accounts.c.id == tokens.c.account_id
        )
    )
    .where(tokens.c.token_hash == bindparam("token_hash"), tokens.c.revoked_at.is_(None))
)
STAMP = (
    select(tokens.c.used_at, members.c.version, accounts.c.version)
    .select_from(
        tokens.outerjoin(members, members.c.id == tokens.c.member_id).outerjoin(
            accounts, accounts.c.id == tokens.c.account_id
        )
    )
    .where(tokens.c.token_hash == bindparam("token_hash"), tokens.c.revoked_at.is_(None))
)
BY_HASH = select(*_token).where(tokens.c.token_hash == bindparam("token_hash"))
REVOKE = (
    update(tokens)
    .where(tokens.c.id == bindparam("b_id"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("b_now"))
)
IN_FORCE = (
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
OF_MEMBER = select(*_token).where(tokens.c.member_id == bindparam("member_id"), tokens.c.revoked_at.is_(None))
USED = update(tokens).where(tokens.c.id == bindparam("b_id")).values(used_at=bindparam("b_now"))

ADD_SESSION = upsert(sessions)
FIND_SESSION = (
    select(*_session, *_member, *_account)
    .select_from(
        sessions.join(members, members.c.id == sessions.c.member_id).join(
            accounts, accounts.c.id == sessions.c.account_id
        )
    )
    .where(sessions.c.token_hash == bindparam("token_hash"), sessions.c.expires_at > bindparam("now"))
)
USED_SESSION = update(sessions).where(sessions.c.id == bindparam("b_id")).values(used_at=bindparam("b_now"))
END_SESSION = delete(sessions).where(sessions.c.id == bindparam("id"))
SESSIONS_OF = (
    select(*_session)
    .where(sessions.c.member_id == bindparam("member_id"), sessions.c.expires_at > bindparam("now"))
    .order_by(desc(sessions.c.used_at))
)
END_SESSION_OF = delete(sessions).where(
    sessions.c.id == bindparam("id"), sessions.c.member_id == bindparam("member_id")
)
END_OTHER_SESSIONS = delete(sessions).where(
    sessions.c.member_id == bindparam("member_id"), sessions.c.id != bindparam("kept")
)
PROVE_SESSION = (
    update(sessions).where(sessions.c.id == bindparam("b_id")).values(proved_at=bindparam("b_now"))
)
SESSION_USED = update(sessions).where(sessions.c.id == bindparam("b_id")).values(used_at=bindparam("b_now"))
END_SESSIONS = delete(sessions).where(sessions.c.member_id == bindparam("member_id"))
DROP_SESSIONS = delete(sessions).where(sessions.c.expires_at <= bindparam("until"))


async def add_code(tx: Tx, row: CodeRow) -> None:
    await tx.run(ADD_CODE, **structs.asdict(row))


async def code(tx: Tx, code_hash: str) -> CodeRow | None:
    return row_or_none(CodeRow, await tx.one(CODE, code_hash=code_hash))


async def use_code(tx: Tx, code_hash: str, token_id: int) -> bool:
    """Use a code up; False if somebody did before."""
    return bool(await tx.run(USE_CODE, b_hash=code_hash, b_now=tx.now, b_token_id=token_id))


async def drop_codes(tx: Tx, until: int) -> None:
    await tx.run(DROP_CODES, until=until)


async def drop_codes_of(tx: Tx, member_id: int) -> None:
    await tx.run(DROP_CODES_OF, member_id=member_id)


async def drop_codes_for(tx: Tx, member_id: int, app_id: int) -> None:
    """Drop the codes of a member that an app could still exchange."""
    await tx.run(DROP_CODES_FOR, member_id=member_id, app_id=app_id)


async def add(tx: Tx, row: TokenRow) -> None:
    await tx.run(ADD, **structs.asdict(row))


async def find(tx: Tx, token_hash: str) -> tuple[TokenRow, MemberRow | None, AccountRow | None] | None:
    """A token in force with the person and the account behind it."""
    found = await tx.one(FIND, token_hash=token_hash)
    if found is None:
        return None
    record = tuple(found)
    first, second = len(_token), len(_token) + len(_member)
    member = MemberRow(*record[first:second]) if record[first] is not None else None
    account = AccountRow(*record[second:]) if record[second] is not None else None
    return TokenRow(*record[:first]), member, account


async def stamp(tx: Tx, token_hash: str) -> tuple[int | None, ...] | None:
    """What changes whenever `find` would find something else; None if the token is not in force."""
    found = await tx.one(STAMP, token_hash=token_hash)
    return None if found is None else tuple(found)


async def by_hash(tx: Tx, token_hash: str) -> TokenRow | None:
    return row_or_none(TokenRow, await tx.one(BY_HASH, token_hash=token_hash))


async def revoke(tx: Tx, token_id: int) -> bool:
    return bool(await tx.run(REVOKE, b_id=token_id, b_now=tx.now))


async def of_member(tx: Tx, member_id: int) -> list[TokenRow]:
    """A member's tokens in force."""
    return rows(TokenRow, await tx.all(OF_MEMBER, member_id=member_id))


async def in_force(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Those of the tokens that still open something, for a member who is let in."""
    return set(await tx.values(IN_FORCE, ids=list(ids)))


async def used(tx: Tx, token_id: int) -> None:
    await tx.run(USED, b_id=token_id, b_now=tx.now)


async def add_session(tx: Tx, row: SessionRow) -> None:
    await tx.run(ADD_SESSION, **structs.asdict(row))


async def find_session(tx: Tx, token_hash: str) -> tuple[SessionRow, MemberRow, AccountRow] | None:
    """A session that has not expired with the person and the account behind it."""
    found = await tx.one(FIND_SESSION, token_hash=token_hash, now=tx.now)
    if found is None:
        return None
    record = tuple(found)
    first, second = len(_session), len(_session) + len(_member)
    return SessionRow(*record[:first]), MemberRow(*record[first:second]), AccountRow(*record[second:])


async def used_session(tx: Tx, session_id: int) -> None:
    await tx.run(USED_SESSION, b_id=session_id, b_now=tx.now)


async def end_session(tx: Tx, session_id: int) -> None:
    await tx.run(END_SESSION, id=session_id)


async def end_sessions(tx: Tx, member_id: int) -> None:
    await tx.run(END_SESSIONS, member_id=member_id)


async def sessions_of(tx: Tx, member_id: int) -> list[SessionRow]:
    """A member's sessions, the last used first."""
    return rows(SessionRow, await tx.all(SESSIONS_OF, member_id=member_id, now=tx.now))


async def end_session_of(tx: Tx, session_id: int, member_id: int) -> bool:
    """End a session of a member; False if it is not theirs."""
    return bool(await tx.run(END_SESSION_OF, id=session_id, member_id=member_id))


async def end_other_sessions(tx: Tx, member_id: int, kept: int) -> None:
    await tx.run(END_OTHER_SESSIONS, member_id=member_id, kept=kept)


async def prove_session(tx: Tx, session_id: int) -> None:
    await tx.run(PROVE_SESSION, b_id=session_id, b_now=tx.now)


async def session_used(tx: Tx, session_id: int) -> None:
    await tx.run(SESSION_USED, b_id=session_id, b_now=tx.now)


async def drop_sessions(tx: Tx, until: int) -> None:
    await tx.run(DROP_SESSIONS, until=until)
