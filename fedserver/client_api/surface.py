"""Every resource of the client API."""

from __future__ import annotations

from fedserver.client_api import instance, stubs
from fedserver.client_api.accounts import (
    account_statuses,
    accounts,
    collections,
    endorsements,
    featured_tags,
    profiles,
    suggestions,
)
from fedserver.client_api.audit_log import log
from fedserver.client_api.auth import admin_ip_blocks, apps
from fedserver.client_api.content import admin_emojis, admin_tags, media, tags
from fedserver.client_api.metrics import admin_measures
from fedserver.client_api.moderation import admin_accounts, admin_reports, reports
from fedserver.client_api.notifications import (
    announcements,
    conversations,
    email_subscriptions,
    grouped_notifications,
    notification_policies,
    notification_requests,
    notifications,
    push,
)
from fedserver.client_api.peers import admin_domain_blocks, partners
from fedserver.client_api.portability import moves
from fedserver.client_api.posts import (
    async_refreshes,
    drafts,
    oembed,
    polls,
    quotes,
    reactions,
    scheduled_statuses,
    status_actions,
    statuses,
    writing,
)
from fedserver.client_api.registration import admin_email_blocks, legal_texts, registrations
from fedserver.client_api.relationships import domain_blocks, follows, lists, related_accounts, relationships
from fedserver.client_api.timelines import (
    admin_trends,
    filters,
    keyword_filters,
    markers,
    search,
    streaming,
    timelines,
    translations,
    trends,
)
from fedserver.web.endpoint import Endpoint

RESOURCES = (
    account_statuses,
    accounts,
    admin_accounts,
    admin_domain_blocks,
    admin_email_blocks,
    admin_ip_blocks,
    admin_measures,
    admin_reports,
    admin_emojis,
    admin_tags,
    admin_trends,
    announcements,
    apps,
    async_refreshes,
    collections,
    conversations,
    domain_blocks,
    drafts,
    email_subscriptions,
    endorsements,
    featured_tags,
    filters,
    follows,
    grouped_notifications,
    instance,
    keyword_filters,
    legal_texts,
    lists,
    log,
    markers,
    media,
    moves,
    notification_policies,
    notification_requests,
    notifications,
    oembed,
    partners,
    polls,
    profiles,
    push,
    quotes,
    reactions,
    registrations,
    related_accounts,
    relationships,
    reports,
    scheduled_statuses,
    search,
    status_actions,
    statuses,
    streaming,
    stubs,
    suggestions,
    tags,
    timelines,
    translations,
    trends,
    writing,
)


def endpoints() -> list[Endpoint]:
    """Return the endpoints of this surface: those of every resource listed above."""
    return [endpoint for resource in RESOURCES for endpoint in resource.routes.endpoints]
