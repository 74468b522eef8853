"""All endpoints that peers use."""

from __future__ import annotations

from fedserver.s2s import (
    actor,
    collections,
    followers,
    inbox,
    nodeinfo,
    objects,
    partners,
    quotes,
    threads,
    webfinger,
)
from fedserver.web.endpoint import Endpoint


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface."""
    modules = (actor, collections, followers, inbox, nodeinfo, objects, partners, quotes, threads, webfinger)
    return [endpoint for module in modules for endpoint in module.routes.endpoints]
