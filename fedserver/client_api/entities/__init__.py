"""Views to Mastodon entities: pure functions, one file an entity."""

from fedserver.client_api.entities.accounts import Account, account, credential_account
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
from fedserver.client_api.entities.statuses import (
    Status,
    StatusEdit,
    StatusSource,
    content,
    history,
    source,
    status,
)
from fedserver.client_api.entities.tags import Tag, tag
from fedserver.client_api.entities.times import iso, iso_or_none

__all__ = [
    "Account",
    "Application",
    "CustomEmoji",
    "Filter",
    "FilterKeyword",
    "FilterStatus",
    "MediaAttachment",
    "Notification",
    "Relationship",
    "Status",
    "StatusEdit",
    "StatusSource",
    "Tag",
    "account",
    "application",
    "content",
    "credential_account",
    "filter_entity",
    "history",
    "iso",
    "iso_or_none",
    "keyword",
    "media_attachment",
    "named_status",
    "notification",
    "own_emoji",
    "relationship",
    "source",
    "status",
    "tag",
]
