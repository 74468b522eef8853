"""Notification (docs.joinmastodon.org/entities/Notification), NotificationGroup, NotificationRequest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.reports import (
    AccountWarning,
    RelationshipSeveranceEvent,
    Report,
    render_account_warning,
    render_report,
    render_severance_event,
)
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.notifications import (
    notification_groups,
    notification_requests,
    notification_subjects,
    notification_views,
)
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


def render_notification(links: Links, view: notification_views.NotificationView) -> Notification:
    """Return a notification."""
    row = view.row
    return Notification(
        str(row.id),
        row.kind,
        row.group_key,
        to_iso(row.created_at),
        render_account(links, view.account),
        render_status(links, view.post) if view.post is not None else UNSET,
        **_render_subject(links, view.subject),
    )


class NotificationGroup(Struct, frozen=True, kw_only=True):
    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    sample_account_ids: list[str]
    page_min_id: str | UnsetType = UNSET
    page_max_id: str | UnsetType = UNSET
    latest_page_notification_at: str | UnsetType = UNSET
    status_id: str | UnsetType = UNSET


class PartialAccountWithAvatar(Struct, frozen=True):
    id: str
    acct: str
    locked: bool
    bot: bool
    url: str
    avatar: str
    avatar_static: str
    avatar_description: str


class GroupedNotificationsResults(Struct, frozen=True):
    accounts: list[Account]
    statuses: list[Status]
    notification_groups: list[NotificationGroup]
    partial_accounts: list[PartialAccountWithAvatar] | UnsetType = UNSET


def _render_group(view: notification_groups.NotificationGroupView, *, paged: bool) -> NotificationGroup:
    row = view.newest.row
    return NotificationGroup(
        group_key=view.key,
        notifications_count=view.count,
        type=row.kind,
        most_recent_notification_id=row.id,
        sample_account_ids=[str(sender.account.id) for sender in view.senders],
        page_min_id=str(view.page_min_id) if paged else UNSET,
        page_max_id=str(row.id) if paged else UNSET,
        latest_page_notification_at=to_iso(row.created_at) if paged else UNSET,
        status_id=str(row.post_id) if row.post_id is not None else UNSET,
    )


def _render_partial_account(account: Account) -> PartialAccountWithAvatar:
    return PartialAccountWithAvatar(**{name: getattr(account, name) for name in PARTIAL_FIELDS})


PARTIAL_FIELDS = PartialAccountWithAvatar.__struct_fields__


def render_grouped_notifications(
    links: Links,
    views: Iterable[notification_groups.NotificationGroupView],
    *,
    paged: bool = True,
    partial: bool = False,
) -> GroupedNotificationsResults:
    """Return groups of notifications, with each account and post once.

    `partial`: of each group only the newest sender is given in full, the others as partial accounts.
    """
    views = list(views)
    senders = {sender.account.id: sender for view in views for sender in view.senders}
    full = {view.newest.account.account.id for view in views} if partial else senders.keys()
    accounts = {account_id: render_account(links, sender) for account_id, sender in senders.items()}
    posts = {view.newest.post.post.id: view.newest.post for view in views if view.newest.post is not None}
    return GroupedNotificationsResults(
        accounts=[account for account_id, account in accounts.items() if account_id in full],
        statuses=[render_status(links, post) for post in posts.values()],
        notification_groups=[_render_group(view, paged=paged) for view in views],
        partial_accounts=[
            _render_partial_account(account)
            for account_id, account in accounts.items()
            if account_id not in full
        ]
        if partial
        else UNSET,
    )


class NotificationRequest(Struct, frozen=True):
    id: str
    created_at: str
    updated_at: str
    account: Account
    notifications_count: str
    last_status: Status | None


def render_notification_request(
    links: Links, view: notification_requests.NotificationRequestView
) -> NotificationRequest:
    """Return the notifications of one account that the policy holds back."""
    row = view.row
    return NotificationRequest(
        str(row.id),
        to_iso(row.first_at),
        to_iso(row.last_at),
        render_account(links, view.account),
        str(row.count),
        render_status(links, view.post) if view.post is not None else None,
    )


def _render_subject(
    links: Links, subject: notification_subjects.NotificationSubject | None
) -> dict[str, Any]:
    """Return what a notification is about, beside its post, as a field of Notification."""
    if subject is None:
        return {}
    if subject.severance is not None:
        return {"event": render_severance_event(subject.severance)}
    if subject.report is not None and subject.target is not None:
        return {"report": render_report(links, subject.report, subject.target)}
    if subject.act is not None and subject.target is not None:
        warning = render_account_warning(links, subject.act, subject.target, subject.appeal, subject.posts)
        return {"moderation_warning": warning}
    return {}
