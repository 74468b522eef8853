"""What notifications of moderation are about: a report, an act, lost follows. At most six statements."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain import account_views
from fedserver.domain.account_views import AccountView
from storage import ActPostRow, ActRow, AppealRow, NotificationRow, ReportRow, SeveranceRow, Tx, queries


class Subject(Struct, frozen=True):
    """One of three; `target` is the account that the report or the act is about."""

    report: ReportRow | None = None
    act: ActRow | None = None
    severance: SeveranceRow | None = None
    appeal: AppealRow | None = None  # against the act
    posts: tuple[ActPostRow, ...] = ()  # that the act was about
    target: AccountView | None = None


async def load(tx: Tx, rows: Sequence[NotificationRow]) -> dict[int, Subject]:
    """Subjects by the id of the notification; those whose subject is gone are missing."""
    asked = {(row.kind, row.subject_id) for row in rows if row.subject_id is not None}
    if not asked:
        return {}
    wanted: dict[str, list[int]] = {}
    for kind, subject_id in asked:
        wanted.setdefault(kind, []).append(subject_id)
    found: dict[tuple[str, int], Subject] = {}
    if ids := wanted.get("admin.report"):
        reports = await queries.reports.by_ids(tx, ids)
        targets = await account_views.load(tx, list({row.target_id for row in reports}))
        for report in reports:
            found["admin.report", report.id] = Subject(report=report, target=targets.get(report.target_id))
    if ids := wanted.get("moderation_warning"):
        warned = {row.subject_id: row.account_id for row in rows if row.kind == "moderation_warning"}
        targets = await account_views.load(tx, list(set(warned.values())))
        posts = await queries.act_posts.of_acts(tx, ids)
        appeals = await queries.appeals.of_acts(tx, ids)
        for act in await queries.acts.by_ids(tx, ids):
            target, appeal = targets.get(warned[act.id]), appeals.get(act.id)
            found["moderation_warning", act.id] = Subject(
                act=act, target=target, appeal=appeal, posts=tuple(posts.get(act.id, ()))
            )
    if ids := wanted.get("severed_relationships"):
        for severance in await queries.severances.by_ids(tx, ids):
            found["severed_relationships", severance.id] = Subject(severance=severance)
    return {
        row.id: found[row.kind, row.subject_id]
        for row in rows
        if row.subject_id is not None and (row.kind, row.subject_id) in found
    }
