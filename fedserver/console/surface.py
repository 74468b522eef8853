"""The endpoints of the console, under /admin."""

from __future__ import annotations

from fedserver.console import (
    accounts,
    announcements,
    appeals,
    emojis,
    invitations,
    legal_texts,
    log,
    overview,
    partners,
    peer_lists,
    peers,
    queue,
    relays,
    reports,
    rules,
    settings,
    sign_ups,
)
from fedserver.console.auth import ip_blocks, members, roles
from fedserver.console.metrics import health, storage
from fedserver.console.registration import email_blocks
from fedserver.console.timelines import trends
from fedserver.web.endpoint import Endpoint

RESOURCES = (
    accounts, announcements, appeals, emojis, invitations, log, overview, partners, peer_lists, peers, queue,
    relays, reports, sign_ups, members, roles,
    ip_blocks, email_blocks, trends, health, storage,
    legal_texts, rules, settings,
)  # fmt: skip


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface: those of every resource that is named here."""
    return [endpoint for resource in RESOURCES for endpoint in resource.routes.endpoints]
