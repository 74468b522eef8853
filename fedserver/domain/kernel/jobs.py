"""Jobs: work that is written in the transaction that causes it and done by workers later (an outbox).

A job is a struct; its tag is the `kind` of the row. Tags and fields are stored: both may be added, but what
is there stays decodable. Jobs whose subject may be gone by the time they run carry what is needed to tell
others of it (URIs, the audience); the others carry ids only. `fedserver.jobs.registry` names the queue and
the handler of each.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import msgspec
from msgspec import Struct

from fedserver.domain.kernel import events
from fedserver.domain.kernel.mails import AnyMailContent
from storage.engine import MAX_ID, Tx
from storage.queries.kernel import jobs as job_queries

NEWEST_ID = MAX_ID


class Job(Struct, frozen=True, tag_field="kind"):
    """Base of all jobs."""


class Audience(Struct, frozen=True):
    """The accounts that had received something that is deleted now."""

    visibility: str
    account_ids: tuple[int, ...] = ()  # mentioned accounts, the author replied to, accounts that boosted it


# --- activities for peers: `federation.outbound` renders them, the handler writes the deliveries


class CreatePost(Job, frozen=True, tag="create_post"):
    post_id: int


class UpdatePost(Job, frozen=True, tag="update_post"):
    """A post was changed; `moment` (ms UTC) tells changes apart that are no edits, as of its quote policy."""

    post_id: int
    moment: int = 0


class DeletePost(Job, frozen=True, tag="delete_post"):
    """A post was deleted at `at` (ms UTC); accounts blocked since then still receive the deletion."""

    account_id: int
    uri: str
    audience: Audience
    at: int = 0


class Announce(Job, frozen=True, tag="announce"):
    """A post was boosted; `boost_id` is the row of the boost."""

    boost_id: int


class UndoAnnounce(Job, frozen=True, tag="undo_announce"):
    account_id: int
    uri: str
    post_uri: str
    audience: Audience


class Like(Job, frozen=True, tag="like"):
    """A like, or a reaction with an `emoji` and, if it is a custom one, its `picture`."""

    account_id: int
    uri: str
    post_id: int
    emoji: str = ""
    picture: str = ""


class UndoLike(Job, frozen=True, tag="undo_like"):
    account_id: int
    uri: str
    post_uri: str
    author_id: int
    emoji: str = ""
    picture: str = ""


class Follow(Job, frozen=True, tag="follow"):
    account_id: int
    target_id: int
    uri: str


class UndoFollow(Job, frozen=True, tag="undo_follow"):
    account_id: int
    target_id: int
    uri: str


class AnswerFollow(Job, frozen=True, tag="answer_follow"):
    """An answer of `account_id` (local) to the Follow `uri` of `follower_id`."""

    account_id: int
    follower_id: int
    uri: str
    accepted: bool


class Block(Job, frozen=True, tag="block"):
    account_id: int
    target_id: int
    uri: str


class UndoBlock(Job, frozen=True, tag="undo_block"):
    account_id: int
    target_id: int
    uri: str


class UpdateAccount(Job, frozen=True, tag="update_account"):
    account_id: int


class MoveAccount(Job, frozen=True, tag="move_account"):
    """A local account moved: its followers are asked to follow the target."""

    account_id: int
    target_id: int


class DeleteAccount(Job, frozen=True, tag="delete_account"):
    account_id: int


class UpdatePoll(Job, frozen=True, tag="update_poll"):
    """The votes of a local poll changed, or it ended."""

    post_id: int


class Vote(Job, frozen=True, tag="vote"):
    """A member voted in a poll of a peer."""

    vote_id: int


class Flag(Job, frozen=True, tag="flag"):
    """A report is forwarded to the node of the account that it is about."""

    report_id: int


class UpdatePin(Job, frozen=True, tag="pin"):
    """A post was pinned to a profile, or unpinned."""

    account_id: int
    post_uri: str
    added: bool


class RequestQuote(Job, frozen=True, tag="request_quote"):
    """A local post quotes another, whose author is asked to authorize it (FEP-044f)."""

    post_id: int


class AnswerQuote(Job, frozen=True, tag="answer_quote"):
    """An answer of `account_id` (local) to the QuoteRequest `uri`: no without `authorization_uri`."""

    account_id: int
    requester_id: int
    uri: str
    quoted_uri: str
    quoting_uri: str
    authorization_uri: str | None


class RevokeQuote(Job, frozen=True, tag="revoke_quote"):
    """A revocation by `account_id` (local) of the quote authorization `uri` that `quoter_id` had."""

    account_id: int
    uri: str
    quoter_id: int


class OfferPartnership(Job, frozen=True, tag="offer_partnership"):
    partner_id: int


class AnswerPartnership(Job, frozen=True, tag="answer_partnership"):
    partner_id: int
    accepted: bool


class EndPartnership(Job, frozen=True, tag="end_partnership"):
    partner_id: int


class FollowRelay(Job, frozen=True, tag="follow_relay"):
    """A subscription to a relay; `target` is its actor, '' for the Public collection."""

    inbox_uri: str
    uri: str
    target: str = ""


class UndoFollowRelay(Job, frozen=True, tag="undo_follow_relay"):
    inbox_uri: str
    uri: str
    target: str = ""


class BoostForRelays(Job, frozen=True, tag="boost_for_relays"):
    post_id: int


# --- requests to peers and other servers


class FetchParent(Job, frozen=True, tag="fetch_parent"):
    """A post replies to `uri`, which is not stored; `depth` counts the steps up the thread so far."""

    uri: str
    depth: int = 0


class RefreshAccount(Job, frozen=True, tag="refresh_account"):
    uri: str


class CheckStoredNames(Job, frozen=True, tag="check_stored_names"):
    """The names of remote accounts that an earlier version stored are checked, from behind an account."""

    after_id: int = 0


class RefreshRecipient(Job, frozen=True, tag="refresh_recipient"):
    """The inbox of an account was not there any more: the account may have another one, or be gone."""

    inbox_uri: str


class RefreshPoll(Job, frozen=True, tag="refresh_poll"):
    """The votes of a poll of a peer are fetched."""

    post_id: int


class VerifyQuote(Job, frozen=True, tag="verify_quote"):
    """A post of a peer quotes another; `depth` counts as in FetchParent."""

    post_id: int
    depth: int = 0


class RefreshThread(Job, frozen=True, tag="refresh_thread"):
    """A member opened a thread of a peer: replies that are missing here are fetched."""

    refresh_id: int
    post_id: int


class SynchronizeFollowers(Job, frozen=True, tag="synchronize_followers"):
    """The followers of a peer's account differ from the ones stored here (FEP-8fcf).

    `url` lists its followers on this node; `digest` is the one the peer sent.
    """

    account_id: int
    url: str
    digest: str


class FetchFeatured(Job, frozen=True, tag="read_featured"):
    """A member opened the profile of a peer's account: its pinned posts are fetched."""

    account_id: int


