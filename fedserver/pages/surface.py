"""Everything that people see."""

from __future__ import annotations

from fedserver import pages
from fedserver.http import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface; the more particular paths first."""
    own = [
        pages.settings,
        pages.security,
        pages.passwords,
        pages.emails,
        pages.email_subscriptions,
        pages.second_steps,
        pages.passkeys,
        pages.sessions,
        pages.data,
        pages.keys,
        pages.moves,
        pages.decisions,
    ]
    first = [pages.front, pages.joining, pages.language, pages.log, pages.reading, pages.writing]
    files = [*first, *own, pages.blog, pages.profiles, pages.polls, pages.partners, pages.posts]
    return [endpoint for file in files for endpoint in file.routes.endpoints]
