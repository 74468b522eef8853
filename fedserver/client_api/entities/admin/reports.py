"""Admin::Report (docs.joinmastodon.org/entities/Admin_Report) and Rule."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.admin.accounts import AdminAccount, admin_account
from fedserver.client_api.entities.statuses import Status, status
from fedserver.client_api.entities.times import iso, iso_or_none
from fedserver.domain.moderation import report_views, rules
from fedserver.links import Links


class Rule(Struct, frozen=True):
    id: str
    text: str
    hint: str = ""


class AdminReport(Struct, frozen=True, kw_only=True):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    updated_at: str
    account: AdminAccount
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: list[Status]
    rules: list[Rule]


def rule(found: rules.Rule) -> Rule:
    """A rule of the community."""
    return Rule(str(found.number), found.text)


def admin_report(links: Links, view: report_views.ReportView) -> AdminReport:
    """A report as moderators see it."""
    row = view.row
    return AdminReport(
        id=str(row.id),
        action_taken=row.resolved_at is not None,
        action_taken_at=iso_or_none(row.resolved_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        account=admin_account(links, view.account),
        target_account=admin_account(links, view.target),
        assigned_account=admin_account(links, view.assigned) if view.assigned else None,
        action_taken_by_account=admin_account(links, view.resolved_by) if view.resolved_by else None,
        statuses=[status(links, each) for each in view.posts],
        rules=[rule(each) for each in view.rules],
    )
