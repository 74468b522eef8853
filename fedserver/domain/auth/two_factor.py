"""The second step of a log-in: a code of an authenticator app (RFC 6238), a passkey, or a recovery code.

It is on for a member who has a row here. A code of the app works once, and none that is older than the
last one taken; a recovery code works once ever. Recovery codes are long and random, so they are kept as
plain hashes; the secret of the app has to be readable.
"""

from __future__ import annotations

import hmac
import secrets

import msgspec
import pyotp
from msgspec import Struct

from fedserver.domain.auth import challenges, security_mails
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.kernel.secrets import hashed
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.queries.auth import passkeys as passkey_queries
from storage.queries.auth import two_factor as two_factor_queries
from storage.rows.auth import ChallengeRow, MemberRow, SecondStepRow

PERIOD_MS = 30_000
DRIFT = (0, -1, 1)  # steps by which the clock of a phone may be wrong
CODES = 10
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class State(Struct, frozen=True):
    """What a member has: an authenticator app, passkeys, recovery codes that are left."""

    on: bool
    app: bool
    passkeys: int
    codes_left: int


class Typed(Struct, frozen=True):
    """What was given in the first step: the name as it was typed, and where to go on."""

    login: str
    next: str


class Asked(Struct, frozen=True):
    """A second step that a browser still owes."""

    row: ChallengeRow
    member: MemberRow
    typed: Typed


_typed = msgspec.json.Decoder(Typed).decode
_encode = msgspec.json.Encoder().encode


async def load(tx: Tx, member: MemberRow) -> State:
    row = await two_factor_queries.find(tx, member.id)
    return State(
        on=row is not None,
        app=row is not None and row.secret is not None,
        passkeys=len(await passkey_queries.of_member(tx, member.id)),
        codes_left=await two_factor_queries.count_codes(tx, member.id),
    )


async def is_on(tx: Tx, member: MemberRow) -> bool:
    """True if a password alone does not log this member in."""
    return await two_factor_queries.find(tx, member.id) is not None


async def ask(tx: Tx, member: MemberRow, holder: str, login: str, next_page: str) -> None:
    """The password was right: this browser is asked for the second step."""
    data = _encode(Typed(login, next_page)).decode()
    await challenges.only(tx, challenges.SECOND_STEP, holder, data=data, member_id=member.id)


async def asked(tx: Tx, holder: str) -> Asked | None:
    """The second step that a browser owes, None if there is none or it took too long."""
    row = await challenges.waiting(tx, challenges.SECOND_STEP, holder)
    member = await member_queries.by_id(tx, row.member_id or 0) if row is not None else None
    return Asked(row, member, _typed(row.data)) if row is not None and member is not None else None


def counted_as(member: MemberRow) -> str:
    """The name for which failures of a second step are counted, whatever was typed in the first."""
    return f"second step of {member.id}"


def new_secret() -> str:
    """A secret for an authenticator app: 160 bits in base32 (RFC 4226 §4)."""
    return pyotp.random_base32()


def app_address(secret: str, name: str, title: str) -> str:
    """What the QR code says: the address by which apps take a secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=title)


async def use_app(tx: Tx, member: MemberRow, secret: str, code: str) -> list[str]:
    """Turn the second step on with an app that just showed `code`; new recovery codes. Raises Invalid."""
    if len(secret) != 32 or not set(secret) <= BASE32:
        raise Invalid("secret", "is not one of ours. Please start again.")
    step = _step_of(secret, _plain(code), tx.now)
    if step is None:
        raise Invalid("code", "is not right. Does your device show the right time?")
    await two_factor_queries.put(tx, SecondStepRow(member.id, secret, step, tx.now))
    await security_mails.owe(tx, member, "app")
    return await _new_codes(tx, member)


async def use_passkeys(tx: Tx, member: MemberRow) -> list[str]:
    """Turn the second step on with passkeys only; new recovery codes. Raises Invalid without a passkey."""
    if not await passkey_queries.of_member(tx, member.id):
        raise Invalid("passkeys", "are needed first. Please add one.")
    former = await two_factor_queries.find(tx, member.id)
    if former is None:
        await two_factor_queries.put(tx, SecondStepRow(member.id, None, 0, tx.now))
    await security_mails.owe(tx, member, "passkeys")
    return await _new_codes(tx, member)


async def new_codes(tx: Tx, member: MemberRow) -> list[str]:
    """New recovery codes, known only here; the former ones stop working."""
    await security_mails.owe(tx, member, "codes")
    return await _new_codes(tx, member)


async def _new_codes(tx: Tx, member: MemberRow) -> list[str]:
    codes = ["".join(secrets.choice(LETTERS) for _ in range(16)) for _ in range(CODES)]
    await two_factor_queries.drop_codes(tx, member.id)
    await two_factor_queries.add_codes(tx, member.id, [hashed(each) for each in codes])
    return ["-".join(each[place : place + 4] for place in range(0, 16, 4)) for each in codes]


async def turn_off(tx: Tx, member: MemberRow) -> None:
    """A password alone logs in again."""
    await two_factor_queries.remove(tx, member.id)
    await two_factor_queries.drop_codes(tx, member.id)
    await security_mails.owe(tx, member, "off")


async def reset(tx: Tx, member: MemberRow) -> None:
    """For somebody who lost everything: no second step, no recovery codes, no passkeys."""
    await turn_off(tx, member)
    await passkey_queries.remove_all(tx, member.id)


async def check(tx: Tx, member: MemberRow, code: str) -> bool:
    """True if this is a code of the member's app or a recovery code; it is used up then."""
    row = await two_factor_queries.find(tx, member.id)
    plain = _plain(code)
    if row is None or not 0 < len(plain) <= 64:
        return False
    if len(plain) > 6:
        return await two_factor_queries.use_code(tx, member.id, hashed(plain))
    step = _step_of(row.secret, plain, tx.now) if row.secret else None
    return step is not None and await two_factor_queries.take_step(tx, member.id, step)


def _plain(code: str) -> str:
    """A code as it was typed, without spaces and hyphens."""
    return "".join(code.split()).replace("-", "").lower()


def _step_of(secret: str, code: str, now: int) -> int | None:
    """The step of time whose code this is, None if it is of none near `now`."""
    if not (code.isascii() and code.isdigit()):
        return None
    app, current = pyotp.TOTP(secret), now // PERIOD_MS
    steps = (current + drift for drift in DRIFT)
    return next((step for step in steps if hmac.compare_digest(app.generate_otp(step), code)), None)
