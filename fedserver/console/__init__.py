"""What moderators see in a browser, with or without JavaScript: one file a subject, all named here."""

from fedserver.console import (
    accounts,
    announcements,
    appeals,
    invitations,
    log,
    overview,
    partners,
    peer_lists,
    peers,
    queue,
    relays,
    reports,
    sign_ups,
)

__all__ = [
    "accounts",
    "announcements",
    "appeals",
    "invitations",
    "log",
    "overview",
    "partners",
    "peer_lists",
    "peers",
    "queue",
    "relays",
    "reports",
    "sign_ups",
]