class FetchCard(Job, frozen=True, tag="fetch_card"):
    """A post links to a page: its preview card is fetched."""

    post_id: int


class FetchPeerList(Job, frozen=True, tag="fetch_peer_list"):
    """A subscribed list of peers is fetched again."""

    list_id: int


class SendPush(Job, frozen=True, tag="push"):
    """A notification is sent to a subscribed client; by a worker of its own, as push services may be slow."""

    subscription_id: int
    notification_id: int


class VerifyLinks(Job, frozen=True, tag="verify_links"):
    """The links on a profile are checked for a rel="me" link back."""

    account_id: int


# --- work in our own tables and files, mails


class ClosePoll(Job, frozen=True, tag="close_poll"):
    """The time of a poll is over."""

    post_id: int


class BroadcastPoll(Job, frozen=True, tag="show_poll"):
    """The votes of a poll are sent to streams."""

    post_id: int


class PublishScheduled(Job, frozen=True, tag="publish_scheduled"):
    """A scheduled post is due."""

    scheduled_id: int


class RemovePost(Job, frozen=True, tag="remove_post"):
    """A member deleted a post, and the time to undo that is over."""

    account_id: int
    post_id: int


class EndMute(Job, frozen=True, tag="end_mute"):
    """A mute has expired, unless it was prolonged."""

    account_id: int
    target_id: int


class ContinueImport(Job, frozen=True, tag="import"):
    """The next part of an import, after line `after_id` (or pair, while existing entries are cleared)."""

    import_id: int
    after_id: int = -1
    cleared: bool = False


class MakeArchive(Job, frozen=True, tag="make_archive"):
    """A member requested an archive of their data."""

    archive_id: int


class TransferRelationships(Job, frozen=True, tag="carry_over"):
    """An account moved: relationships of members after `after_id` are copied to the target."""

    account_id: int
    target_id: int
    after_id: int = 0


