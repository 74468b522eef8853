"""The endpoints of the pages."""

from __future__ import annotations

from fedserver.pages import styleguide
from fedserver.pages.accounts import keys, language, profiles, settings
from fedserver.pages.audit_log import log
from fedserver.pages.auth import emails, passkeys, passwords, security, sessions, two_factor
from fedserver.pages.moderation import decisions, reports
from fedserver.pages.notifications import conversations, email_subscriptions
from fedserver.pages.peers import partners
from fedserver.pages.portability import data, moves
from fedserver.pages.posts import composer, interactions, polls, posts
from fedserver.pages.registration import legal_texts, signup
from fedserver.pages.relationships import follow_requests, hidden, lists, relationships
from fedserver.pages.timelines import blog, front, home, new_posts, search, timelines
from fedserver.web.endpoint import Endpoint

# Where paths overlap, the first match answers: `/@{name}/blog` has to come before `/@{name}/{place}`.
RESOURCES = (
    styleguide,
    front,
    signup,
    legal_texts,
    language,
    log,
    home,
    new_posts,
    search,
    timelines,
    composer,
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
    conversations,
    reports,
    relationships,
    lists,
    hidden,
    follow_requests,
    blog,
    profiles,
    polls,
    partners,
    interactions,
    posts,
)


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface: those of every resource that is named here."""
    return [endpoint for resource in RESOURCES for endpoint in resource.routes.endpoints]
