"""Access to the client API: codes and tokens (RFC 6749, RFC 7636), stored as hashes.

A code can be used once, for ten minutes, by the app and redirect URI that it was issued for; if it is
replayed, the token issued for it is revoked (RFC 9700 §4.5.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence

from msgspec import Struct

from fedserver.domain.auth import member_activity
from fedserver.domain.kernel import events, scopes
from fedserver.domain.kernel.context import Principal, describe_pending_state
from fedserver.domain.kernel.errors import (
    DomainError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import apps as app_queries
from storage.queries.auth import tokens as token_queries
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import AppRow, AuthorizationCodeRow, MemberRow, TokenRow

CODE_LIFETIME_MS = 600_000  # the maximum that RFC 6749 §4.1.2 recommends
HOUR_MS = 3_600_000
MAX_CACHED = 2_000  # principals in memory
MAX_TOKENS_OF_APP = 100  # without a member
MAX_PERSONAL_TOKENS = 20  # of one member, for programs of their own
# As long as nothing is done with them: afterwards they are unknown.
CODE_RETENTION_MS, TOKEN_RETENTION_MS, APP_RETENTION_MS = 24 * HOUR_MS, 720 * HOUR_MS, 24 * HOUR_MS
MAX_SECRET = 200  # ours are shorter; longer ones are not worth hashing
# Mastodon's wording, which clients compare.
DISABLED, REVOKED = "Your login is currently disabled", "The access token was revoked"


class GrantRefusedError(DomainError):
    """A grant was refused; `code` is the error code of RFC 6749 §5.2.

    The text is for developers of apps and stays English: an `error_description` is ASCII.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class AuthorizedApp(Struct, frozen=True):
    """An app with access to a member's account; `app` is None for tokens made on the command line."""

    app: AppRow | None
    scopes: tuple[str, ...]
    created_at: int
    used_at: int | None


class NewToken(Struct, frozen=True):
    """A token just issued; its secret is not stored and known only here."""

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
    """Return a code for an app that a member authorized, without scopes above the member's role.

    Raises ForbiddenError if no scope is left.
    """
    code = new_secret()
    allowed = scopes.filter_by_role(granted, member.role)
    if not allowed:
        raise ForbiddenError(gettext("This app asks for permissions that only moderators have."))
    await app_queries.mark_authorized(tx, app.id)
    await token_queries.insert_code(
        tx,
        AuthorizationCodeRow(
            code_hash=hash_secret(code),
            app_id=app.id,
            member_id=member.id,
            account_id=account.id,
            redirect_uri=redirect_uri,
            scopes=" ".join(allowed),
            challenge=challenge,
            expires_at=tx.now + CODE_LIFETIME_MS,
            used_at=None,
            token_id=None,
        ),
    )
    return code


async def get_app_by_code(tx: ReadTx, member: MemberRow, code: str) -> AppRow:
    """Return the app that a member's unused code was issued to. Raises NotFoundError."""
    row = await token_queries.find_code(tx, hash_secret(code)) if 0 < len(code) <= 200 else None
    if row is None or row.member_id != member.id or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFoundError(
            gettext("This code was used before, or has expired. Please start again in the app.")
        )
    app = await app_queries.find(tx, row.app_id)
    if app is None:
        raise NotFoundError
    return app


async def exchange(
    tx: Tx, app: AppRow, code: str, redirect_uri: str, verifier: str | None
) -> NewToken | None:
    """Exchange a code for a token. Returns None for a replayed code, and revokes its token.

    Raises GrantRefusedError.
    """
    row = await token_queries.find_code(tx, hash_secret(code))
    if row is None or row.app_id != app.id:
        raise GrantRefusedError("invalid_grant", "The authorization code is not valid, or has expired.")
    # guard: codes are used once
    if row.used_at is not None:
        await _revoke_replayed(tx, row)
        return None
    if row.redirect_uri != redirect_uri or row.expires_at <= tx.now:
        raise GrantRefusedError("invalid_grant", "The authorization code is not valid, or has expired.")
    # guard: PKCE
    _check_verifier(row.challenge, verifier)
    token = await _build_token(row.scopes, app.id, row.member_id, row.account_id, tx)
    if not await token_queries.mark_code_used(tx, row.code_hash, token[1].id):
        # Another request used the code after it was read here: read it again to find the token to revoke.
        await _revoke_replayed(tx, await token_queries.find_code(tx, row.code_hash))
        return None
    await token_queries.insert(tx, token[1])
    return token[0]


async def _revoke_replayed(tx: Tx, row: AuthorizationCodeRow | None) -> None:
    if row is not None and row.token_id is not None:
        await revoke_by_id(tx, row.token_id)


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        # A verifier for a code without a challenge: an attacker removed the challenge from the request
        # (downgrade, RFC 9700 §4.8.2).
        if verifier:
            raise GrantRefusedError("invalid_grant", "The code was requested without a challenge.")
        return
    digest = hashlib.sha256((verifier or "").encode("utf-8", "ignore")).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not verifier or not hmac.compare_digest(computed, challenge):
        raise GrantRefusedError("invalid_grant", "The code verifier does not match the challenge.")


