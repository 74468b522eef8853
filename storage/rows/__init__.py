"""Frozen rows, one file a noun: what storage hands out. Outside this package they are named from here."""

from storage.rows.accounts import AccountRow, KeyRow
from storage.rows.conversations import ConversationRow
from storage.rows.follows import BlockRow, FollowRow, MuteRow
from storage.rows.likes import LikeRow
from storage.rows.media import EmojiRow, MediaRow, RemoteFileRow
from storage.rows.members import InvitationRow, MemberRow, OneTimeLinkRow, SessionRow
from storage.rows.notifications import (
    GroupMemberRow,
    NotificationPolicyRow,
    NotificationRequestRow,
    NotificationRow,
    StandingRow,
)
from storage.rows.peers import ActRow, PeerRow
from storage.rows.polls import PollOptionRow, PollRow, PollVoteRow
from storage.rows.posts import EditRow, PostRow, TagRow, TombstoneRow
from storage.rows.scheduled_posts import ScheduledPostRow
from storage.rows.tasks import DeliveryRow, DocumentRow, InboxItemRow, QueueRow, TaskRow
from storage.rows.timelines import (
    AnnouncementRow,
    FilterKeywordRow,
    FilterPostRow,
    FilterRow,
    ListRow,
    MarkerRow,
    ReactionRow,
)
from storage.rows.tokens import AppRow, CodeRow, TokenRow

__all__ = [
    "AccountRow",
    "ActRow",
    "AnnouncementRow",
    "AppRow",
    "BlockRow",
    "CodeRow",
    "ConversationRow",
    "DeliveryRow",
    "DocumentRow",
    "EditRow",
    "EmojiRow",
    "FilterKeywordRow",
    "FilterPostRow",
    "FilterRow",
    "FollowRow",
    "GroupMemberRow",
    "InboxItemRow",
    "InvitationRow",
    "KeyRow",
    "LikeRow",
    "ListRow",
    "MarkerRow",
    "MediaRow",
    "MemberRow",
    "MuteRow",
    "NotificationPolicyRow",
    "NotificationRequestRow",
    "NotificationRow",
    "OneTimeLinkRow",
    "PeerRow",
    "PollOptionRow",
    "PollRow",
    "PollVoteRow",
    "PostRow",
    "QueueRow",
    "ReactionRow",
    "RemoteFileRow",
    "ScheduledPostRow",
    "SessionRow",
    "StandingRow",
    "TagRow",
    "TaskRow",
    "TokenRow",
    "TombstoneRow",
]
