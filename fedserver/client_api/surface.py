"""Everything that client programs ask for."""

from __future__ import annotations

from fedserver import client_api
from fedserver.http import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface: those of every resource that its door names."""
    resources = [getattr(client_api, name) for name in client_api.__all__]
    return [endpoint for resource in resources for endpoint in resource.routes.endpoints]
