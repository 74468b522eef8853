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
from fedserver.pages.posts import (
    article_editor,
    article_files,
    article_history,
    article_imports,
    article_preview,
    article_schedule,
    attachments,
    autosaves,
    coauthors,
    composer,
    drafts,
    interactions,
    note_edits,
    polls,
    posts,
    suggestions,
)
from fedserver.pages.registration import signup
from fedserver.pages.relationships import follow_requests, hidden, lists, relationships
from fedserver.pages.timelines import blog, front, home, new_posts, search, timelines
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
    article_preview,
    article_files,
    article_imports,
    article_schedule,
    article_editor,
    article_history,
    coauthors,
    composer,
    note_edits,
    autosaves,
    attachments,
    suggestions,
    drafts,
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
