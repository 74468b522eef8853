"""Access to the client API: codes and tokens (RFC 6749, RFC 7636), kept as hashes.

A code works once, for ten minutes, for the app and the address it was made for; if it comes a second time,
the token that it made is revoked (RFC 9700 §4.5.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence

from msgspec import Struct

from fedserver.domain.auth import member_activity
from fedserver.domain.kernel import events, scopes
from fedserver.domain.kernel.context import Caller, may_act
from fedserver.domain.kernel.errors import DomainError, Forbidden, NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from storage.engine import Tx
from storage.queries.auth import apps as app_queries
from storage.queries.auth import tokens as token_queries
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import AppRow, CodeRow, MemberRow, TokenRow

CODE_MS = 600_000
HOUR = 3_600_000
MOST = 2_000


class GrantRefused(DomainError):
    """A code cannot be exchanged; `code` is the word of RFC 6749 §5.2."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Authorized(Struct, frozen=True):
    """An app that has access to a member's account; without `app`, tokens made on the command line."""

    app: AppRow | None
    scopes: tuple[str, ...]
    created_at: int
    used_at: int | None


class NewToken(Struct, frozen=True):
    """A token just made: its secret is known only here."""

    secret: str
    scopes: tuple[str, ...]
    created_at: int


async def grant_code(
    tx: Tx,
    app: AppRow,
    member: MemberRow,
    account: AccountRow,
    redirect_uri: str,
    granted: Iterable[str],
    challenge: str | None,
) -> str:
    """A code for an app that a member has allowed; scopes that are above the member's role are left out.

    Raises Forbidden if nothing is left.
    """
    code = new_secret()
    kept = scopes.within_role(granted, member.role)
    if not kept:
        raise Forbidden("This app wants what only moderators may do")
    await token_queries.drop_codes(tx, tx.now - 24 * HOUR)
    await token_queries.add_code(
        tx,
        CodeRow(
            code_hash=hashed(code),
            app_id=app.id,
            member_id=member.id,
            account_id=account.id,
            redirect_uri=redirect_uri,
            scopes=" ".join(kept),
            challenge=challenge,
            expires_at=tx.now + CODE_MS,
            used_at=None,
            token_id=None,
        ),
    )
    return code


async def shown(tx: Tx, member: MemberRow, code: str) -> AppRow:
    """The app for which a member was given a code that still works. Raises NotFound."""
    row = await token_queries.code(tx, hashed(code)) if 0 < len(code) <= 200 else None
    if row is None or row.member_id != member.id or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFound("This code was used before, or is too old. Please start again in the app.")
    app = await app_queries.by_id(tx, row.app_id)
    if app is None:
        raise NotFound
    return app


async def exchange(
    tx: Tx, app: AppRow, code: str, redirect_uri: str, verifier: str | None
) -> NewToken | None:
    """A token for a code. None if the code was used before: its token is revoked then.

    Raises GrantRefused.
    """
    row = await token_queries.code(tx, hashed(code))
    if row is None or row.app_id != app.id:
        raise GrantRefused("invalid_grant", "The authorization code is not valid, or has expired.")
    # guard: codes are used once
    if row.used_at is not None:
        await _replayed(tx, row)
        return None
    if row.redirect_uri != redirect_uri or row.expires_at <= tx.now:
        raise GrantRefused("invalid_grant", "The authorization code is not valid, or has expired.")
    # guard: PKCE
    _check_verifier(row.challenge, verifier)
    token = await _row(row.scopes, app.id, row.member_id, row.account_id, tx)
    if not await token_queries.use_code(tx, row.code_hash, token[1].id):
        # Somebody else was quicker, after we looked: look again, for the token that was made.
        await _replayed(tx, await token_queries.code(tx, row.code_hash))
        return None
    await token_queries.add(tx, token[1])
    return token[0]


