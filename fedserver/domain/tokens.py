"""Access to the client API: codes and tokens (RFC 6749, RFC 7636), kept as hashes.

A code works once, for ten minutes, for the app and the address it was made for; if it comes a second time,
the token that it made is revoked (RFC 9700 §4.5.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain import events, scopes
from fedserver.domain.callers import Caller, may_act
from fedserver.domain.errors import DomainError, NotFound
from fedserver.domain.secrets import hashed, new_secret
from storage import AccountRow, AppRow, CodeRow, MemberRow, TokenRow, Tx, queries

CODE_MS = 600_000
HOUR = 3_600_000


class GrantRefused(DomainError):
    """A code cannot be exchanged; `code` is the word of RFC 6749 §5.2."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


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
    """A code for an app that a member has allowed."""
    code = new_secret()
    await queries.tokens.drop_codes(tx, tx.now - 24 * HOUR)
    await queries.tokens.add_code(
        tx,
        CodeRow(
            code_hash=hashed(code),
            app_id=app.id,
            member_id=member.id,
            account_id=account.id,
            redirect_uri=redirect_uri,
            scopes=" ".join(granted),
            challenge=challenge,
            expires_at=tx.now + CODE_MS,
            used_at=None,
            token_id=None,
        ),
    )
    return code


async def exchange(
    tx: Tx, app: AppRow, code: str, redirect_uri: str, verifier: str | None
) -> NewToken | None:
    """A token for a code. None if the code was used before: its token is revoked then.

    Raises GrantRefused.
    """
    row = await queries.tokens.code(tx, hashed(code))
    if row is None or row.app_id != app.id:
        raise GrantRefused("invalid_grant", "The authorization code is not valid, or has expired.")
    if row.used_at is not None:
        await _replayed(tx, row)
        return None
    if row.redirect_uri != redirect_uri or row.expires_at <= tx.now:
        raise GrantRefused("invalid_grant", "The authorization code is not valid, or has expired.")
    _check_verifier(row.challenge, verifier)
    token = await _row(row.scopes, app.id, row.member_id, row.account_id, tx)
    if not await queries.tokens.use_code(tx, row.code_hash, token[1].id):
        # Somebody else was quicker, after we looked: look again, for the token that was made.
        await _replayed(tx, await queries.tokens.code(tx, row.code_hash))
        return None
    await queries.tokens.add(tx, token[1])
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
    await queries.tokens.add(tx, row)
    return token


async def find(tx: Tx, secret: str) -> Caller | None:
    """Who is behind a token; None if it is not valid or its owner is not let in."""
    if len(secret) > 200:
        return None
    found = await queries.tokens.find(tx, hashed(secret))
    if found is None:
        return None
    token, member, account = found
    if token.member_id is not None:
        if member is None or account is None or not may_act(member):
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
    row = await queries.tokens.by_hash(tx, hashed(secret))
    if row is None:
        return
    if row.app_id != app.id:
        raise NotFound
    await revoke_id(tx, row.id)


async def revoke_id(tx: Tx, token_id: int) -> None:
    """Revoke a token: streams that it opened are closed."""
    if await queries.tokens.revoke(tx, token_id):
        tx.emit(events.TOKEN_REVOKED, token_id=token_id)


async def revoke_all(tx: Tx, member_id: int) -> None:
    """Revoke every token of a member, and the codes that could still become one."""
    await queries.tokens.drop_codes_of(tx, member_id)
    for row in await queries.tokens.of_member(tx, member_id):
        await revoke_id(tx, row.id)


async def note_use(tx: Tx, caller: Caller) -> None:
    """Remember that a token is in use, and with it the member; called when `is_stale` says so."""
    if caller.token_id is not None:
        await queries.tokens.used(tx, caller.token_id)
    if caller.member is not None:
        await queries.members.set_value(tx, caller.member.id, "active_at", tx.now)
        await queries.counts.note_member(tx, caller.member.id)


def is_stale(caller: Caller, now: int) -> bool:
    """True if a token's last use was noted more than an hour ago."""
    return caller.token_id is not None and (caller.used_at is None or caller.used_at <= now - HOUR)


def allowed(app: AppRow, wanted: str) -> tuple[str, ...]:
    """The scopes of a request, checked against those that the app registered. Raises GrantRefused."""
    asked = scopes.parse(wanted) or ("read",)
    if not scopes.within(asked, app.scopes.split()):
        raise GrantRefused("invalid_scope", "The app asks for more than it registered.")
    return asked
