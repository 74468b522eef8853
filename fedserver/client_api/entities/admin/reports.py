"""Admin::Report (docs.joinmastodon.org/entities/Admin_Report) and Rule."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.admin.accounts import AdminAccount, render_admin_account
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entities.times import to_iso, to_iso_or_none
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


def render_rule(rule: rules.CommunityRule) -> Rule:
    """Return a rule of the community."""
    return Rule(str(rule.number), rule.text)


def render_admin_report(links: Links, view: report_views.ReportView) -> AdminReport:
    """Return a report as moderators see it."""
    row = view.row
    return AdminReport(
        id=str(row.id),
        action_taken=row.resolved_at is not None,
        action_taken_at=to_iso_or_none(row.resolved_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=to_iso(row.created_at),
        updated_at=to_iso(row.updated_at),
        account=render_admin_account(links, view.account),
        target_account=render_admin_account(links, view.target),
        assigned_account=render_admin_account(links, view.assigned) if view.assigned else None,
        action_taken_by_account=render_admin_account(links, view.resolved_by) if view.resolved_by else None,
        statuses=[render_status(links, post) for post in view.posts],
        rules=[render_rule(rule) for rule in view.rules],
    )
