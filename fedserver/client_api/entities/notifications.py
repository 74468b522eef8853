"""Notification (docs.joinmastodon.org/entities/Notification)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver import domain
from fedserver.client_api.entities.accounts import Account, account
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
    )
