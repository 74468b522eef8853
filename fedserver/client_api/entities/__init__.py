"""Views to Mastodon entities: pure functions, one file an entity."""

from fedserver.client_api.entities.accounts import Account, account, credential_account
from fedserver.client_api.entities.applications import Application, application
from fedserver.client_api.entities.conversations import Conversation, conversation
from fedserver.client_api.entities.custom_emojis import CustomEmoji, own_emoji
from fedserver.client_api.entities.filters import (
    Filter,
    FilterKeyword,
    FilterStatus,
    KeywordFilter,
    filter_entity,
    keyword,
    keyword_filter,
    named_status,
)
from fedserver.client_api.entities.media_attachments import MediaAttachment, media_attachment
from fedserver.client_api.entities.notifications import (
    GroupedNotificationsResults,
    Notification,
    NotificationRequest,
    grouped_notifications,
    notification,
    notification_request,
)
from fedserver.client_api.entities.polls import Poll, poll_of
from fedserver.client_api.entities.relationships import Relationship, relationship
from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, scheduled_status
from fedserver.client_api.entities.statuses import Status, StatusEdit, StatusSource, history, source, status
from fedserver.client_api.entities.tags import Tag, tag
from fedserver.client_api.entities.times import iso, iso_or_none

__all__ = [
    "Account",
    "Application",
    "Conversation",
    "CustomEmoji",
    "Filter",
    "FilterKeyword",
    "FilterStatus",
    "GroupedNotificationsResults",
    "KeywordFilter",
    "MediaAttachment",
    "Notification",
    "NotificationRequest",
    "Poll",
    "Relationship",
    "ScheduledStatus",
    "Status",
    "StatusEdit",
    "StatusSource",
    "Tag",
    "account",
    "application",
    "conversation",
    "credential_account",
    "filter_entity",
    "grouped_notifications",
    "history",
    "iso",
    "iso_or_none",
    "keyword",
    "keyword_filter",
    "media_attachment",
    "named_status",
    "notification",
    "notification_request",
    "own_emoji",
    "poll_of",
    "relationship",
    "scheduled_status",
    "source",
    "status",
    "tag",
]
