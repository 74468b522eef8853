"""What a browser was asked and has to answer within minutes: a second step, a passkey, a provider's word.

A challenge is bound to its holder, which is a browser (by a cookie of its own) or a session: whoever sees
the word of a challenge elsewhere cannot answer it. It is answered once.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from storage.engine import Tx
from storage.queries.auth import challenges as challenge_queries
from storage.rows.auth import ChallengeRow

TWO_FACTOR = "second_step"  # the first step was right; data: what was typed as a name, where to go on
NEW_PASSKEY = "new_passkey"
PASSKEY = "passkey"  # to log in, as a second step, or to prove oneself again
PROVIDER = "provider"  # sent to the identity provider; data: see domain.identities
OIDC_SIGNUP = "newcomer"  # came back from there and is no member yet; data: who the provider says it is
MINUTE_MS = 60_000
LIFETIME_MINUTES = 10


def to_browser_holder(prelogin_token: str) -> str:
    """The holder that is a browser with this word in its cookie."""
    return f"browser:{prelogin_token}"


def to_session_holder(session_id: int) -> str:
    """The holder that is a session."""
    return f"session:{session_id}"


async def create(
    tx: Tx, purpose: str, holder: str, *, data: str = "", member_id: int | None = None, token: str = ""
) -> str:
    """Ask something; the word that the answer has to name."""
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
            expires_at=tx.now + LIFETIME_MINUTES * MINUTE_MS,
        ),
    )
    return token


async def replace(tx: Tx, purpose: str, holder: str, *, data: str, member_id: int | None = None) -> None:
    """Ask something that is found by its holder alone; what was asked before is over."""
    await challenge_queries.delete_by_holder(tx, hash_secret(holder), purpose)
    await create(tx, purpose, holder, data=data, member_id=member_id)


async def find_pending(tx: Tx, purpose: str, holder: str) -> ChallengeRow | None:
    """What a holder was asked last and may still answer."""
    row = await challenge_queries.find_by_holder(tx, hash_secret(holder), purpose)
    return row if row is not None and row.expires_at > tx.now else None


async def consume(tx: Tx, purpose: str, token: str, holder: str) -> ChallengeRow:
    """Use a challenge up. Raises NotFound if it is unknown, over, used, or somebody else's."""
    row = await challenge_queries.find(tx, hash_secret(token)) if 0 < len(token) <= 200 else None
    known = row is not None and row.purpose == purpose and row.holder_hash == hash_secret(holder)
    if row is None or not known or row.expires_at <= tx.now:
        raise NotFoundError("This took too long, or was done before. Please start again.")
    if not await challenge_queries.delete_by_hash(tx, row.word_hash):
        raise NotFoundError("This took too long, or was done before. Please start again.")
    return row


async def consume_pending(tx: Tx, row: ChallengeRow) -> bool:
    """Use up what `waiting` found; False if somebody did before."""
    return await challenge_queries.delete_by_hash(tx, row.word_hash)
