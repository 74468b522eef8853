"""Everything about giving apps access."""

from __future__ import annotations

from fedserver.http import Endpoint
from fedserver.oauth import authorize, login, metadata, token


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface."""
    return [endpoint for file in (authorize, login, metadata, token) for endpoint in file.routes.endpoints]
