"""Views to Mastodon entities: pure functions, one file an entity."""

from fedserver.client_api.entities.accounts import (
    Account,
    Profile,
    account,
    credential_account,
    muted_account,
    profile,
)
from fedserver.client_api.entities.applications import Application, application
from fedserver.client_api.entities.custom_emojis import CustomEmoji, own_emoji
from fedserver.client_api.entities.filters import (
    Filter,
    FilterKeyword,
    FilterStatus,
    filter_entity,
    keyword,
    named_status,
)
from fedserver.client_api.entities.media_attachments import MediaAttachment, media_attachment
from fedserver.client_api.entities.notifications import Notification, notification
from fedserver.client_api.entities.relationships import Relationship, relationship
from fedserver.client_api.entities.statuses import Status, StatusEdit, StatusSource, history, source, status
from fedserver.client_api.entities.tags import FeaturedTag, Tag, featured_tag, tag
from fedserver.client_api.entities.times import iso, iso_or_none

__all__ = [
    "Account",
    "Application",
    "CustomEmoji",
    "FeaturedTag",
    "Filter",
    "FilterKeyword",
    "FilterStatus",
    "MediaAttachment",
    "Notification",
    "Profile",
    "Relationship",
    "Status",
    "StatusEdit",
    "StatusSource",
    "Tag",
    "account",
    "application",
    "credential_account",
    "featured_tag",
    "filter_entity",
    "history",
    "iso",
    "iso_or_none",
    "keyword",
    "media_attachment",
    "muted_account",
    "named_status",
    "notification",
    "own_emoji",
    "profile",
    "relationship",
    "source",
    "status",
    "tag",
]
