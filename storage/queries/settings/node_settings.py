"""Settings by name, and the revision that grows with every change."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from storage.engine import ReadTx, Tx
from storage.rows.settings import NodeSettingRow
from storage.statements import columns_of, to_rows, upsert
from storage.tables.settings import node_settings, settings_heads

LIST_ALL = select(*columns_of(node_settings, NodeSettingRow)).order_by(node_settings.c.name)
_setting = upsert(node_settings)
SET_VALUE = _setting.on_conflict_do_update(
    index_elements=["name"],
    set_={"value": _setting.excluded.value, "updated_at": _setting.excluded.updated_at},
)
ADD = upsert(node_settings).on_conflict_do_nothing()
FIND_REVISION = select(settings_heads.c.revision)
_head = upsert(settings_heads).values(id=1, revision=1)
# Other writers wait for the lock on this row.
ADVANCE = _head.on_conflict_do_update(
    index_elements=[settings_heads.c.id], set_={"revision": settings_heads.c.revision + 1}
).returning(settings_heads.c.revision)


async def find_revision(tx: ReadTx) -> int:
    """Return the number of the latest change, 0 before the first."""
    return await tx.value(FIND_REVISION) or 0


async def advance(tx: Tx) -> int:
    """Count a change and return its number; other writers of settings wait until this one has committed."""
    revision: int = await tx.value(ADVANCE)
    return revision


async def list_all(tx: ReadTx) -> list[NodeSettingRow]:
    """Return all settings that this database knows."""
    return to_rows(NodeSettingRow, await tx.all(LIST_ALL))


async def set_values(tx: Tx, values: Mapping[str, str | None]) -> None:
    """Set settings to JSON, or None for their default."""
    await tx.run_many(SET_VALUE, _to_params(tx, values))


async def add_missing(tx: Tx, values: Mapping[str, str | None]) -> None:
    """Add settings that this database does not know; those that it knows keep their value."""
    await tx.run_many(ADD, _to_params(tx, values))


def _to_params(tx: Tx, values: Mapping[str, str | None]) -> list[dict[str, object]]:
    return [{"name": name, "value": value, "updated_at": tx.now} for name, value in values.items()]