class SendMail(Job, frozen=True, tag="send_mail"):
    """A mail whose text is ready; `unsubscribe` is a URL that ends such mails with one POST (RFC 8058)."""

    to: str
    subject: str
    text: str
    unsubscribe: str = ""


class EnqueuePostMails(Job, frozen=True, tag="mail_posts"):
    """Posts of an account, `since_id` up to `until_id`, are mailed to its subscribers after `after_id`."""

    account_id: int
    since_id: int
    until_id: int
    after_id: int = 0


class SendPostMail(Job, frozen=True, tag="mail_subscriber"):
    """These posts are mailed to one subscriber."""

    subscription_id: int
    since_id: int
    until_id: int


class ComposeMail(Job, frozen=True, tag="compose_mail"):
    """A mail that is still to be worded, in the language of its receiver.

    That is the setting of the member, else `locale`, else the default of the node.
    """

    to: str
    content: AnyMailContent
    member_id: int = 0  # whose setting counts, 0 for people who are no members
    locale: str = ""  # the language in which someone who is no member yet used the node


class SendSecurityNotice(Job, frozen=True, tag="tell_of_change"):
    """A setting that protects an account was changed; `change` is one of `security_mails.CHANGES`."""

    to: str
    change: str
    member_id: int = 0


class SendNotificationMail(Job, frozen=True, tag="notification_mail"):
    """Send a member the notifications from `since_id` on that they have not read."""

    account_id: int
    since_id: int


class IndexPosts(Job, frozen=True, tag="index_posts"):
    """The search index of posts below an id, of one account or of all, is brought up to date."""

    before_id: int = NEWEST_ID
    account_id: int | None = None


class ExpireModerationAction(Job, frozen=True, tag="lift_act"):
    """A moderation action has expired."""

    act_id: int
    account_id: int


class RemoveFiles(Job, frozen=True, tag="remove_files"):
    """Files of the store to which no row refers any more are removed."""

    keys: tuple[str, ...]


class CopyEmoji(Job, frozen=True, tag="copy_emoji"):
    """A custom emoji that `source` shows, the address of a post or the handle of an account, is copied."""

    source: str
    source_shortcode: str
    shortcode: str
    category: str


class CheckNode(Job, frozen=True, tag="check_node"):
    """The checks of `fedserver check` are run for the console; problems are worded in `locale`."""

    locale: str


class ProcessMedia(Job, frozen=True, tag="process_media"):
    """A video or audio file is transcoded; by a worker of its own, as it takes minutes."""

    media_id: int


class SeverFollows(Job, frozen=True, tag="sever_follows"):
    """An account is suspended as another is whose handle it has now, or that moved to it."""

    account_id: int


class MergeNotifications(Job, frozen=True, tag="merge_notifications"):
    """Filtered notifications of `account_id` from `from_id` are moved to its notifications."""

    account_id: int
    from_id: int


# All jobs; the module defines every one of them, so that the decoder knows each (held by a test).
JOB_TYPES: tuple[type[Job], ...] = tuple(Job.__subclasses__())
_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(reduce(or_, JOB_TYPES))


def kind_of(job: Job | type[Job]) -> str:
    """Return the `kind` under which jobs of this type are stored."""
    return str(job.__struct_config__.tag)


# Jobs that end with a mail.
MAIL_KINDS = tuple(
    kind_of(job_type) for job_type in (SendMail, ComposeMail, SendSecurityNotice, SendPostMail)
)
KINDS = frozenset(kind_of(job_type) for job_type in JOB_TYPES)


def decode(payload: str) -> Job:
    """Return the job of a stored payload. Raises msgspec.DecodeError if it cannot be read."""
    job: Job = _decoder.decode(payload)
    return job


async def enqueue(tx: Tx, job: Job, *, run_at: int = 0, dedupe: str | None = None) -> None:
    """Put a job in the queue, for `run_at` (ms UTC) or now.

    While another with the same `dedupe` waits, nothing is added.
    """
    await job_queries.insert(
        tx,
        kind=kind_of(job),
        payload=_encode(job).decode(),
        run_at=run_at or tx.now,
        dedupe=dedupe,
    )
    events.emit_jobs_due(tx)


async def cancel(tx: Tx, dedupe: str) -> bool:
    """Remove the job that waits under this `dedupe`; return False if there is none, or it has begun."""
    return await job_queries.delete_waiting(tx, dedupe)
