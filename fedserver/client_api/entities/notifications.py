"""Notification (docs.joinmastodon.org/entities/Notification)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver import domain
from fedserver.client_api.entities.accounts import Account, account
from fedserver.client_api.entities.reports import (
    AccountWarning,
    RelationshipSeveranceEvent,
    Report,
    account_warning,
    report,
    severance_event,
)
from fedserver.client_api.entities.statuses import Status, status
from fedserver.client_api.entities.times import iso
from fedserver.links import Links


class Notification(Struct, frozen=True):
    id: str
    type: str
    group_key: str
    created_at: str
    account: Account
    status: Status | UnsetType = UNSET
    report: Report | UnsetType = UNSET
    moderation_warning: AccountWarning | UnsetType = UNSET
    event: RelationshipSeveranceEvent | UnsetType = UNSET


def notification(links: Links, view: domain.notifications.NotificationView) -> Notification:
    """What an account is told."""
    row = view.row
    return Notification(
        str(row.id),
        row.kind,
        f"ungrouped-{row.id}",
        iso(row.created_at),
        account(links, view.account),
        status(links, view.post) if view.post is not None else UNSET,
        **_subject(links, view.subject),
    )


def _subject(links: Links, found: domain.notification_subjects.Subject | None) -> dict[str, Any]:
    if found is None:
        return {}
    if found.severance is not None:
        return {"event": severance_event(found.severance)}
    if found.report is not None and found.target is not None:
        return {"report": report(links, found.report, found.target)}
    if found.act is not None and found.target is not None:
        return {"moderation_warning": account_warning(links, found.act, found.target)}
    return {}
