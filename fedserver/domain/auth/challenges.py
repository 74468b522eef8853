"""Challenges that a browser has to answer within minutes: a second step, a passkey, a provider's login.

A challenge is bound to its holder, a browser (by a cookie of its own) or a session: a token that leaks cannot
be answered from elsewhere. It can be answered once.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import challenges as challenge_queries
from storage.rows.auth import ChallengeRow

TWO_FACTOR = "second_step"  # after the right password; data: `two_factor.FirstStep`
NEW_PASSKEY = "new_passkey"
PASSKEY = "passkey"  # to log in, as a second step, or to reauthenticate
PROVIDER = "provider"  # on the way to the identity provider; data: `identities.OidcFlow`
SIGNUP = "signup"  # in the browser that signed up, until the address is confirmed
OIDC_SIGNUP = "newcomer"  # back from the provider, not a member yet; data: `identities.OidcIdentity`
MINUTE_MS = 60_000
LIFETIME_MINUTES = 10  # enough to find a phone, too short to be of use to a thief


def to_browser_holder(prelogin_token: str) -> str:
    """Return the holder for a browser with this prelogin token in its cookie."""
    return f"browser:{prelogin_token}"


def to_session_holder(session_id: int) -> str:
    """Return the holder for a session."""
    return f"session:{session_id}"


async def create(
    tx: Tx,
    purpose: str,
    holder: str,
    *,
    data: str = "",
    member_id: int | None = None,
    token: str = "",
    minutes: int = LIFETIME_MINUTES,
) -> str:
    """Create a challenge and return the token that its answer must name."""
    token = token or new_secret()
    await challenge_queries.delete_expired(tx, tx.now)
    await challenge_queries.insert(
        tx,
        ChallengeRow(
            word_hash=hash_secret(token),
            purpose=purpose,
            holder_hash=hash_secret(holder),
            member_id=member_id,
            data=data,
            created_at=tx.now,
            expires_at=tx.now + minutes * MINUTE_MS,
        ),
    )
    return token


async def replace(
    tx: Tx,
    purpose: str,
    holder: str,
    *,
    data: str,
    member_id: int | None = None,
    minutes: int = LIFETIME_MINUTES,
) -> None:
    """Create a challenge that is found by its holder alone, replacing an earlier one."""
    await challenge_queries.delete_by_holder(tx, hash_secret(holder), purpose)
    await create(tx, purpose, holder, data=data, member_id=member_id, minutes=minutes)


async def find_pending(tx: ReadTx, purpose: str, holder: str) -> ChallengeRow | None:
    """Return the newest challenge of a holder that can still be answered."""
    row = await challenge_queries.find_by_holder(tx, hash_secret(holder), purpose)
    return row if row is not None and row.expires_at > tx.now else None


async def consume(tx: Tx, purpose: str, token: str, holder: str) -> ChallengeRow:
    """Return a challenge and delete it.

    Raises NotFoundError if it is unknown, expired, used, or another holder's.
    """
    row = await challenge_queries.find(tx, hash_secret(token)) if 0 < len(token) <= 200 else None
    matches = row is not None and row.purpose == purpose and row.holder_hash == hash_secret(holder)
    expired = gettext("This took too long, or was done before. Please start again.")
    if row is None or not matches or row.expires_at <= tx.now:
        raise NotFoundError(expired)
    if not await challenge_queries.delete_by_hash(tx, row.word_hash):
        raise NotFoundError(expired)
    return row


async def consume_pending(tx: Tx, row: ChallengeRow) -> bool:
    """Delete a challenge that `find_pending` returned; False if it was used meanwhile."""
    return await challenge_queries.delete_by_hash(tx, row.word_hash)
