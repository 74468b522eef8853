"""Custom emoji of this node."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select, update

from storage.engine import ReadTx, Tx
from storage.rows.content import EmojiRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.content import emojis

COLUMNS = columns_of(emojis, EmojiRow)
INSERT = upsert(emojis).on_conflict_do_nothing()
LOAD_ENABLED = select(*COLUMNS).where(one_of(emojis.c.shortcode, "names"), ~emojis.c.disabled)
LIST_ALL = select(*COLUMNS).order_by(emojis.c.shortcode)
FIND = select(*COLUMNS).where(emojis.c.id == bindparam("id"))
FIND_BY_SHORTCODE = select(*COLUMNS).where(emojis.c.shortcode == bindparam("shortcode"))
COUNT = select(func.count()).select_from(emojis)
UPDATE = (
    update(emojis)
    .where(emojis.c.id == bindparam("b_id"))
    .values(
        category=bindparam("b_category"),
        disabled=bindparam("b_disabled"),
        file_key=bindparam("b_file_key"),
        static_key=bindparam("b_static_key"),
        content_type=bindparam("b_content_type"),
    )
)
DELETE = delete(emojis).where(emojis.c.id == bindparam("id"))


async def insert(tx: Tx, row: EmojiRow) -> bool:
    """Add an emoji; return False if there is one with that shortcode."""
    return await tx.run(INSERT, **structs.asdict(row)) > 0


async def load_enabled(tx: ReadTx, names: Sequence[str]) -> dict[str, EmojiRow]:
    """Return the emoji that may be used, by shortcode."""
    return {row.shortcode: row for row in to_rows(EmojiRow, await tx.all(LOAD_ENABLED, names=list(names)))}


async def list_all(tx: ReadTx) -> list[EmojiRow]:
    """Return all emoji by shortcode, disabled ones too."""
    return to_rows(EmojiRow, await tx.all(LIST_ALL))


async def find(tx: ReadTx, emoji_id: int) -> EmojiRow | None:
    return to_row_or_none(EmojiRow, await tx.one(FIND, id=emoji_id))


async def find_by_shortcode(tx: ReadTx, shortcode: str) -> EmojiRow | None:
    return to_row_or_none(EmojiRow, await tx.one(FIND_BY_SHORTCODE, shortcode=shortcode))


async def count(tx: ReadTx) -> int:
    return int(await tx.value(COUNT))


async def update_emoji(tx: Tx, row: EmojiRow) -> None:
    """Write what may change of an emoji; its shortcode stays."""
    await tx.run(
        UPDATE,
        b_id=row.id,
        b_category=row.category,
        b_disabled=row.disabled,
        b_file_key=row.file_key,
        b_static_key=row.static_key,
        b_content_type=row.content_type,
    )


async def delete_by_id(tx: Tx, emoji_id: int) -> None:
    await tx.run(DELETE, id=emoji_id)
