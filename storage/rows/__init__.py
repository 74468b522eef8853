"""Frozen rows, one file a noun: what storage hands out. Outside this package they are named from here."""

from storage.rows.accounts import AccountRow, KeyRow
from storage.rows.cards import CardRow
from storage.rows.follows import BlockRow, FollowRow, MuteRow
from storage.rows.likes import LikeRow
from storage.rows.media import EmojiRow, MediaRow
from storage.rows.members import InvitationRow, MemberRow, OneTimeLinkRow, SessionRow
from storage.rows.peers import ActRow, PeerRow
from storage.rows.posts import EditRow, PostRow, TagRow, TombstoneRow
from storage.rows.quotes import QuoteRow
from storage.rows.refreshes import RefreshRow
from storage.rows.tasks import DeliveryRow, DocumentRow, InboxItemRow, TaskRow
from storage.rows.timelines import (
    AnnouncementRow,
    FilterKeywordRow,
    FilterPostRow,
    FilterRow,
    ListRow,
    MarkerRow,
    NotificationRow,
)
from storage.rows.tokens import AppRow, CodeRow, TokenRow

__all__ = [
    "AccountRow",
    "ActRow",
    "AnnouncementRow",
    "AppRow",
    "BlockRow",
    "CardRow",
    "CodeRow",
    "DeliveryRow",
    "DocumentRow",
    "EditRow",
    "EmojiRow",
    "FilterKeywordRow",
    "FilterPostRow",
    "FilterRow",
    "FollowRow",
    "InboxItemRow",
    "InvitationRow",
    "KeyRow",
    "LikeRow",
    "ListRow",
    "MarkerRow",
    "MediaRow",
    "MemberRow",
    "MuteRow",
    "NotificationRow",
    "OneTimeLinkRow",
    "PeerRow",
    "PostRow",
    "QuoteRow",
    "RefreshRow",
    "SessionRow",
    "TagRow",
    "TaskRow",
    "TokenRow",
    "TombstoneRow",
]
