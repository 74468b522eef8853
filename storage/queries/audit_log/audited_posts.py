"""Posts that acts of moderators were about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, select, update

from storage.engine import Tx
from storage.ids import first_at
from storage.rows.audit_log import ActPostRow
from storage.statements import columns_of, one_of, rows, upsert
from storage.tables.audit_log import act_posts

ADD = upsert(act_posts)
OF_ACTS = (
    select(*columns_of(act_posts, ActPostRow))
    .where(one_of(act_posts.c.act_id, "act_ids"))
    .order_by(act_posts.c.act_id, act_posts.c.post_id)
)
FORGET_TEXTS = (
    update(act_posts)
    .where(act_posts.c.act_id < bindparam("before_id"), act_posts.c.text != "")
    .values(text="")
)


async def add(tx: Tx, found: Iterable[ActPostRow]) -> None:
    await tx.run_many(ADD, [structs.asdict(row) for row in found])


async def of_acts(tx: Tx, act_ids: Sequence[int]) -> dict[int, list[ActPostRow]]:
    """By act, the oldest post first; acts about no post are missing."""
    found: dict[int, list[ActPostRow]] = {}
    for row in rows(ActPostRow, await tx.all(OF_ACTS, act_ids=list(act_ids))):
        found.setdefault(row.act_id, []).append(row)
    return found


async def forget_texts(tx: Tx, before: int) -> None:
    """What was said in posts that were acted on before a moment (ms UTC) is needed no more."""
    await tx.run(FORGET_TEXTS, before_id=first_at(before))
