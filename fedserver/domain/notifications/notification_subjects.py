"""Subjects of moderation notifications: a report, a decision, lost follows. At most six statements."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from storage.engine import ReadTx
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.peers import severances as severance_queries
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.moderation import AppealRow, ReportRow
from storage.rows.notifications import NotificationRow
from storage.rows.peers import SeveranceRow


class NotificationSubject(Struct, frozen=True):
    """One of report, decision and severance; `target` is the account that it is about."""

    report: ReportRow | None = None
    act: LogEntryRow | None = None
    severance: SeveranceRow | None = None
    appeal: AppealRow | None = None  # against the decision
    posts: tuple[LogEntryPostRow, ...] = ()  # that the decision was about
    target: AccountView | None = None


async def load(tx: ReadTx, rows: Sequence[NotificationRow]) -> dict[int, NotificationSubject]:
    """Return subjects by notification id; those whose subject is gone are missing."""
    keys = {(row.kind, row.subject_id) for row in rows if row.subject_id is not None}
    if not keys:
        return {}
    ids_by_kind: dict[str, list[int]] = {}
    for kind, subject_id in keys:
        ids_by_kind.setdefault(kind, []).append(subject_id)
    subjects: dict[tuple[str, int], NotificationSubject] = {}
    if ids := ids_by_kind.get("admin.report"):
        reports = await report_queries.load_by_ids(tx, ids)
        targets = await account_views.load(tx, list({row.target_id for row in reports}))
        for report in reports:
            subjects["admin.report", report.id] = NotificationSubject(
                report=report, target=targets.get(report.target_id)
            )
    if ids := ids_by_kind.get("moderation_warning"):
        warned = {row.subject_id: row.account_id for row in rows if row.kind == "moderation_warning"}
        targets = await account_views.load(tx, list(set(warned.values())))
        posts = await audited_post_queries.load_by_entries(tx, ids)
        appeals = await appeal_queries.load_by_entries(tx, ids)
        for act in await audit_log_queries.load_by_ids(tx, ids):
            target, appeal = targets.get(warned[act.id]), appeals.get(act.id)
            subjects["moderation_warning", act.id] = NotificationSubject(
                act=act, target=target, appeal=appeal, posts=tuple(posts.get(act.id, ()))
            )
    if ids := ids_by_kind.get("severed_relationships"):
        for severance in await severance_queries.load_by_ids(tx, ids):
            subjects["severed_relationships", severance.id] = NotificationSubject(severance=severance)
    return {
        row.id: subjects[row.kind, row.subject_id]
        for row in rows
        if row.subject_id is not None and (row.kind, row.subject_id) in subjects
    }
