"""The endpoints of the pages."""

from __future__ import annotations

from fedserver.pages import installed_app, styleguide
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
from fedserver.pages.content import feeds, followed_tags
from fedserver.pages.moderation import decisions, reports
from fedserver.pages.notifications import (
    announcements,
    conversations,
    device,
    email_subscriptions,
    notification_settings,
    notifications,
)
from fedserver.pages.peers import partners
from fedserver.pages.portability import account_deletion, data, moves
from fedserver.pages.posts import (
    attachments,
    autosaves,
    composer,
    drafts,
    interactions,
    note_edits,
    polls,
    posts,
    reactions,
    sharing,
    suggestions,
)
from fedserver.pages.posts.articles import (
    article_editor,
    article_files,
    article_history,
    article_imports,
    article_preview,
    coauthors,
)
from fedserver.pages.registration import (
    apps,
    confirmation,
    first_steps,
    invitations,
    legal_texts,
    owner_setup,
    signup,
)
from fedserver.pages.relationships import (
    follow_requests,
    followers,
    hidden,
    lists,
    relationships,
    remote_interaction,
)
from fedserver.pages.timelines import (
    blog,
    catch_up,
    explore,
    filters,
    front,
    home,
    new_posts,
    search,
    timelines,
    translations,
)
from fedserver.web.endpoint import Endpoint

# Where paths overlap, the first match answers: `/@{name}/blog` has to come before `/@{name}/{place}`.
RESOURCES = (
    styleguide,
    installed_app,
    front,
    signup,
    owner_setup,
    confirmation,
    first_steps,
    invitations,
    apps,
    legal_texts,
    language,
    log,
    home,
    catch_up,
    explore,
    new_posts,
    search,
    feeds,  # `/tags/{tag}.atom` before `/tags/{tag}`
    timelines,
    article_preview,
    article_files,
    article_imports,
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
    device,
    two_factor,
    passkeys,
    sessions,
    data,
    keys,
    moves,
    decisions,
    notifications,
    announcements,
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
    reactions,
    sharing,
    translations,
    remote_interaction,
    interactions,
    posts,
)


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface: those of every resource that is named here."""
    return [endpoint for resource in RESOURCES for endpoint in resource.routes.endpoints]
