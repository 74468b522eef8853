"""Views to Mastodon entities: pure functions, one file an entity."""

from fedserver.client_api.entities.accounts import Account, account, credential_account
from fedserver.client_api.entities.admin_accounts import AdminAccount, admin_account, role_named
from fedserver.client_api.entities.admin_blocks import (
    AdminCanonicalEmailBlock,
    AdminDomainAllow,
    AdminDomainBlock,
    AdminEmailDomainBlock,
    AdminIpBlock,
    DomainBlock,
    admin_canonical_email_block,
    admin_domain_allow,
    admin_domain_block,
    admin_email_domain_block,
    admin_ip_block,
    domain_block,
)
from fedserver.client_api.entities.admin_measures import (
    AdminCohort,
    AdminDimension,
    AdminMeasure,
    admin_cohort,
    admin_dimension,
    admin_measure,
)
from fedserver.client_api.entities.admin_reports import AdminReport, Rule, admin_report, rule
from fedserver.client_api.entities.admin_trends import (
    AdminLink,
    AdminPublisher,
    AdminStatus,
    AdminTag,
    admin_link,
    admin_publisher,
    admin_status,
    admin_tag,
)
from fedserver.client_api.entities.applications import Application, application
from fedserver.client_api.entities.collections import (
    Collection,
    CollectionItem,
    collection,
    collection_item,
)
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
from fedserver.client_api.entities.reports import Report, report
from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, scheduled_status
from fedserver.client_api.entities.statuses import Status, StatusEdit, StatusSource, history, source, status
from fedserver.client_api.entities.tags import Tag, tag
from fedserver.client_api.entities.times import iso, iso_or_none

__all__ = [
    "Account",
    "AdminAccount",
    "AdminCanonicalEmailBlock",
    "AdminCohort",
    "AdminDimension",
    "AdminDomainAllow",
    "AdminDomainBlock",
    "AdminEmailDomainBlock",
    "AdminIpBlock",
    "AdminLink",
    "AdminMeasure",
    "AdminPublisher",
    "AdminReport",
    "AdminStatus",
    "AdminTag",
    "Application",
    "Collection",
    "CollectionItem",
    "Conversation",
    "CustomEmoji",
    "DomainBlock",
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
    "Report",
    "Rule",
    "ScheduledStatus",
    "Status",
    "StatusEdit",
    "StatusSource",
    "Tag",
    "account",
    "admin_account",
    "admin_canonical_email_block",
    "admin_cohort",
    "admin_dimension",
    "admin_domain_allow",
    "admin_domain_block",
    "admin_email_domain_block",
    "admin_ip_block",
    "admin_link",
    "admin_measure",
    "admin_publisher",
    "admin_report",
    "admin_status",
    "admin_tag",
    "application",
    "collection",
    "collection_item",
    "conversation",
    "credential_account",
    "domain_block",
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
    "report",
    "role_named",
    "rule",
    "scheduled_status",
    "source",
    "status",
    "tag",
]
