"""Admin::Report (docs.joinmastodon.org/entities/Admin_Report) and Rule."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.client_api.entities.admin.accounts import AdminAccount, render_admin_account
from fedserver.client_api.entities.reports import ReportFacts, render_report_facts
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.moderation import report_views, rules
from fedserver.links import Links


class RuleTranslation(Struct, frozen=True):
    text: str
    hint: str


class Rule(Struct, frozen=True):
    id: str
    text: str
    hint: str = ""
    translations: dict[str, RuleTranslation] = {}


class AdminReport(ReportFacts, frozen=True, kw_only=True):
    updated_at: str
    account: AdminAccount
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: list[Status]
    rules: list[Rule]


def render_rule(rule: rules.CommunityRule) -> Rule:
    """Return a rule of the community."""
    translations = {
        language: RuleTranslation(texts.text, texts.hint) for language, texts in rule.translations.items()
    }
    return Rule(str(rule.number), rule.text, rule.hint, translations)


def render_admin_report(links: Links, view: report_views.ReportView) -> AdminReport:
    """Return a report as moderators see it."""
    row = view.row
    return AdminReport(
        **structs.asdict(render_report_facts(row)),
        updated_at=to_iso(row.updated_at),
        account=render_admin_account(links, view.account),
        target_account=render_admin_account(links, view.target),
        assigned_account=render_admin_account(links, view.assigned) if view.assigned else None,
        action_taken_by_account=render_admin_account(links, view.resolved_by) if view.resolved_by else None,
        statuses=[render_status(links, post) for post in view.posts],
        rules=[render_rule(rule) for rule in view.rules],
    )
