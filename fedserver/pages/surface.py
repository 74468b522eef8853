"""Everything that people see."""

from __future__ import annotations

from fedserver.pages.accounts import keys, language, profiles, settings
from fedserver.pages.audit_log import log
from fedserver.pages.auth import emails, passkeys, passwords, security, sessions, two_factor
from fedserver.pages.moderation import decisions
from fedserver.pages.notifications import email_subscriptions
from fedserver.pages.peers import partners
from fedserver.pages.portability import data, moves
from fedserver.pages.posts import composer, polls, posts
from fedserver.pages.registration import signup
from fedserver.pages.timelines import blog, front, timelines
from fedserver.web.endpoint import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface; the more particular paths first."""
    own = [
        settings,
        security,
        passwords,
        emails,
        email_subscriptions,
        two_factor,
        passkeys,
        sessions,
        data,
        keys,
        moves,
        decisions,
    ]
    first = [front, signup, language, log, timelines, composer]
    files = [*first, *own, blog, profiles, polls, partners, posts]
    return [endpoint for file in files for endpoint in file.routes.endpoints]