async def _replayed(tx: Tx, row: CodeRow | None) -> None:
    if row is not None and row.token_id is not None:
        await revoke_id(tx, row.token_id)


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        # A verifier for a code that was asked for without a challenge: somebody took it out on the way
        # (RFC 9700 §4.8.2).
        if verifier:
            raise GrantRefused("invalid_grant", "The code was not asked for with a challenge.")
        return
    digest = hashlib.sha256((verifier or "").encode("utf-8", "ignore")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not verifier or not hmac.compare_digest(made, challenge):
        raise GrantRefused("invalid_grant", "The code verifier does not match the challenge.")


async def _row(
    granted: str, app_id: int | None, member_id: int | None, account_id: int | None, tx: Tx
) -> tuple[NewToken, TokenRow]:
    secret = new_secret()
    row = TokenRow(tx.new_id(), hashed(secret), app_id, member_id, account_id, granted, tx.now, None, None)
    return NewToken(secret, tuple(granted.split()), tx.now), row


async def create(
    tx: Tx, granted: str, *, app_id: int | None, member_id: int | None, account_id: int | None
) -> NewToken:
    """A token without a code: an app's own, or one made on the command line."""
    token, row = await _row(granted, app_id, member_id, account_id, tx)
    await token_queries.add(tx, row)
    return token


async def find(tx: Tx, secret: str) -> Caller | None:
    """Who is behind a token; None if it is not valid or its owner is not let in."""
    caller = await find_waiting(tx, secret)
    return None if caller is None or (caller.member and not may_act(caller.member)) else caller


async def find_waiting(tx: Tx, secret: str) -> Caller | None:
    """Who is behind a token, even if they still wait to be let in; None if it is not valid."""
    if len(secret) > 200:
        return None
    token_hash = hashed(secret)
    room = tx.memory.room("callers", MOST)
    known = room.get(token_hash)
    if known is not None and known[0] == await token_queries.stamp(tx, token_hash):
        caller: Caller = known[1]
        return caller
    found = await token_queries.find(tx, token_hash)
    if found is None:
        return None
    caller_found = _caller(*found)
    if caller_found is not None and not tx.writes:
        room.put(token_hash, (_stamp(*found), caller_found))
    return caller_found


def _stamp(
    token: TokenRow, member: MemberRow | None, account: AccountRow | None
) -> tuple[int | None, int | None, int | None]:
    return token.used_at, member.version if member else None, account.version if account else None


def _caller(token: TokenRow, member: MemberRow | None, account: AccountRow | None) -> Caller | None:
    if token.member_id is not None:
        if member is None or account is None or member.disabled_at is not None:
            return None
        if account.suspended_at is not None or account.deleted_at is not None:
            return None
    return Caller(
        member=member,
        account=account,
        scopes=frozenset(token.scopes.split()),
        token_id=token.id,
        app_id=token.app_id,
        used_at=token.used_at,
    )


async def revoke(tx: Tx, app: AppRow, secret: str) -> None:
    """Revoke a token of this app. Raises NotFound for another's (RFC 7009)."""
    row = await token_queries.by_hash(tx, hashed(secret))
    if row is None:
        return
    if row.app_id != app.id:
        raise NotFound
    await revoke_id(tx, row.id)


async def revoke_id(tx: Tx, token_id: int) -> None:
    """Revoke a token: streams that it opened are closed, and its app gets no more push messages."""
    if await token_queries.revoke(tx, token_id):
        await push_subscription_queries.remove_of_token(tx, token_id)
        tx.emit(events.TOKEN_REVOKED, token_id=token_id)


async def revoke_all(tx: Tx, member_id: int) -> None:
    """Revoke every token of a member, and the codes that could still become one."""
    await token_queries.drop_codes_of(tx, member_id)
    for row in await token_queries.of_member(tx, member_id):
        await revoke_id(tx, row.id)


async def authorized(tx: Tx, member: MemberRow) -> list[Authorized]:
    """The apps with access to a member's account, the last used first."""
    held: dict[int | None, list[TokenRow]] = {}
    for row in await token_queries.of_member(tx, member.id):
        held.setdefault(row.app_id, []).append(row)
    known = await app_queries.by_ids(tx, [app_id for app_id in held if app_id is not None])
    found = [
        Authorized(
            app=known.get(app_id or 0),
            scopes=tuple(dict.fromkeys(scope for row in rows for scope in row.scopes.split())),
            created_at=min(row.created_at for row in rows),
            used_at=max((row.used_at for row in rows if row.used_at is not None), default=None),
        )
        for app_id, rows in held.items()
    ]
    return sorted(found, key=lambda each: each.used_at or each.created_at, reverse=True)


async def revoke_app(tx: Tx, member: MemberRow, app_id: int | None) -> None:
    """Take an app's access away; None means what was made on the command line. Raises NotFound."""
    held = [row for row in await token_queries.of_member(tx, member.id) if row.app_id == app_id]
    if not held:
        raise NotFound
    if app_id is not None:
        await token_queries.drop_codes_for(tx, member.id, app_id)
    for row in held:
        await revoke_id(tx, row.id)


async def in_force(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Those of the tokens whose streams may go on."""
    return await token_queries.in_force(tx, ids)


async def note_use(tx: Tx, caller: Caller) -> None:
    """Remember that a token or session is in use, and with it the member; called when `is_stale` says so."""
    if caller.token_id is not None:
        await token_queries.used(tx, caller.token_id)
    if caller.session_id is not None:
        await token_queries.session_used(tx, caller.session_id)
    if caller.member is not None:
        await member_activity.note(tx, caller.member.id)


def is_stale(caller: Caller, now: int) -> bool:
    """True if the last use of a token or a session was noted more than an hour ago, or yesterday (UTC)."""
    if caller.token_id is None and caller.session_id is None:
        return False
    used = caller.used_at or 0
    return used <= now - HOUR or used // (24 * HOUR) < now // (24 * HOUR)


def allowed(app: AppRow, wanted: str) -> tuple[str, ...]:
    """The scopes of a request, checked against those that the app registered. Raises GrantRefused."""
    asked = scopes.parse(wanted) or ("read",)
    if not scopes.within(asked, app.scopes.split()):
        raise GrantRefused("invalid_scope", "The app asks for more than it registered.")
    return asked
