"""What a browser was asked and has to answer within minutes: a second step, a passkey, a provider's word.

A challenge is bound to its holder, which is a browser (by a cookie of its own) or a session: whoever sees
the word of a challenge elsewhere cannot answer it. It is answered once.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from storage.engine import Tx
from storage.queries.auth import challenges as challenge_queries
from storage.rows.auth import ChallengeRow

SECOND_STEP = "second_step"  # the first step was right; data: what was typed as a name, where to go on
NEW_PASSKEY = "new_passkey"
PASSKEY = "passkey"  # to log in, as a second step, or to prove oneself again
PROVIDER = "provider"  # sent to the identity provider; data: see domain.identities
NEWCOMER = "newcomer"  # came back from there and is no member yet; data: who the provider says it is
MINUTE = 60_000
MINUTES = 10


def of_browser(word: str) -> str:
    """The holder that is a browser with this word in its cookie."""
    return f"browser:{word}"


def of_session(session_id: int) -> str:
    """The holder that is a session."""
    return f"session:{session_id}"


async def new(
    tx: Tx, purpose: str, holder: str, *, data: str = "", member_id: int | None = None, word: str = ""
) -> str:
    """Ask something; the word that the answer has to name."""
    word = word or new_secret()
    await challenge_queries.drop_old(tx, tx.now)
    await challenge_queries.add(
        tx,
        ChallengeRow(
            word_hash=hashed(word),
            purpose=purpose,
            holder_hash=hashed(holder),
            member_id=member_id,
            data=data,
            created_at=tx.now,
            expires_at=tx.now + MINUTES * MINUTE,
        ),
    )
    return word


async def only(tx: Tx, purpose: str, holder: str, *, data: str, member_id: int | None = None) -> None:
    """Ask something that is found by its holder alone; what was asked before is over."""
    await challenge_queries.drop_of_holder(tx, hashed(holder), purpose)
    await new(tx, purpose, holder, data=data, member_id=member_id)


async def waiting(tx: Tx, purpose: str, holder: str) -> ChallengeRow | None:
    """What a holder was asked last and may still answer."""
    row = await challenge_queries.of_holder(tx, hashed(holder), purpose)
    return row if row is not None and row.expires_at > tx.now else None


async def take(tx: Tx, purpose: str, word: str, holder: str) -> ChallengeRow:
    """Use a challenge up. Raises NotFound if it is unknown, over, used, or somebody else's."""
    row = await challenge_queries.find(tx, hashed(word)) if 0 < len(word) <= 200 else None
    known = row is not None and row.purpose == purpose and row.holder_hash == hashed(holder)
    if row is None or not known or row.expires_at <= tx.now:
        raise NotFound("This took too long, or was done before. Please start again.")
    if not await challenge_queries.drop(tx, row.word_hash):
        raise NotFound("This took too long, or was done before. Please start again.")
    return row


async def finish(tx: Tx, row: ChallengeRow) -> bool:
    """Use up what `waiting` found; False if somebody did before."""
    return await challenge_queries.drop(tx, row.word_hash)
