"""Reviews: decisions of moderators on what may trend."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, select

from storage.engine import ReadTx, Tx
from storage.rows.timelines import TrendReviewRow
from storage.statements import columns_of, one_of, to_rows, upsert
from storage.tables.timelines import trend_reviews

COLUMNS = columns_of(trend_reviews, TrendReviewRow)
_upsert = upsert(trend_reviews)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["kind", "subject"],
    set_={name: _upsert.excluded[name] for name in ("approved", "reviewed_at", "reviewed_by_id")},
)
LOAD_BY_SUBJECTS = select(*COLUMNS).where(
    trend_reviews.c.kind == bindparam("kind"), one_of(trend_reviews.c.subject, "subjects")
)
LIST_BY_KIND = (
    select(*COLUMNS)
    .where(trend_reviews.c.kind == bindparam("kind"))
    .order_by(trend_reviews.c.reviewed_at.desc())
    .limit(bindparam("most"))
)


async def upsert_review(tx: Tx, row: TrendReviewRow) -> None:
    """Store a decision, in place of a former one on the same subject."""
    await tx.run(UPSERT, **structs.asdict(row))


async def load_by_subjects(tx: ReadTx, kind: str, subjects: Sequence[str]) -> dict[str, TrendReviewRow]:
    """Return decisions by subject."""
    rows = to_rows(TrendReviewRow, await tx.all(LOAD_BY_SUBJECTS, kind=kind, subjects=list(subjects)))
    return {row.subject: row for row in rows}


async def list_by_kind(tx: ReadTx, kind: str, limit: int) -> list[TrendReviewRow]:
    """Return the latest decisions of a kind."""
    return to_rows(TrendReviewRow, await tx.all(LIST_BY_KIND, kind=kind, most=limit))
