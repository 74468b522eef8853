"""Settings that admins change while the node runs: JSON by name."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from storage.engine import ReadTx, Tx
from storage.statements import upsert
from storage.tables.kernel import settings

FIND = select(settings.c.value).where(settings.c.name == bindparam("name"))
_upsert = upsert(settings)
SET_VALUE = _upsert.on_conflict_do_update(
    index_elements=["name"], set_={"value": _upsert.excluded.value, "updated_at": _upsert.excluded.updated_at}
)


async def find(tx: ReadTx, name: str) -> str | None:
    """Return the JSON of a setting; None before it was first set."""
    value: str | None = await tx.value(FIND, name=name)
    return value


async def set_value(tx: Tx, name: str, value: str) -> None:
    await tx.run(SET_VALUE, name=name, value=value, updated_at=tx.now)
