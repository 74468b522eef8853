"""The second step of a login: a code of an authenticator app (RFC 6238), a passkey, or a recovery code.

It is on for members with a row here. A code of the app is accepted once, and never after a later one; a
recovery code is accepted once. Recovery codes are long and random, so they are stored as plain hashes; the
secret of the app, from which codes are computed, is sealed by the storage.
"""

from __future__ import annotations

import hmac
import secrets

import msgspec
import pyotp
from msgspec import Struct

from fedserver.domain.auth import challenges, security_mails
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.kernel.secrets import hash_secret
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.queries.auth import passkeys as passkey_queries
from storage.queries.auth import two_factor as two_factor_queries
from storage.rows.auth import ChallengeRow, MemberRow, TwoFactorRow

PERIOD_MS = 30_000  # the default of RFC 6238 §4.1, which all apps support
ALLOWED_DRIFT = (0, -1, 1)  # time steps by which the clock of a phone may be wrong (RFC 6238 §5.2)
RECOVERY_CODE_COUNT = 10
CODE_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without characters that look alike
BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class TwoFactorState(Struct, frozen=True):
    """The state of a member's second step: authenticator app, number of passkeys and recovery codes left."""

    on: bool
    app: bool
    passkeys: int
    codes_left: int


class FirstStep(Struct, frozen=True):
    """The data of the first step: the login as typed, and the page to continue with."""

    login: str
    next: str


class PendingTwoFactor(Struct, frozen=True):
    """A second step that a browser still has to complete."""

    row: ChallengeRow
    member: MemberRow
    first_step: FirstStep


_decode_first_step = msgspec.json.Decoder(FirstStep).decode
_encode = msgspec.json.Encoder().encode


async def load_state(tx: ReadTx, member: MemberRow) -> TwoFactorState:
    """Return the state of a member's second step."""
    row = await two_factor_queries.find(tx, member.id)
    return TwoFactorState(
        on=row is not None,
        app=row is not None and row.secret is not None,
        passkeys=len(await passkey_queries.list_by_member(tx, member.id)),
        codes_left=await two_factor_queries.count_codes(tx, member.id),
    )


async def is_enabled(tx: ReadTx, member: MemberRow) -> bool:
    """Return True if this member needs a second step after the password."""
    return await two_factor_queries.find(tx, member.id) is not None


async def start(tx: Tx, member: MemberRow, holder: str, login: str, next_page: str) -> None:
    """Ask this browser for the second step, after the right password."""
    data = _encode(FirstStep(login, next_page)).decode()
    await challenges.replace(tx, challenges.TWO_FACTOR, holder, data=data, member_id=member.id)


async def find_pending(tx: ReadTx, holder: str) -> PendingTwoFactor | None:
    """Return the pending second step of a browser; None if there is none or it expired."""
    row = await challenges.find_pending(tx, challenges.TWO_FACTOR, holder)
    member = await member_queries.find(tx, row.member_id or 0) if row is not None else None
    return (
        PendingTwoFactor(row, member, _decode_first_step(row.data))
        if row is not None and member is not None
        else None
    )


def to_attempts_key(member: MemberRow) -> str:
    """Return the login under which attempts of the second step are counted, whatever login was typed."""
    # No form can send a NUL, so nobody can use up the attempts of a member by typing this as a name.
    return f"second step\0{member.id}"


def new_secret() -> str:
    """Return a secret for an authenticator app: 160 bits in base32 (RFC 4226 §4)."""
    return pyotp.random_base32()


def build_provisioning_uri(secret: str, name: str, title: str) -> str:
    """Return the URI in the QR code, with which authenticator apps import the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=title)


async def enable_app(tx: Tx, member: MemberRow, secret: str, code: str) -> list[str]:
    """Turn the second step on with an app that just showed `code`; return new recovery codes.

    Raises InvalidError.
    """
    if len(secret) != 32 or not set(secret) <= BASE32:
        raise InvalidError("secret", "was not created here. Please start again.")
    step = _find_time_step(secret, _normalize_code(code), tx.now)
    if step is None:
        raise InvalidError("code", "is not right. Does your device show the right time?")
    await two_factor_queries.upsert_secret(tx, TwoFactorRow(member.id, secret, step, tx.now))
    await security_mails.enqueue(tx, member, "app")
    return await _create_codes(tx, member)


async def enable_passkeys(tx: Tx, member: MemberRow) -> list[str]:
    """Turn the second step on with passkeys only; return new recovery codes.

    Raises InvalidError without a passkey.
    """
    if not await passkey_queries.list_by_member(tx, member.id):
        raise InvalidError("passkeys", "are needed first. Please add one.")
    former = await two_factor_queries.find(tx, member.id)
    if former is None:
        await two_factor_queries.upsert_secret(tx, TwoFactorRow(member.id, None, 0, tx.now))
    await security_mails.enqueue(tx, member, "passkeys")
    return await _create_codes(tx, member)


async def renew_codes(tx: Tx, member: MemberRow) -> list[str]:
    """Return new recovery codes, which are stored as hashes only; the former ones are deleted."""
    await security_mails.enqueue(tx, member, "codes")
    return await _create_codes(tx, member)


async def _create_codes(tx: Tx, member: MemberRow) -> list[str]:
    codes = ["".join(secrets.choice(CODE_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODE_COUNT)]
    await two_factor_queries.delete_codes(tx, member.id)
    await two_factor_queries.insert_codes(tx, member.id, [hash_secret(code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


async def disable(tx: Tx, member: MemberRow) -> None:
    """Turn the second step off."""
    await two_factor_queries.delete_by_member(tx, member.id)
    await two_factor_queries.delete_codes(tx, member.id)
    await security_mails.enqueue(tx, member, "off")


async def reset(tx: Tx, member: MemberRow) -> None:
    """Remove second step, recovery codes and passkeys of a member who lost all of them."""
    await disable(tx, member)
    await passkey_queries.delete_by_member(tx, member.id)


async def verify_code(tx: Tx, member: MemberRow, code: str) -> bool:
    """Return True for a valid code of the member's app or a recovery code, and use it up."""
    row = await two_factor_queries.find(tx, member.id)
    plain = _normalize_code(code)
    if row is None or not 0 < len(plain) <= 64:
        return False
    if len(plain) > 6:
        return await two_factor_queries.mark_code_used(tx, member.id, hash_secret(plain))
    step = _find_time_step(row.secret, plain, tx.now) if row.secret else None
    return step is not None and await two_factor_queries.mark_step_used(tx, member.id, step)


def _normalize_code(code: str) -> str:
    """Return a code without spaces and hyphens, in lower case."""
    return "".join(code.split()).replace("-", "").lower()


def _find_time_step(secret: str, code: str, now: int) -> int | None:
    """Return the time step of a code, None if no step near `now` has it."""
    if not (code.isascii() and code.isdigit()):
        return None
    app, current = pyotp.TOTP(secret), now // PERIOD_MS
    steps = (current + drift for drift in ALLOWED_DRIFT)
    return next((step for step in steps if hmac.compare_digest(app.generate_otp(step), code)), None)
