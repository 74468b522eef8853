"""What the domain owes: work written in the transaction that causes it, done by workers later.

A task is a struct; its tag is the `kind` of the row. Tasks whose subject may be gone by the time
they run carry what is needed to tell of it (URIs, the audience), the others carry ids only.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fedserver.domain.kernel import events
from storage.engine import Tx
from storage.paging import MAX_ID
from storage.queries.kernel import jobs as job_queries

NEWEST_ID = MAX_ID


class Job(Struct, frozen=True, tag_field="kind"):
    """Base of all tasks."""


class Audience(Struct, frozen=True):
    """Who was told of something that is gone now."""

    visibility: str
    account_ids: tuple[int, ...] = ()  # mentioned accounts, the author answered to, boosters


# --- to tell peers: federation.outgoing renders, workers.fan_out writes the deliveries


class CreatePost(Job, frozen=True, tag="create_post"):
    post_id: int


class UpdatePost(Job, frozen=True, tag="update_post"):
    """`moment` (ms UTC) tells changes apart that are no edits: who may quote it, what it may quote."""

    post_id: int
    moment: int = 0


class DeletePost(Job, frozen=True, tag="delete_post"):
    """`at` is when it was deleted: whoever was blocked since then hears of it all the same."""

    account_id: int
    uri: str
    audience: Audience
    at: int = 0


class Announce(Job, frozen=True, tag="announce"):
    """`boost_id` is the row of the boost."""

    boost_id: int


class UndoAnnounce(Job, frozen=True, tag="undo_announce"):
    account_id: int
    uri: str
    post_uri: str
    audience: Audience


class Like(Job, frozen=True, tag="like"):
    """`emoji` with its `picture`, where one reacts with one."""

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
    """`account_id` (ours) accepts or rejects the Follow `uri` of `follower_id`."""

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
    """An account of ours moved: its followers are to follow the other."""

    account_id: int
    target_id: int


class DeleteAccount(Job, frozen=True, tag="delete_account"):
    account_id: int


class UpdatePoll(Job, frozen=True, tag="update_poll"):
    """How a poll of ours stands."""

    post_id: int


class Vote(Job, frozen=True, tag="vote"):
    """A vote of a member in a peer's poll."""

    vote_id: int


class Flag(Job, frozen=True, tag="flag"):
    """A report goes to the node of the account that it is about."""

    report_id: int


class UpdatePin(Job, frozen=True, tag="pin"):
    """A post was put on top of a profile, or taken off."""

    account_id: int
    post_uri: str
    added: bool


class RequestQuote(Job, frozen=True, tag="request_quote"):
    """The author of what a post quotes is asked."""

    post_id: int


class AnswerQuote(Job, frozen=True, tag="answer_quote"):
    """`account_id` (ours) answers the QuoteRequest `uri` of `requester_id`; without authorization: no."""

    account_id: int
    requester_id: int
    uri: str
    quoted_uri: str
    quoting_uri: str
    authorization_uri: str | None


class RevokeQuote(Job, frozen=True, tag="revoke_quote"):
    """`account_id` (ours) takes an authorization back that `quoter_id` had."""

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
    """`target` is the relay's actor, '' for the Public."""

    inbox_uri: str
    uri: str
    target: str = ""


class UndoFollowRelay(Job, frozen=True, tag="undo_follow_relay"):
    inbox_uri: str
    uri: str
    target: str = ""


class BoostForRelays(Job, frozen=True, tag="boost_for_relays"):
    post_id: int


# --- to learn from peers


class FetchParent(Job, frozen=True, tag="fetch_parent"):
    """A post answers `uri`, which we do not have; `depth` counts the steps up the thread so far."""

    uri: str
    depth: int = 0


class RefreshAccount(Job, frozen=True, tag="refresh_account"):
    uri: str


class RefreshPoll(Job, frozen=True, tag="refresh_poll"):
    """How a peer's poll stands."""

    post_id: int


class VerifyQuote(Job, frozen=True, tag="verify_quote"):
    """A post of a peer quotes another; `depth` counts as that of FetchParent."""

    post_id: int
    depth: int = 0


class RefreshThread(Job, frozen=True, tag="refresh_thread"):
    """A member opened a thread of a peer: what is there that is not here?"""

    refresh_id: int
    post_id: int


class SynchronizeFollowers(Job, frozen=True, tag="synchronize_followers"):
    """A peer's account has other followers here than we know: `url` says which, `digest` of them is known."""

    account_id: int
    url: str
    digest: str


class FetchFeatured(Job, frozen=True, tag="read_featured"):
    """A member looks at the profile of a peer's account: what is on top of it?"""

    account_id: int


class FetchCard(Job, frozen=True, tag="fetch_card"):
    """A post links to a page: what is to be shown of it?"""

    post_id: int


class FetchPeerList(Job, frozen=True, tag="fetch_peer_list"):
    """A list of peers is to be read again."""

    list_id: int


