"""Everything about giving apps access, and logging in."""

from __future__ import annotations

from fedserver.oauth import authorize, identities, login, metadata, passkeys, proofs, second_steps, token
from fedserver.web.endpoint import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface."""
    files = (authorize, login, second_steps, passkeys, proofs, identities, metadata, token)
    return [endpoint for file in files for endpoint in file.routes.endpoints]
