"""The endpoints of the pages."""

from __future__ import annotations

from fedserver.pages import styleguide
from fedserver.pages.accounts import (
    featured,
    keys,
    language,
    privacy_settings,
    profile_settings,
    profiles,
    reading_settings,
    settings,
)
from fedserver.pages.audit_log import log
from fedserver.pages.auth import access_tokens, emails, passkeys, passwords, security, sessions, two_factor
from fedserver.pages.content import followed_tags
from fedserver.pages.moderation import decisions, reports
from fedserver.pages.notifications import conversations, email_subscriptions, notification_settings
from fedserver.pages.peers import partners
from fedserver.pages.portability import account_deletion, data, moves
from fedserver.pages.posts import composer, interactions, polls, posts
from fedserver.pages.registration import signup
from fedserver.pages.relationships import follow_requests, followers, hidden, lists, relationships
from fedserver.pages.timelines import blog, filters, front, home, new_posts, search, timelines
from fedserver.web.endpoint import Endpoint

# Where paths overlap, the first match answers: `/@{name}/blog` has to come before `/@{name}/{place}`.
RESOURCES = (
    styleguide,
    front,
    signup,
    language,
    log,
    home,
    new_posts,
    search,
    timelines,
    composer,
    settings,
    profile_settings,
    featured,
    privacy_settings,
    filters,
    notification_settings,
    reading_settings,
    followers,
    followed_tags,
    access_tokens,
    account_deletion,
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
