"""Settings that admins change while the node runs: JSON by name."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from storage.engine import Tx
from storage.statements import upsert
from storage.tables.kernel import settings

GET = select(settings.c.value).where(settings.c.name == bindparam("name"))
_put = upsert(settings)
PUT = _put.on_conflict_do_update(
    index_elements=["name"], set_={"value": _put.excluded.value, "updated_at": _put.excluded.updated_at}
)


async def get(tx: Tx, name: str) -> str | None:
    """The JSON of a setting, None before it was first set."""
    found: str | None = await tx.value(GET, name=name)
    return found


async def put(tx: Tx, name: str, value: str) -> None:
    await tx.run(PUT, name=name, value=value, updated_at=tx.now)
