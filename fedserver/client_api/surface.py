"""Everything that client programs ask for."""

from __future__ import annotations

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
from fedserver.http import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface."""
    files = (
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
    return [endpoint for file in files for endpoint in file.routes.endpoints]
