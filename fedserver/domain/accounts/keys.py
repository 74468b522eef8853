"""Keys of accounts as rows: a rotation adds one, none is changed in place.

They are generated outside of transactions (`federation.keys.generate`), as that takes long.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import keys as key_queries
from storage.rows.accounts import AccountRow, KeyRow

RSA, ED25519 = "rsa", "ed25519"


class NewKeys(Struct, frozen=True):
    """A key pair for HTTP signatures (RSA, PEM) and one for proofs (Ed25519: PEM, multibase)."""

    rsa_private: str
    rsa_public: str
    ed25519_private: str
    ed25519_public: str


async def create(tx: Tx, site: NodeContext, account: AccountRow, new_keys: NewKeys) -> None:
    """Add the keys of a new local account; code that adds one later must `touch` the account."""
    links = site.links

    def row(uri: str, kind: str, public: str, private: str) -> KeyRow:
        return KeyRow(tx.new_id(), account.id, uri, "node", kind, public, private, tx.now, None)

    await key_queries.upsert_keys(
        tx,
        [
            row(links.rsa_key(account.uri), RSA, new_keys.rsa_public, new_keys.rsa_private),
            row(links.ed25519_key(account.uri), ED25519, new_keys.ed25519_public, new_keys.ed25519_private),
        ],
    )


async def list_by_account(tx: ReadTx, account_id: int) -> list[KeyRow]:
    """Return the active keys, newest first."""
    rows = await key_queries.list_by_account(tx, account_id)
    return [row for row in reversed(rows) if row.revoked_at is None]


async def find_by_uri(tx: ReadTx, uri: str) -> KeyRow | None:
    """Return an active key by its URI; None if it is unknown or revoked."""
    row = await key_queries.find_by_uri(tx, uri)
    return row if row is not None and row.revoked_at is None else None