class SendPush(Job, frozen=True, tag="push"):
    """A client is to be told of a notification; done by a worker of its own, as services may be slow."""

    subscription_id: int
    notification_id: int


class VerifyLinks(Job, frozen=True, tag="verify_links"):
    """The links on a profile are to be asked whether they lead back."""

    account_id: int


# --- inside


class ClosePoll(Job, frozen=True, tag="close_poll"):
    """The time of a poll is over."""

    post_id: int


class BroadcastPoll(Job, frozen=True, tag="show_poll"):
    """Streams are to hear how a poll stands."""

    post_id: int


class PublishScheduled(Job, frozen=True, tag="publish_scheduled"):
    """The moment of a scheduled post has come."""

    scheduled_id: int


class EndMute(Job, frozen=True, tag="end_mute"):
    """The time of a mute is over, unless it was made longer."""

    account_id: int
    target_id: int


class ContinueImport(Job, frozen=True, tag="import"):
    """Carry on with a file that a member brought, after the line (or, to clear, the pair) `after_id`."""

    import_id: int
    after_id: int = -1
    cleared: bool = False


class MakeArchive(Job, frozen=True, tag="make_archive"):
    """A member wants an archive of all that they made."""

    archive_id: int


class TransferRelationships(Job, frozen=True, tag="carry_over"):
    """An account moved: members after `after_id` are to stand to the other as they stood to it."""

    account_id: int
    target_id: int
    after_id: int = 0


class SendMail(Job, frozen=True, tag="send_mail"):
    """`unsubscribe` is an address that ends such mails with one POST (RFC 8058), '' for none."""

    to: str
    subject: str
    text: str
    unsubscribe: str = ""


class EnqueuePostMails(Job, frozen=True, tag="mail_posts"):
    """Posts of an account, from an id up to another, are to go to its subscribers after `after_id`."""

    account_id: int
    since_id: int
    until_id: int
    after_id: int = 0


class SendPostMail(Job, frozen=True, tag="mail_subscriber"):
    """One subscriber is to get these posts by mail."""

    subscription_id: int
    since_id: int
    until_id: int


class SendSecurityNotice(Job, frozen=True, tag="tell_of_change"):
    """What protects an account was changed; `change` is one of `security_mails.CHANGES`."""

    to: str
    change: str


class IndexPosts(Job, frozen=True, tag="index_posts"):
    """Posts below an id, of one account or of all, are to be found by search as they are now."""

    before_id: int = NEWEST_ID
    account_id: int | None = None


class ExpireModerationAction(Job, frozen=True, tag="lift_act"):
    """The time of an act of moderation is over."""

    act_id: int
    account_id: int


class RemoveFiles(Job, frozen=True, tag="remove_files"):
    """Files of the store that no row names any more."""

    keys: tuple[str, ...]


class ProcessMedia(Job, frozen=True, tag="process_media"):
    """A film or sound is to be made fit to be shown; done by a worker of its own, as it takes minutes."""

    media_id: int


class MergeNotifications(Job, frozen=True, tag="merge_notifications"):
    """What `from_id` told `account_id`, and was kept back, is to be told."""

    account_id: int
    from_id: int


AnyJob = (
    CreatePost
    | UpdatePost
    | DeletePost
    | Announce
    | UndoAnnounce
    | Like
    | UndoLike
    | Follow
    | UndoFollow
    | AnswerFollow
    | Block
    | UndoBlock
    | UpdateAccount
    | MoveAccount
    | DeleteAccount
    | UpdatePoll
    | Vote
    | UpdatePin
    | Flag
    | FetchParent
    | RefreshAccount
    | RefreshPoll
    | ClosePoll
    | BroadcastPoll
    | PublishScheduled
    | VerifyLinks
    | EndMute
    | TransferRelationships
    | ContinueImport
    | MakeArchive
    | RequestQuote
    | AnswerQuote
    | RevokeQuote
    | OfferPartnership
    | AnswerPartnership
    | EndPartnership
    | FollowRelay
    | UndoFollowRelay
    | BoostForRelays
    | VerifyQuote
    | RefreshThread
    | FetchCard
    | FetchPeerList
    | FetchFeatured
    | SynchronizeFollowers
    | SendMail
    | EnqueuePostMails
    | SendPostMail
    | SendSecurityNotice
    | IndexPosts
    | ExpireModerationAction
    | RemoveFiles
    | ProcessMedia
    | MergeNotifications
    | SendPush
)

_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AnyJob).decode


async def enqueue(tx: Tx, job: Job, *, run_at: int = 0, dedupe: str | None = None) -> None:
    """Put `task` in the queue, for `run_at` (ms UTC) or now.

    While one with the same `dedupe` waits, nothing is added.
    """
    await job_queries.insert(
        tx,
        kind=job.__struct_config__.tag,  # type: ignore[arg-type]
        payload=_encode(job).decode(),
        run_at=run_at or tx.now,
        dedupe=dedupe,
    )
    events.emit_jobs_due(tx)
