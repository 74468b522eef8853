"""Who may read what this node holds: one answer from the settings that decide it.

They are `community.readers`, `federation.mode` and `federation.authorized_fetch`. FEDERATION.md has the table
of modes, routes and callers that follows from it.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from fedserver.config import Config
from fedserver.text.locales import gettext


class AccessMode(Struct, frozen=True):
    """The readers of a node beside its members, who may always read."""

    peers: str
    """The peers that take part: `open` (all that are not blocked), `allowlist`, `partners` or `closed`."""
    admits_visitors: bool
    """True if pages, feeds and the client API are for people without a login, too."""
    requires_signatures: bool
    """True if every ActivityPub document but the node's own actor needs a signed request."""
    is_private: bool
    """True if the node is for its members, or its members and partners.

    Files then need more than their address, and nothing goes to relays.
    """


@cache
def get_access_mode(readers: str, federation: str, authorized_fetch: bool) -> AccessMode:
    """Return the mode for `community.readers`, `federation.mode` and `federation.authorized_fetch`.

    Where only members read, peers read only if they were chosen: a server that anyone may set up tomorrow is
    anyone. So `open` federation counts as `allowlist` there.
    """
    is_private = readers != "everyone"
    admits_visitors = federation == "open" and not is_private
    peers = federation
    if is_private and federation != "closed":
        peers = "partners" if readers == "partners" else "allowlist"
    return AccessMode(
        peers=peers,
        admits_visitors=admits_visitors,
        requires_signatures=authorized_fetch or not admits_visitors,
        is_private=is_private,
    )


def list_contradictions(config: Config) -> list[str]:
    """Return what in the settings says one thing and means another, for admins; empty if nothing does."""
    readers, warnings = config.community.readers, []
    if readers == "members" and config.federation.mode == "open":
        warnings.append(
            gettext(
                "Only members and the peers that you allow can read here, so open federation has no effect. "
                "Please set federation.mode to allowlist or closed."
            )
        )
    if readers == "partners" and config.federation.mode == "open":
        warnings.append(
            gettext(
                "Only members and partners can read here, so open federation has no effect. Please set "
                "federation.mode to allowlist."
            )
        )
    if readers != "everyone" and config.registration.mode == "open":
        warnings.append(
            gettext(
                "Only members can read here, but anyone can become one. Please set registration.mode to "
                "approval or invite."
            )
        )
    return warnings
