"""Everything about giving apps access, and logging in."""

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
    """The endpoints of this surface."""
    files = (authorize, login, two_factor, passkeys, reauthentication, identities, metadata, token)
    return [endpoint for file in files for endpoint in file.routes.endpoints]
