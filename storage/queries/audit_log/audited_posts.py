"""Posts that moderation log entries are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, select, update

from storage.engine import ReadTx, Tx, first_id_at
from storage.rows.audit_log import LogEntryPostRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.audit_log import act_posts

INSERT = upsert(act_posts)
LOAD_BY_ENTRIES = (
    select(*columns_of(act_posts, LogEntryPostRow))
    .where(one_of(act_posts.c.act_id, "act_ids"))
    .order_by(act_posts.c.act_id, act_posts.c.post_id)
)
ERASE_TEXTS = (
    update(act_posts)
    .where(act_posts.c.act_id < bindparam("before_id"), act_posts.c.text != "")
    .values(text="")
)


async def insert(tx: Tx, rows: Iterable[LogEntryPostRow]) -> None:
    await tx.run_many(INSERT, [structs.asdict(row) for row in rows])


async def load_by_entries(tx: ReadTx, act_ids: Sequence[int]) -> dict[int, list[LogEntryPostRow]]:
    """Return the posts of entries, oldest post first; entries without posts are missing."""
    posts: dict[int, list[LogEntryPostRow]] = {}
    for row in to_rows(LogEntryPostRow, await tx.all(LOAD_BY_ENTRIES, act_ids=list(act_ids))):
        posts.setdefault(row.act_id, []).append(row)
    return posts


async def erase_texts(tx: Tx, before: int) -> None:
    """Erase the texts of posts whose entries are older than a time (ms UTC)."""
    await tx.run(ERASE_TEXTS, before_id=first_id_at(before))