async def _build_token(
    granted: str, app_id: int | None, member_id: int | None, account_id: int | None, tx: Tx
) -> tuple[NewToken, TokenRow]:
    secret = new_secret()
    row = TokenRow(
        tx.new_id(), hash_secret(secret), app_id, member_id, account_id, granted, tx.now, None, None
    )
    return NewToken(secret, tuple(granted.split()), tx.now), row


async def create(
    tx: Tx, granted: str, *, app_id: int | None, member_id: int | None, account_id: int | None
) -> NewToken:
    """Issue a token without a code: an app's own, or one made on the command line."""
    token, row = await _build_token(granted, app_id, member_id, account_id, tx)
    await token_queries.insert(tx, row)
    if app_id is not None and member_id is None:
        # Anyone who registers an app may ask for its tokens, as often as they like.
        await token_queries.delete_oldest_of_app(tx, app_id, MAX_TOKENS_OF_APP)
    elif app_id is not None:
        await app_queries.mark_authorized(tx, app_id)
    return token


async def create_personal(tx: Tx, member: MemberRow, account: AccountRow, wanted: Sequence[str]) -> NewToken:
    """Issue a token for a program of the member's own, without scopes above their role.

    Raises InvalidError without a scope, or for one token too many.
    """
    allowed = scopes.filter_by_role(wanted, member.role)
    if not allowed:
        message = gettext("Please choose what the token can do.")
        raise InvalidError("scopes", "can't be blank", "ERR_BLANK", message=message)
    rows = await token_queries.list_by_member(tx, member.id)
    if sum(row.app_id is None for row in rows) >= MAX_PERSONAL_TOKENS:
        message = gettext("You have as many tokens as you can. Please revoke them first.")
        raise InvalidError("base", f"You may have {MAX_PERSONAL_TOKENS} tokens", message=message)
    return await create(tx, " ".join(allowed), app_id=None, member_id=member.id, account_id=account.id)


async def find_principal(tx: ReadTx, secret: str) -> Principal | None:
    """Return the principal of a token; None if it is not valid or its member is not let in."""
    principal = await _find_active(tx, secret)
    return None if principal is None or _describe_refusal(principal) else principal


async def get_pending(tx: ReadTx, secret: str, *, allow_pending: bool) -> Principal:
    """Return the principal of a token whose member is not let in yet, if `allow_pending`.

    Raises UnauthorizedError for an invalid token, ForbiddenError for any other member, with the reason.
    """
    principal = await _find_active(tx, secret)
    if principal is None or principal.member is None:
        raise UnauthorizedError(REVOKED if await _is_revoked(tx, secret) else "The access token is invalid")
    refusal = _describe_refusal(principal)
    is_pending = bool(describe_pending_state(principal.member)) and refusal != DISABLED
    if refusal and not (allow_pending and is_pending):
        raise ForbiddenError(refusal)
    return principal


async def check_optional(tx: ReadTx, secret: str, *, refuses_revoked: bool) -> None:
    """Check a token that is not valid, where none is needed.

    Raises ForbiddenError for a member who is not let in; UnauthorizedError for a revoked token, if
    `refuses_revoked`.
    """
    principal = await _find_active(tx, secret)
    if principal is not None and (refusal := _describe_refusal(principal)):
        raise ForbiddenError(refusal)
    if principal is None and refuses_revoked and await _is_revoked(tx, secret):
        raise UnauthorizedError(REVOKED)


async def _is_revoked(tx: ReadTx, secret: str) -> bool:
    row = await token_queries.find_by_hash(tx, hash_secret(secret)) if len(secret) <= MAX_SECRET else None
    return row is not None and row.revoked_at is not None


def _describe_refusal(principal: Principal) -> str:
    """Return why a member is not let in, in Mastodon's wording; '' for those who are."""
    if principal.is_suspended:
        return DISABLED
    return describe_pending_state(principal.member) if principal.member is not None else ""


async def _find_active(tx: ReadTx, secret: str) -> Principal | None:
    """Return the principal of a token, let in or not; None if it is unknown or revoked."""
    if len(secret) > MAX_SECRET:
        return None
    token_hash = hash_secret(secret)
    cache = tx.caches.get_cache("callers", MAX_CACHED)
    cached = cache.get(token_hash)
    if cached is not None and cached[0] == await token_queries.find_stamp(tx, token_hash):
        cached_principal: Principal = cached[1]
        return cached_principal
    rows = await token_queries.find_active(tx, token_hash)
    if rows is None:
        return None
    principal = _to_principal(*rows)
    if principal is not None and not tx.is_write:
        cache.store(token_hash, (_build_stamp(*rows), principal))
    return principal


def _build_stamp(
    token: TokenRow, member: MemberRow | None, account: AccountRow | None
) -> tuple[int | None, int | None, int | None]:
    return token.used_at, member.version if member else None, account.version if account else None


