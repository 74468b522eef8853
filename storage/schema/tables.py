"""All tables in one place, for queries, migrations and tests."""

from storage.schema.accounts import accounts, keys
from storage.schema.cards import cards, post_cards
from storage.schema.follows import account_notes, blocks, domain_mutes, follow_requests, follows, mutes
from storage.schema.likes import bookmarks, likes, pins, thread_mutes
from storage.schema.media import emojis, media
from storage.schema.members import (
    invitations,
    login_attempts,
    member_accounts,
    members,
    one_time_links,
    sessions,
)
from storage.schema.metadata import metadata
from storage.schema.peers import acts, peers, settings
from storage.schema.posts import (
    edits,
    idempotency_keys,
    mentions,
    originals,
    post_tags,
    posts,
    tags,
    tombstones,
    uri_aliases,
)
from storage.schema.quotes import quotes
from storage.schema.refreshes import refreshes
from storage.schema.tasks import deliveries, documents, inbox_items, seen_activities, tasks
from storage.schema.timelines import (
    announcement_reads,
    announcements,
    filter_keywords,
    filter_posts,
    filters,
    home_entries,
    list_accounts,
    lists,
    markers,
    notifications,
)
from storage.schema.tokens import apps, codes, tokens
from storage.schema.translations import translations

__all__ = [
    "account_notes",
    "accounts",
    "acts",
    "announcement_reads",
    "announcements",
    "apps",
    "blocks",
    "bookmarks",
    "cards",
    "codes",
    "deliveries",
    "documents",
    "domain_mutes",
    "edits",
    "emojis",
    "filter_keywords",
    "filter_posts",
    "filters",
    "follow_requests",
    "follows",
    "home_entries",
    "idempotency_keys",
    "inbox_items",
    "invitations",
    "keys",
    "likes",
    "list_accounts",
    "lists",
    "login_attempts",
    "markers",
    "media",
    "member_accounts",
    "members",
    "mentions",
    "metadata",
    "mutes",
    "notifications",
    "one_time_links",
    "originals",
    "peers",
    "pins",
    "post_cards",
    "post_tags",
    "posts",
    "quotes",
    "refreshes",
    "seen_activities",
    "sessions",
    "settings",
    "tags",
    "tasks",
    "thread_mutes",
    "tokens",
    "tombstones",
    "translations",
    "uri_aliases",
]
