"""Views to Mastodon entities: pure functions, one file an entity."""

from fedserver.client_api.entities.accounts import Account, account, credential_account
from fedserver.client_api.entities.applications import Application, application
from fedserver.client_api.entities.collections import (
    Collection,
    CollectionItem,
    collection,
    collection_item,
)
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
from fedserver.client_api.entities.tags import Tag, tag
from fedserver.client_api.entities.times import iso, iso_or_none

__all__ = [
    "Account",
    "Application",
    "Collection",
    "CollectionItem",
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
    "collection",
    "collection_item",
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
