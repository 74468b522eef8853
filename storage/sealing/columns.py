"""Columns with secrets that the node must read again, which are sealed with its key (`storage.sealing.box`).

Each value is sealed for its place, so it cannot be moved to another row. Passwords, tokens, codes and links
are not here: of those only hashes are stored. What an earlier version left in clear is sealed in one
transaction when the database is opened, and a setting written in it says so; the same setting tells at every
start whether the key is that of the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, Table, bindparam, select, update

from storage.engine import Database, ReadTx, Tx
from storage.errors import SealKeyError
from storage.sealing.box import SecretBox, is_sealed
from storage.sealing.contexts import (
    describe_account_key,
    describe_push_key,
    describe_push_secret,
    describe_two_factor,
)
from storage.statements import upsert
from storage.tables.accounts import keys
from storage.tables.auth import second_steps
from storage.tables.kernel import settings
from storage.tables.notifications import push_keys, push_subscriptions

CHECK_NAME, CHECK_CONTEXT, CHECK_TEXT = "seal_check", "seal check", "fedserver"


class SealedColumn(Struct, frozen=True):
    """A column with secrets, and the column that says whose each is."""

    column: Column[Any]
    owner: Column[Any]
    describe: Callable[[Any], str]

    @property
    def table(self) -> Table:
        """The table of both."""
        table: Table = self.column.table
        return table


SEALED_COLUMNS = (
    SealedColumn(keys.c.private, keys.c.uri, describe_account_key),
    SealedColumn(second_steps.c.secret, second_steps.c.member_id, describe_two_factor),
    SealedColumn(push_keys.c.private, push_keys.c.id, describe_push_key),
    SealedColumn(push_subscriptions.c.auth_secret, push_subscriptions.c.token_id, describe_push_secret),
)
FIND_CHECK = select(settings.c.value).where(settings.c.name == bindparam("name"))
INSERT_CHECK = upsert(settings).on_conflict_do_nothing()
LIST_VALUES = {
    sealed.column: select(sealed.owner, sealed.column).where(sealed.column.is_not(None))
    for sealed in SEALED_COLUMNS
}
SET_VALUE = {
    sealed.column: update(sealed.table)
    .where(sealed.owner == bindparam("b_owner"))
    .values({sealed.column.name: bindparam("b_value")})
    for sealed in SEALED_COLUMNS
}


async def ensure_sealed(db: Database, box: SecretBox) -> None:
    """Seal what is in clear, once; check that the key is that of the database. Raises SealKeyError."""
    async with db.read() as tx:
        check = await find_check(tx)
    if check is None:
        async with db.write() as tx:
            # Of several processes that start together one inserts the row, and the others wait for it.
            check = encode_check(box)
            if await tx.run(INSERT_CHECK, name=CHECK_NAME, value=check, updated_at=tx.now):
                await _seal_values(tx)
            else:
                check = await find_check(tx)
    # guard: key of the database
    require_key(box, check or "")


def encode_check(box: SecretBox) -> str:
    """Return the value of the setting that tells whether a key is the right one, JSON; create the key.

    Raises SealKeyError.
    """
    try:
        return json.dumps(box.encrypt(CHECK_TEXT, CHECK_CONTEXT))
    except OSError as error:
        raise SealKeyError(f"the seal key cannot be used: {error}") from error


def require_key(box: SecretBox, check: str) -> None:
    """Raise SealKeyError if `check`, the value of the setting, was written with another key."""
    if not matches_key(box, check):
        raise SealKeyError(
            f"{box.path} is not the key with which the secrets in this database are sealed. "
            "Please put that key there, from its backup or from another machine of this node; if it is lost, "
            "see “A lost seal key” in docs/operating.md"
        )


def matches_key(box: SecretBox, check: str) -> bool:
    """Return True if `check`, the value of the setting, was written with this key. Raises SealKeyError."""
    try:
        return box.decrypt(json.loads(check), CHECK_CONTEXT) == CHECK_TEXT
    except OSError as error:
        raise SealKeyError(f"the seal key cannot be used: {error}") from error
    except (ValueError, TypeError, AttributeError):
        return False


async def _seal_values(tx: Tx) -> None:
    for sealed in SEALED_COLUMNS:
        rows = await tx.all(LIST_VALUES[sealed.column])
        await tx.run_many(
            SET_VALUE[sealed.column],
            [
                {"b_owner": owner, "b_value": tx.seal(value, sealed.describe(owner))}
                for owner, value in rows
                if not is_sealed(value)
            ],
        )


async def find_check(tx: ReadTx) -> str | None:
    """Return the setting that tells whether a key is the right one; None before secrets were sealed."""
    check: str | None = await tx.value(FIND_CHECK, name=CHECK_NAME)
    return check
