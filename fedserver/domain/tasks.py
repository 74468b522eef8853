"""What the domain owes: work written in the transaction that causes it, done by workers later.

A task is a struct; its tag is the `kind` of the row. Tasks whose subject may be gone by the time
they run carry what is needed to tell of it (URIs, the audience), the others carry ids only.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fedserver.domain import events
from storage import Tx, queries


class Task(Struct, frozen=True, tag_field="kind"):
    """Base of all tasks."""


class Audience(Struct, frozen=True):
    """Who was told of something that is gone now."""

    visibility: str
    account_ids: tuple[int, ...] = ()  # mentioned accounts, the author answered to, boosters


# --- to tell peers: federation.outgoing renders, workers.fan_out writes the deliveries


class CreatePost(Task, frozen=True, tag="create_post"):
    post_id: int


class UpdatePost(Task, frozen=True, tag="update_post"):
    """`moment` (ms UTC) tells changes apart that are no edits: who may quote it, what it may quote."""

    post_id: int
    moment: int = 0


class DeletePost(Task, frozen=True, tag="delete_post"):
    account_id: int
    uri: str
    audience: Audience


class Announce(Task, frozen=True, tag="announce"):
    """`boost_id` is the row of the boost."""

    boost_id: int


class UndoAnnounce(Task, frozen=True, tag="undo_announce"):
    account_id: int
    uri: str
    post_uri: str
    audience: Audience


class Like(Task, frozen=True, tag="like"):
    account_id: int
    uri: str
    post_id: int


class UndoLike(Task, frozen=True, tag="undo_like"):
    account_id: int
    uri: str
    post_uri: str
    author_id: int


class Follow(Task, frozen=True, tag="follow"):
    account_id: int
    target_id: int
    uri: str


class UndoFollow(Task, frozen=True, tag="undo_follow"):
    account_id: int
    target_id: int
    uri: str


class AnswerFollow(Task, frozen=True, tag="answer_follow"):
    """`account_id` (ours) accepts or rejects the Follow `uri` of `follower_id`."""

    account_id: int
    follower_id: int
    uri: str
    accepted: bool


class Block(Task, frozen=True, tag="block"):
    account_id: int
    target_id: int
    uri: str


class UndoBlock(Task, frozen=True, tag="undo_block"):
    account_id: int
    target_id: int
    uri: str


class UpdateAccount(Task, frozen=True, tag="update_account"):
    account_id: int


class DeleteAccount(Task, frozen=True, tag="delete_account"):
    account_id: int


class Pin(Task, frozen=True, tag="pin"):
    """A post was put on top of a profile, or taken off."""

    account_id: int
    post_uri: str
    added: bool


class RequestQuote(Task, frozen=True, tag="request_quote"):
    """The author of what a post quotes is asked."""

    post_id: int


class AnswerQuote(Task, frozen=True, tag="answer_quote"):
    """`account_id` (ours) answers the QuoteRequest `uri` of `requester_id`; without authorization: no."""

    account_id: int
    requester_id: int
    uri: str
    quoted_uri: str
    quoting_uri: str
    authorization_uri: str | None


class RevokeQuote(Task, frozen=True, tag="revoke_quote"):
    """`account_id` (ours) takes an authorization back that `quoter_id` had."""

    account_id: int
    uri: str
    quoter_id: int


# --- to learn from peers


class FetchParent(Task, frozen=True, tag="fetch_parent"):
    """A post answers `uri`, which we do not have; `depth` counts the steps up the thread so far."""

    uri: str
    depth: int = 0


class RefreshAccount(Task, frozen=True, tag="refresh_account"):
    uri: str


class VerifyQuote(Task, frozen=True, tag="verify_quote"):
    """A post of a peer quotes another; `depth` counts as that of FetchParent."""

    post_id: int
    depth: int = 0


class RefreshThread(Task, frozen=True, tag="refresh_thread"):
    """A member opened a thread of a peer: what is there that is not here?"""

    refresh_id: int
    post_id: int


class FetchCard(Task, frozen=True, tag="fetch_card"):
    """A post links to a page: what is to be shown of it?"""

    post_id: int


# --- inside


class SendMail(Task, frozen=True, tag="send_mail"):
    to: str
    subject: str
    text: str


class RemoveFiles(Task, frozen=True, tag="remove_files"):
    """Files of the store that no row names any more."""

    keys: tuple[str, ...]


AnyTask = (
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
    | DeleteAccount
    | Pin
    | RequestQuote
    | AnswerQuote
    | RevokeQuote
    | FetchParent
    | RefreshAccount
    | VerifyQuote
    | RefreshThread
    | FetchCard
    | SendMail
    | RemoveFiles
)

# These wait for strangers: they have a worker of their own, so that nothing else waits for them.
SLOW = ("verify_quote", "refresh_thread", "fetch_card")

_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AnyTask).decode


async def owe(tx: Tx, task: Task, *, run_at: int = 0, dedupe: str | None = None) -> None:
    """Put `task` in the queue, for `run_at` (ms UTC) or now.

    While one with the same `dedupe` waits, nothing is added.
    """
    await queries.tasks.add(
        tx,
        kind=task.__struct_config__.tag,  # type: ignore[arg-type]
        payload=_encode(task).decode(),
        run_at=run_at or tx.now,
        dedupe=dedupe,
    )
    events.tasks_due(tx)
