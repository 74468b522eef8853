"""What a verb is given: an activity whose signer was verified, and what was fetched for it."""

from __future__ import annotations

from msgspec import Struct

from activitypub.activities import Activity
from activitypub.reactions import Reaction
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import remote_content, votes
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class InboundActivity(Struct, frozen=True, kw_only=True):
    """An activity to be applied. `actor` is the account that signed it."""

    site: NodeContext
    activity: Activity
    actor: AccountRow
    remote_post: remote_content.RemotePost | None = None  # the object, if it is an embedded post
    post: PostRow | None = None  # the object, if it is a stored post
    inner: Activity | None = None  # the object, if it is an activity
    moved_account: AccountRow | None = None  # the object of a Move
    target: AccountRow | None = None  # the account that a Move leads to, just fetched
    reaction: Reaction | None = None  # the emoji with which the actor likes `post`
    votes: tuple[votes.RemoteVote, ...] = ()  # the objects, if they are votes in a poll


class IgnoredError(Exception):
    """An activity has no effect here. The message is the reason, for the log."""
