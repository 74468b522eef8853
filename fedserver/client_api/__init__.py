"""The Mastodon-compatible client API: one file a resource, all named here."""

from fedserver.client_api import (
    accounts,
    announcements,
    apps,
    domain_blocks,
    filters,
    instance,
    lists,
    markers,
    media,
    notifications,
    people,
    search,
    statuses,
    streaming,
    stubs,
    timelines,
)

__all__ = [
    "accounts",
    "announcements",
    "apps",
    "domain_blocks",
    "filters",
    "instance",
    "lists",
    "markers",
    "media",
    "notifications",
    "people",
    "search",
    "statuses",
    "streaming",
    "stubs",
    "timelines",
]
