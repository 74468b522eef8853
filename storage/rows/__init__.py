"""Frozen rows, one file a noun: what storage hands out. Outside this package they are named from here."""

from storage.rows.accounts import AccountRow, KeyRow
from storage.rows.appeals import ActPostRow, AppealRow, ModerationNoteRow
from storage.rows.archives import ArchiveRow
from storage.rows.cards import CardRow
from storage.rows.challenges import ChallengeRow
from storage.rows.conversations import ConversationRow
from storage.rows.email_blocks import CanonicalEmailBlockRow, EmailDomainBlockRow
from storage.rows.email_subscriptions import EmailSubscriptionRow
from storage.rows.follows import BlockRow, CollectionItemRow, CollectionRow, FollowRow, MuteRow
from storage.rows.identities import IdentityRow
from storage.rows.imports import ImportLineRow, ImportRow
from storage.rows.ip_blocks import IpBlockRow
from storage.rows.likes import LikeRow, PostReactionRow
from storage.rows.media import EmojiRow, MediaRow, RemoteFileRow
from storage.rows.members import InvitationRow, MemberRow, OneTimeLinkRow, SessionRow
from storage.rows.notifications import (
    GroupMemberRow,
    NotificationPolicyRow,
    NotificationRequestRow,
    NotificationRow,
    StandingRow,
)
from storage.rows.partners import PartnerRow
from storage.rows.passkeys import PasskeyRow
from storage.rows.peer_lists import PeerListEntryRow, PeerListRow
from storage.rows.peers import ActHeadRow, ActRow, PeerRow
from storage.rows.polls import PollOptionRow, PollRow, PollVoteRow
from storage.rows.posts import EditRow, FeaturedTagRow, PostRow, TagRow, TombstoneRow
from storage.rows.push import PushKeyRow, PushSubscriptionRow
from storage.rows.quotes import QuoteRow
from storage.rows.refreshes import RefreshRow
from storage.rows.relays import RelayRow
from storage.rows.reports import ReportRow
from storage.rows.scheduled_posts import ScheduledPostRow
from storage.rows.second_steps import SecondStepRow
from storage.rows.severances import SeveranceRow
from storage.rows.tasks import DeliveryRow, DocumentRow, InboxItemRow, QueueRow, TaskRow
from storage.rows.timelines import (
    AnnouncementRow,
    FilterKeywordRow,
    FilterPostRow,
    FilterRow,
    ListRow,
    MarkerRow,
    ReactionRow,
    TrendRow,
)
from storage.rows.tokens import AppRow, CodeRow, TokenRow
from storage.rows.trend_reviews import TrendReviewRow

__all__ = [
    "AccountRow",
    "ActHeadRow",
    "ActPostRow",
    "ActRow",
    "AnnouncementRow",
    "AppRow",
    "AppealRow",
    "ArchiveRow",
    "BlockRow",
    "CanonicalEmailBlockRow",
    "CardRow",
    "ChallengeRow",
    "CodeRow",
    "CollectionItemRow",
    "CollectionRow",
    "ConversationRow",
    "DeliveryRow",
    "DocumentRow",
    "EditRow",
    "EmailDomainBlockRow",
    "EmailSubscriptionRow",
    "EmojiRow",
    "FeaturedTagRow",
    "FilterKeywordRow",
    "FilterPostRow",
    "FilterRow",
    "FollowRow",
    "GroupMemberRow",
    "IdentityRow",
    "ImportLineRow",
    "ImportRow",
    "InboxItemRow",
    "InvitationRow",
    "IpBlockRow",
    "KeyRow",
    "LikeRow",
    "ListRow",
    "MarkerRow",
    "MediaRow",
    "MemberRow",
    "ModerationNoteRow",
    "MuteRow",
    "NotificationPolicyRow",
    "NotificationRequestRow",
    "NotificationRow",
    "OneTimeLinkRow",
    "PartnerRow",
    "PasskeyRow",
    "PeerListEntryRow",
    "PeerListRow",
    "PeerRow",
    "PollOptionRow",
    "PollRow",
    "PollVoteRow",
    "PostReactionRow",
    "PostRow",
    "PushKeyRow",
    "PushSubscriptionRow",
    "QueueRow",
    "QuoteRow",
    "ReactionRow",
    "RefreshRow",
    "RelayRow",
    "RemoteFileRow",
    "ReportRow",
    "ScheduledPostRow",
    "SecondStepRow",
    "SessionRow",
    "SeveranceRow",
    "StandingRow",
    "TagRow",
    "TaskRow",
    "TokenRow",
    "TombstoneRow",
    "TrendReviewRow",
    "TrendRow",
]
