"""What moderators decided about things that may trend."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, select

from storage.engine import Tx
from storage.rows.timelines import TrendReviewRow
from storage.statements import columns_of, one_of, rows, upsert
from storage.tables.timelines import trend_reviews

COLUMNS = columns_of(trend_reviews, TrendReviewRow)
_put = upsert(trend_reviews)
PUT = _put.on_conflict_do_update(
    index_elements=["kind", "subject"],
    set_={name: _put.excluded[name] for name in ("approved", "reviewed_at", "reviewed_by_id")},
)
OF_SUBJECTS = select(*COLUMNS).where(
    trend_reviews.c.kind == bindparam("kind"), one_of(trend_reviews.c.subject, "subjects")
)
OF_KIND = (
    select(*COLUMNS)
    .where(trend_reviews.c.kind == bindparam("kind"))
    .order_by(trend_reviews.c.reviewed_at.desc())
    .limit(bindparam("most"))
)


async def put(tx: Tx, row: TrendReviewRow) -> None:
    """Keep a decision; a newer one about the same takes its place."""
    await tx.run(PUT, **structs.asdict(row))


async def of_subjects(tx: Tx, kind: str, subjects: Sequence[str]) -> dict[str, TrendReviewRow]:
    """Decisions by subject."""
    found = rows(TrendReviewRow, await tx.all(OF_SUBJECTS, kind=kind, subjects=list(subjects)))
    return {row.subject: row for row in found}


async def of_kind(tx: Tx, kind: str, most: int) -> list[TrendReviewRow]:
    """The latest decisions of a kind."""
    return rows(TrendReviewRow, await tx.all(OF_KIND, kind=kind, most=most))
