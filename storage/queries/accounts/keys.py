"""Keys of local and remote accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.rows.accounts import KeyRow
from storage.sealing.contexts import describe_account_key
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import keys

COLUMNS = columns_of(keys, KeyRow)
FIND_BY_URI = select(*COLUMNS).where(keys.c.uri == bindparam("uri"))
LIST_BY_ACCOUNT = select(*COLUMNS).where(keys.c.account_id == bindparam("account_id")).order_by(keys.c.id)
_upsert = upsert(keys)
# An account cannot take over the key URI of another one.
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["uri"],
    set_={"kind": _upsert.excluded.kind, "public": _upsert.excluded.public, "revoked_at": None},
    where=keys.c.account_id == _upsert.excluded.account_id,
)
DELETE_OTHERS = delete(keys).where(
    keys.c.account_id == bindparam("account_id"), keys.c.private.is_(None), ~one_of(keys.c.uri, "uris")
)


async def find_by_uri(tx: ReadTx, uri: str) -> KeyRow | None:
    row = to_row_or_none(KeyRow, await tx.one(FIND_BY_URI, uri=uri))
    return _unseal(tx, row) if row is not None else None


async def list_by_account(tx: ReadTx, account_id: int) -> list[KeyRow]:
    """Return all keys, oldest first, revoked ones included."""
    return [_unseal(tx, row) for row in to_rows(KeyRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id))]


def _unseal(tx: ReadTx, row: KeyRow) -> KeyRow:
    if row.private is None:
        return row
    return structs.replace(row, private=tx.unseal(row.private, describe_account_key(row.uri)))


def _seal(tx: Tx, row: KeyRow) -> KeyRow:
    if row.private is None:
        return row
    return structs.replace(row, private=tx.seal(row.private, describe_account_key(row.uri)))


async def upsert_keys(tx: Tx, rows: Iterable[KeyRow]) -> None:
    """Add keys, or update those with the same URI and account."""
    await tx.run_many(UPSERT, [structs.asdict(_seal(tx, row)) for row in rows])


async def delete_others(tx: Tx, account_id: int, kept_uris: Sequence[str]) -> None:
    """Delete the keys of a remote account that are not among `kept_uris`."""
    await tx.run(DELETE_OTHERS, account_id=account_id, uris=list(kept_uris))
