"""The whole schema: importing this module defines every table on `metadata`."""

from storage.tables import (
    accounts,
    audit_log,
    auth,
    content,
    kernel,
    moderation,
    notifications,
    peers,
    portability,
    posts,
    registration,
    relationships,
    settings,
    timelines,
)
from storage.tables.metadata import metadata

__all__ = [
    "accounts",
    "audit_log",
    "auth",
    "content",
    "kernel",
    "metadata",
    "moderation",
    "notifications",
    "peers",
    "portability",
    "posts",
    "registration",
    "relationships",
    "settings",
    "timelines",
]