def _to_principal(token: TokenRow, member: MemberRow | None, account: AccountRow | None) -> Principal | None:
    is_suspended = False
    if token.member_id is not None:
        if member is None or account is None or account.deleted_at is not None:
            return None
        is_suspended = member.disabled_at is not None or account.suspended_at is not None
    return Principal(
        member=member,
        account=account,
        scopes=frozenset(token.scopes.split()),
        token_id=token.id,
        app_id=token.app_id,
        used_at=token.used_at,
        is_suspended=is_suspended,
    )


async def revoke(tx: Tx, app: AppRow, secret: str) -> None:
    """Revoke a token of this app (RFC 7009). Raises NotFoundError for another app's."""
    row = await token_queries.find_by_hash(tx, hash_secret(secret))
    if row is None:
        return
    if row.app_id != app.id:
        raise NotFoundError
    await revoke_by_id(tx, row.id)


async def revoke_by_id(tx: Tx, token_id: int) -> None:
    """Revoke a token; its streams are closed and its push subscription is removed."""
    if await token_queries.revoke(tx, token_id):
        await push_subscription_queries.delete_by_token(tx, token_id)
        tx.emit(events.TOKEN_REVOKED, token_id=token_id)


async def revoke_all(tx: Tx, member_id: int) -> None:
    """Revoke all tokens and codes of a member."""
    await token_queries.delete_codes_by_member(tx, member_id)
    for row in await token_queries.list_by_member(tx, member_id):
        await revoke_by_id(tx, row.id)


async def purge(tx: Tx) -> None:
    """Delete codes that were not exchanged, tokens that are over, and apps that no member ever used.

    Tokens that an app made for itself are over once they have not been used for a month.
    """
    await token_queries.delete_expired_codes(tx, tx.now - CODE_RETENTION_MS)
    await token_queries.delete_over(tx, tx.now - TOKEN_RETENTION_MS)
    await app_queries.delete_unused(tx, tx.now - APP_RETENTION_MS)


async def suspend_all(tx: Tx, member_id: int) -> None:
    """End the streams of a member and delete codes that were not exchanged yet; tokens stay."""
    await token_queries.delete_codes_by_member(tx, member_id)
    for row in await token_queries.list_by_member(tx, member_id):
        tx.emit(events.TOKEN_REVOKED, token_id=row.id)


async def list_authorized_apps(tx: ReadTx, member: MemberRow) -> list[AuthorizedApp]:
    """Return the apps with access to a member's account, the last used first."""
    tokens_by_app: dict[int | None, list[TokenRow]] = {}
    for row in await token_queries.list_by_member(tx, member.id):
        tokens_by_app.setdefault(row.app_id, []).append(row)
    apps = await app_queries.load_by_ids(tx, [app_id for app_id in tokens_by_app if app_id is not None])
    authorized = [
        AuthorizedApp(
            app=apps.get(app_id or 0),
            scopes=tuple(dict.fromkeys(scope for row in rows for scope in row.scopes.split())),
            created_at=min(row.created_at for row in rows),
            used_at=max((row.used_at for row in rows if row.used_at is not None), default=None),
        )
        for app_id, rows in tokens_by_app.items()
    ]
    return sorted(authorized, key=lambda app: app.used_at or app.created_at, reverse=True)


async def revoke_app(tx: Tx, member: MemberRow, app_id: int | None) -> None:
    """Revoke the access of an app; None stands for tokens made on the command line. Raises NotFoundError."""
    tokens = [row for row in await token_queries.list_by_member(tx, member.id) if row.app_id == app_id]
    if not tokens:
        raise NotFoundError
    if app_id is not None:
        await token_queries.delete_codes_by_app(tx, member.id, app_id)
    for row in tokens:
        await revoke_by_id(tx, row.id)


async def load_active(tx: ReadTx, ids: Sequence[int]) -> set[int]:
    """Return those of the tokens that are still valid for streaming."""
    return await token_queries.load_active(tx, ids)


async def record_use(tx: Tx, principal: Principal) -> None:
    """Record the use of a token or session, and the activity of its member; called if `is_stale`."""
    if principal.token_id is not None:
        await token_queries.mark_used(tx, principal.token_id)
    if principal.session_id is not None:
        await token_queries.mark_session_used(tx, principal.session_id)
    if principal.member is not None:
        await member_activity.record_activity(tx, principal.member.id)


def is_stale(principal: Principal, now: int) -> bool:
    """Return True if the last recorded use is more than an hour ago, or on another day (UTC)."""
    if principal.token_id is None and principal.session_id is None:
        return False
    used = principal.used_at or 0
    return used <= now - HOUR_MS or used // (24 * HOUR_MS) < now // (24 * HOUR_MS)


def check_scopes(app: AppRow, requested: str) -> tuple[str, ...]:
    """Return the requested scopes. Raises GrantRefusedError if the app did not register them."""
    wanted = scopes.parse(requested) or ("read",)
    if not scopes.are_granted(wanted, app.scopes.split()):
        raise GrantRefusedError("invalid_scope", "The app asks for more than it registered.")
    return wanted
