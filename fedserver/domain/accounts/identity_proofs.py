"""Keys that people hold themselves, and have linked to their account by a signature (FEP-c390).

The statements are checked before they come here; they are kept as they were signed.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow

MAX_PROOFS = 5


class IdentityProof(Struct, frozen=True):
    """Which key, since when (ms UTC), and the signed statement as JSON."""

    subject: str
    created: int
    document: str


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[IdentityProof, ...]).decode


def list_by_account(row: AccountRow) -> tuple[IdentityProof, ...]:
    """The keys of an account, the oldest first."""
    return () if row.identity_proofs == "[]" else _decode(row.identity_proofs)


async def add(tx: Tx, actor: AccountRow, proof: IdentityProof) -> None:
    """Link a key to an account of ours, or link it anew. Raises Invalid for the sixth."""
    row = await account_queries.find(tx, actor.id) or actor
    others = tuple(each for each in list_by_account(row) if each.subject != proof.subject)
    if len(others) >= MAX_PROOFS:
        raise InvalidError("base", f"You may link {MAX_PROOFS} keys")
    await _save(tx, row, (*others, proof))


async def remove(tx: Tx, actor: AccountRow, subject: str) -> None:
    """Link a key no longer. Raises NotFound."""
    row = await account_queries.find(tx, actor.id) or actor
    left = tuple(each for each in list_by_account(row) if each.subject != subject)
    if len(left) == len(list_by_account(row)):
        raise NotFoundError
    await _save(tx, row, left)


async def _save(tx: Tx, row: AccountRow, proofs: tuple[IdentityProof, ...]) -> None:
    await account_queries.set_identity_proofs(tx, row.id, encode(proofs).decode())
    await jobs.enqueue(tx, jobs.UpdateAccount(row.id), dedupe=f"update_account:{row.id}")
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
