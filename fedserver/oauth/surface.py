"""All endpoints of OAuth and log-in."""

from __future__ import annotations

from fedserver.oauth import (
    authorize,
    identities,
    login,
    metadata,
    passkeys,
    reauthentication,
    token,
    two_factor,
)
from fedserver.web.endpoint import Endpoint


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface."""
    files = (authorize, login, two_factor, passkeys, reauthentication, identities, metadata, token)
    return [endpoint for file in files for endpoint in file.routes.endpoints]
