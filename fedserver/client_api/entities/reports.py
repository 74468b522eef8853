"""Report, AccountWarning and RelationshipSeveranceEvent (docs.joinmastodon.org/entities/Report …)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.times import to_iso, to_iso_or_none
from fedserver.domain.accounts import account_views
from fedserver.domain.moderation import appeals, reports
from fedserver.links import Links
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.moderation import AppealRow, ReportRow
from storage.rows.peers import SeveranceRow


class ReportFacts(Struct, frozen=True, kw_only=True):
    """The fields that Report and Admin::Report have in common."""

    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str


class Report(ReportFacts, frozen=True, kw_only=True):
    status_ids: list[str] | None
    collection_ids: list[str] | None = None
    rule_ids: list[str] | None
    target_account: Account


class Appeal(Struct, frozen=True):
    text: str
    state: str


class AccountWarning(Struct, frozen=True):
    id: str
    action: str
    text: str
    status_ids: list[str] | None
    target_account: Account
    created_at: str
    appeal: Appeal | None


class RelationshipSeveranceEvent(Struct, frozen=True):
    """Follows that were lost.

    `purged` is always true, as the lost follows themselves are not kept.
    """

    id: str
    type: str
    purged: bool
    target_name: str
    followers_count: int
    following_count: int
    created_at: str


def render_report_facts(row: ReportRow) -> ReportFacts:
    """Return what both the reporter and the moderators see of a report."""
    return ReportFacts(
        id=str(row.id),
        action_taken=row.resolved_at is not None,
        action_taken_at=to_iso_or_none(row.resolved_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=to_iso(row.created_at),
    )


def render_report(links: Links, row: ReportRow, target: account_views.AccountView) -> Report:
    """Return a report as the account that filed it sees it."""
    posts, rules = reports.post_ids(row), reports.rule_ids(row)
    return Report(
        **structs.asdict(render_report_facts(row)),
        status_ids=[str(post_id) for post_id in posts] or None,
        rule_ids=[str(rule_id) for rule_id in rules] or None,
        target_account=render_account(links, target),
    )


def render_account_warning(
    links: Links,
    row: LogEntryRow,
    target: account_views.AccountView,
    appeal_row: AppealRow | None,
    posts: Sequence[LogEntryPostRow],
) -> AccountWarning:
    """Return a moderation action as the member it concerns sees it, with their appeal."""
    action = row.verb.removeprefix("account.")
    ids = [str(post.post_id) for post in posts]
    appeal = Appeal(appeal_row.text, appeals.render_state(appeal_row)) if appeal_row is not None else None
    return AccountWarning(
        str(row.id), action, row.reason, ids or None, render_account(links, target), to_iso(row.at), appeal
    )


def render_severance_event(row: SeveranceRow) -> RelationshipSeveranceEvent:
    """Return an event of lost follows."""
    return RelationshipSeveranceEvent(
        str(row.id),
        row.kind,
        True,
        row.target_name,
        row.followers_count,
        row.following_count,
        to_iso(row.created_at),
    )
