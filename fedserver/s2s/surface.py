"""Everything that peers ask for."""

from __future__ import annotations

from fedserver.s2s import actor, collections, inbox, nodeinfo, objects, partners, webfinger
from fedserver.web.endpoint import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface."""
    files = (actor, collections, inbox, nodeinfo, objects, partners, webfinger)
    return [endpoint for file in files for endpoint in file.routes.endpoints]
