"""Keys that people hold themselves, linked to their account by a signature (FEP-c390).

The statements are verified before they come here and stored as they were signed.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow

MAX_PROOFS = 5  # they are part of every actor document


class IdentityProof(Struct, frozen=True):
    """A linked key, when it was linked (ms UTC), and the signed statement as JSON."""

    subject: str
    created: int
    document: str


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[IdentityProof, ...]).decode


def list_by_account(row: AccountRow) -> tuple[IdentityProof, ...]:
    """Return the linked keys of an account, oldest first."""
    return () if row.identity_proofs == "[]" else _decode(row.identity_proofs)


async def add(tx: Tx, actor: AccountRow, proof: IdentityProof) -> None:
    """Link a key to a local account, or renew the link. Raises InvalidError above MAX_PROOFS keys."""
    row = await account_queries.find(tx, actor.id) or actor
    others = tuple(other for other in list_by_account(row) if other.subject != proof.subject)
    if len(others) >= MAX_PROOFS:
        raise InvalidError("base", f"You may link {MAX_PROOFS} keys")
    await _save(tx, row, (*others, proof))


async def remove(tx: Tx, actor: AccountRow, subject: str) -> None:
    """Unlink a key. Raises NotFoundError if it is not linked."""
    row = await account_queries.find(tx, actor.id) or actor
    remaining = tuple(proof for proof in list_by_account(row) if proof.subject != subject)
    if len(remaining) == len(list_by_account(row)):
        raise NotFoundError
    await _save(tx, row, remaining)


async def _save(tx: Tx, row: AccountRow, proofs: tuple[IdentityProof, ...]) -> None:
    await account_queries.set_identity_proofs(tx, row.id, encode(proofs).decode())
    await jobs.enqueue(tx, jobs.UpdateAccount(row.id), dedupe=f"update_account:{row.id}")
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
